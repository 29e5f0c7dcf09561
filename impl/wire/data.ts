/**
 * Plain data as MessagePack: its exact length without encoding it, and a scan that refuses, before anything is
 * allocated, bytes that are not one well-formed piece of plain data.
 */

/** Containers inside containers, at most: what is deeper is neither sent nor accepted. */
export const MAX_DEPTH = 64;

/** Length in bytes of the UTF-8 form; a lone surrogate takes three, as encoders write it. */
function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    bytes += unit < 0x800 ? 1 : 2;
    // A pair takes four bytes: two units with one more byte each, instead of three and three.
    if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++;
  }
  return bytes;
}

export function stringBytes(text: string): number {
  const bytes = utf8Bytes(text);
  if (bytes < 32) return 1 + bytes;
  if (bytes < 0x100) return 2 + bytes;
  return bytes < 0x10000 ? 3 + bytes : 5 + bytes;
}

function numberBytes(value: number): number {
  if (!Number.isSafeInteger(value)) return 9;
  if (value >= 0) return value < 0x80 ? 1 : value < 0x100 ? 2 : value < 0x10000 ? 3 : value < 0x100000000 ? 5 : 9;
  return value >= -0x20 ? 1 : value >= -0x80 ? 2 : value >= -0x8000 ? 3 : value >= -0x80000000 ? 5 : 9;
}

function containerBytes(count: number): number {
  return count < 16 ? 1 : count < 0x10000 ? 3 : 5;
}

function valueBytes(value: unknown, depth: number): number {
  switch (typeof value) {
    case 'string':
      return stringBytes(value);
    case 'number':
      return numberBytes(value);
    case 'boolean':
    case 'undefined':
      return 1;
    case 'object': {
      if (value === null) return 1;
      if (depth >= MAX_DEPTH) throw new RangeError(`data is nested more than ${MAX_DEPTH} deep`);
      let bytes = 0;
      if (Array.isArray(value)) {
        for (const item of value) bytes += typeof item === 'number' ? numberBytes(item) : valueBytes(item, depth + 1);
        return bytes + containerBytes(value.length);
      }
      let count = 0;
      // Plain data inherits nothing that could be listed, and this makes no list of its keys.
      for (const key in value) {
        const item = (value as Record<string, unknown>)[key];
        if (item === undefined) continue;
        count++;
        bytes += stringBytes(key) + valueBytes(item, depth + 1);
      }
      return bytes + containerBytes(count);
    }
    default:
      throw new RangeError(`a ${typeof value} is no plain data`);
  }
}

/**
 * The exact length of plain data as MessagePack. A key whose value is undefined is left out, as `encodeFrame` leaves
 * it out; an undefined item of an array counts, and arrives, as null. Throws RangeError on what is not plain data or
 * is nested too deep.
 */
export function messageBytes(message: unknown): number {
  return valueBytes(message, 0);
}

/**
 * Whether bytes[start, end) hold exactly one piece of plain data: no extension, no binary, only strings as keys, not
 * too deep, nothing claimed that is not there. Decoders allocate what a header claims; after this scan a claim is
 * never larger than what arrived.
 */
export function isWellFormed(bytes: Uint8Array, start: number, end: number, maxDepth = MAX_DEPTH): boolean {
  /** Items still to come in each open container; for maps, keys and values both. */
  const open: number[] = [1];
  const isMap: boolean[] = [false];
  let at = start;
  while (open.length > 0) {
    const level = open.length - 1;
    const left = open[level] as number;
    if (left === 0) {
      open.pop();
      isMap.pop();
      continue;
    }
    open[level] = left - 1;
    if (at >= end) return false;
    const tag = bytes[at++] as number;
    const keyExpected = isMap[level] === true && left % 2 === 0;
    let skip = 0;
    let items = -1;
    let map = false;
    if (tag >= 0xa0 && tag <= 0xbf) skip = tag & 0x1f;
    else if (tag >= 0xd9 && tag <= 0xdb) {
      const size = 1 << (tag - 0xd9);
      if (at + size > end) return false;
      skip = size + readUnsigned(bytes, at, size);
    } else if (keyExpected) return false;
    else if (tag < 0x80 || tag >= 0xe0 || tag === 0xc0 || tag === 0xc2 || tag === 0xc3) skip = 0;
    else if (tag <= 0x8f) {
      items = (tag & 0x0f) * 2;
      map = true;
    } else if (tag <= 0x9f) items = tag & 0x0f;
    else if (tag === 0xca) skip = 4;
    else if (tag === 0xcb) skip = 8;
    else if (tag >= 0xcc && tag <= 0xcf) skip = 1 << (tag - 0xcc);
    else if (tag >= 0xd0 && tag <= 0xd3) skip = 1 << (tag - 0xd0);
    else if (tag >= 0xdc) {
      const size = tag % 2 === 0 ? 2 : 4;
      if (at + size > end) return false;
      map = tag >= 0xde;
      items = readUnsigned(bytes, at, size) * (map ? 2 : 1);
      at += size;
    } else return false;
    at += skip;
    if (at > end) return false;
    if (items >= 0) {
      // Each item takes a byte at least. The outermost level is not a container.
      if (items > end - at || open.length > maxDepth) return false;
      open.push(items);
      isMap.push(map);
    }
  }
  return at === end;
}

function readUnsigned(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + (bytes[at + i] as number);
  return value;
}
