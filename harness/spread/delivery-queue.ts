/**
 * What is on its way, in order of (time, order of sending): a calendar queue (Brown 1988) for events that lie between a
 * least and a most time ahead, in typed arrays, so that ten million of them cost neither objects nor a deep heap.
 *
 * Time is cut into slots, each no longer than the least time ahead: nothing can be added to the slot that is being
 * emptied, so it is sorted once, when its turn comes.
 */

/** Events that hang together in a chunk of a slot's list. */
const CHUNK = 32;
const FIRST_CHUNKS = 256;
/** Slots in the most time ahead, at least, so that few events share one. */
const SLOTS = 4096;
const NONE = -1;

export class DeliveryQueue {
  /** log2 of a slot's ns. */
  readonly #shift: number;
  /** Slots in the ring, less one: a power of two, less one. */
  readonly #mask: number;
  /** By slot of the ring: its newest chunk, and how many events stand in that. */
  readonly #newest: Int32Array;
  readonly #filled: Int32Array;
  /** By chunk: the one before it in its slot, or the next free one. */
  #before: Int32Array;
  /** By event: ns since its slot began, and the member that it goes to. */
  #offsets: Int32Array;
  #members: Int32Array;
  #free = NONE;
  #size = 0;
  /** The slot whose events are handed out, and those: sorted, from `#at` on. */
  #slot = 0;
  #at = 0;
  #count = 0;
  #keys = new Float64Array(CHUNK);
  #due = new Int32Array(CHUNK);
  /** Of the event that `next` was called for last. */
  timeNs = 0;
  member = 0;

  /** `leastNs` of at least 2 and at most `mostNs`, which is below 2^40. */
  constructor(leastNs: number, mostNs: number) {
    this.#shift = Math.floor(Math.log2(Math.max(1, Math.min(leastNs - 1, mostNs / SLOTS))));
    const slots = 2 ** Math.ceil(Math.log2(mostNs / 2 ** this.#shift + 2));
    this.#mask = slots - 1;
    this.#newest = new Int32Array(slots).fill(NONE);
    this.#filled = new Int32Array(slots);
    this.#before = new Int32Array(0);
    this.#offsets = new Int32Array(0);
    this.#members = new Int32Array(0);
    this.#grow(FIRST_CHUNKS);
  }

  get size(): number {
    return this.#size;
  }

  /** `timeNs`: whole, and between the least and the most time ahead of the event handed out last (or of 0). */
  push(timeNs: number, member: number): void {
    const width = 2 ** this.#shift;
    const slot = Math.floor(timeNs / width);
    const place = slot & this.#mask;
    let chunk = this.#newest[place] as number;
    let filled = this.#filled[place] as number;
    if (chunk === NONE || filled === CHUNK) {
      const before = chunk;
      chunk = this.#takeChunk();
      this.#before[chunk] = before;
      this.#newest[place] = chunk;
      filled = 0;
    }
    const at = chunk * CHUNK + filled;
    this.#offsets[at] = timeNs - slot * width;
    this.#members[at] = member;
    this.#filled[place] = filled + 1;
    this.#size++;
  }

  /** Goes to the next event, which `timeNs` and `member` then tell; false when there is none. */
  next(): boolean {
    if (this.#at === this.#count && !this.#openSlot()) return false;
    const key = this.#keys[this.#at++] as number;
    const offset = Math.floor(key / 2 ** 32);
    this.member = this.#due[key - offset * 2 ** 32] as number;
    this.timeNs = this.#slot * 2 ** this.#shift + offset;
    this.#size--;
    return true;
  }

  /** The first slot with events in it, sorted. */
  #openSlot(): boolean {
    if (this.#size === 0) return false;
    let slot = this.#count === 0 ? this.#slot : this.#slot + 1;
    while (this.#newest[slot & this.#mask] === NONE) slot++;
    this.#slot = slot;
    const place = slot & this.#mask;
    const count = this.#gather(place);
    // An offset and, below it, the place in the order of sending: one sort of plain numbers gives both orders.
    this.#keys.subarray(0, count).sort();
    this.#at = 0;
    this.#count = count;
    return true;
  }

  /** Takes a slot's events out, in the order in which they were pushed, and gives its chunks back. */
  #gather(place: number): number {
    let chunks = 0;
    for (let chunk = this.#newest[place] as number; chunk !== NONE; chunk = this.#before[chunk] as number) chunks++;
    const count = (chunks - 1) * CHUNK + (this.#filled[place] as number);
    if (count > this.#keys.length) {
      this.#keys = new Float64Array(2 * count);
      this.#due = new Int32Array(2 * count);
    }
    let end = count;
    let inChunk = this.#filled[place] as number;
    let chunk = this.#newest[place] as number;
    while (chunk !== NONE) {
      const first = chunk * CHUNK;
      end -= inChunk;
      for (let i = 0; i < inChunk; i++) {
        this.#keys[end + i] = (this.#offsets[first + i] as number) * 2 ** 32 + end + i;
        this.#due[end + i] = this.#members[first + i] as number;
      }
      const before = this.#before[chunk] as number;
      this.#before[chunk] = this.#free;
      this.#free = chunk;
      chunk = before;
      inChunk = CHUNK;
    }
    this.#newest[place] = NONE;
    this.#filled[place] = 0;
    return count;
  }

  #takeChunk(): number {
    if (this.#free === NONE) this.#grow(2 * this.#before.length);
    const chunk = this.#free;
    this.#free = this.#before[chunk] as number;
    return chunk;
  }

  #grow(chunks: number): void {
    const had = this.#before.length;
    const longer = (array: Int32Array, length: number): Int32Array => {
      const grown = new Int32Array(length);
      grown.set(array);
      return grown;
    };
    this.#before = longer(this.#before, chunks);
    this.#offsets = longer(this.#offsets, chunks * CHUNK);
    this.#members = longer(this.#members, chunks * CHUNK);
    for (let chunk = chunks - 1; chunk >= had; chunk--) {
      this.#before[chunk] = this.#free;
      this.#free = chunk;
    }
  }
}
