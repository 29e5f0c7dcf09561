/** A set of names to sample from in O(k): an array with a position index, swap-removed. */
import type { Peers, Random } from '../protocol.ts';

export class PeerSet implements Peers {
  readonly #self: string;
  readonly #random: Random;
  readonly #names: string[] = [];
  readonly #position = new Map<string, number>();

  constructor(self: string, random: Random) {
    this.#self = self;
    this.#random = random;
  }

  get count(): number {
    return this.#names.length;
  }

  has(name: string): boolean {
    return this.#position.has(name);
  }

  add(name: string): void {
    if (name === this.#self || this.#position.has(name)) return;
    this.#position.set(name, this.#names.length);
    this.#names.push(name);
  }

  remove(name: string): void {
    const at = this.#position.get(name);
    if (at === undefined) return;
    const last = this.#names.pop() as string;
    this.#position.delete(name);
    if (last === name) return;
    this.#names[at] = last;
    this.#position.set(last, at);
  }

  sample(count: number, except?: string): string[] {
    const hole = except === undefined ? undefined : this.#position.get(except);
    const available = this.#names.length - (hole === undefined ? 0 : 1);
    const size = Math.min(count, available);
    if (size <= 0) return [];
    // Draw positions among the names without the hole: a position at or behind it moves up by one.
    const chosen: number[] = [];
    const out: string[] = [];
    while (out.length < size) {
      // Floyd's algorithm: distinct positions with one draw each, whatever the size of the set.
      const bound = available - size + out.length + 1;
      let draw = this.#random.int(bound);
      if (chosen.includes(draw)) draw = bound - 1;
      chosen.push(draw);
      const position = hole !== undefined && draw >= hole ? draw + 1 : draw;
      out.push(this.#names[position] as string);
    }
    return size > 1 ? this.#random.shuffle(out) : out;
  }
}
