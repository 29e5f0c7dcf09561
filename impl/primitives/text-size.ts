/** Sizes of texts as they are encoded, so that a message can be filled to its limit without encoding it. */

/** Bytes of a text in UTF-8; a lone surrogate counts as the three bytes that encoders write for it. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    bytes += 1;
    if (unit < 0x800) continue;
    // A surrogate pair is two units and four bytes in all; anything else up here is one unit and three bytes.
    const pair = unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(i + 1));
    bytes += 1;
    if (pair) i++;
  }
  return bytes;
}

/** False for NaN, which charCodeAt gives behind the end. */
function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}

/** Upper bound of a text's size in MessagePack, its header included. */
export function packedTextBytes(text: string): number {
  return utf8Bytes(text) + 3;
}

/** Whether a text survives encoding: a surrogate without its partner would come back as another character. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
