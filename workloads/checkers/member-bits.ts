/** One bit per (item, member) for items numbered from 0: who has it. A byte for eight members, whatever the items. */
export class MemberBits {
  readonly #stride: number;
  #bytes: Uint8Array;

  constructor(members: number) {
    this.#stride = Math.max(1, Math.ceil(members / 8));
    this.#bytes = new Uint8Array(this.#stride * 64);
  }

  /** False when it was set already. */
  set(item: number, member: number): boolean {
    const at = item * this.#stride + (member >> 3);
    if (at >= this.#bytes.length) this.#grow(at);
    const bit = 1 << (member & 7);
    const byte = this.#bytes[at] ?? 0;
    if ((byte & bit) !== 0) return false;
    this.#bytes[at] = byte | bit;
    return true;
  }

  has(item: number, member: number): boolean {
    return ((this.#bytes[item * this.#stride + (member >> 3)] ?? 0) & (1 << (member & 7))) !== 0;
  }

  /** Takes the member's bit from every item: it starts anew. */
  clearMember(member: number): void {
    const mask = ~(1 << (member & 7));
    for (let at = member >> 3; at < this.#bytes.length; at += this.#stride) {
      this.#bytes[at] = (this.#bytes[at] ?? 0) & mask;
    }
  }

  #grow(at: number): void {
    let size = this.#bytes.length;
    while (size <= at) size *= 2;
    const grown = new Uint8Array(size);
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
