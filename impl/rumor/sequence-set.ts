/**
 * A set of sequence numbers kept as disjoint ranges: its memory grows with the gaps, not with the numbers. Beyond
 * a limit, `GAPS_LIMIT` gaps, the oldest is closed: numbers in it then count as contained, so that what was delivered once is
 * never delivered again, at the price of never delivering what is that late.
 */

export const GAPS_LIMIT = 1024;

export class SequenceSet {
  /** first, last, first, last, ...; ascending, never touching each other. */
  readonly #bounds: number[] = [];
  /** Members, those of closed gaps included. */
  #size = 0;
  readonly #gapsLimit: number;
  /** Kept until the set changes: members show their sets far more often than most of them grow. */
  #text: string | undefined;

  constructor(gapsLimit: number = GAPS_LIMIT) {
    this.#gapsLimit = gapsLimit;
  }

  get size(): number {
    return this.#size;
  }

  has(sequence: number): boolean {
    const at = this.#rangeAtOrBefore(sequence);
    return at >= 0 && sequence <= (this.#bounds[at + 1] ?? 0);
  }

  /** False if it was there already. */
  add(sequence: number): boolean {
    const bounds = this.#bounds;
    const at = this.#rangeAtOrBefore(sequence);
    if (at >= 0 && sequence <= (bounds[at + 1] ?? 0)) return false;
    this.#size++;
    this.#text = undefined;
    const next = at + 2;
    const joinsBefore = at >= 0 && bounds[at + 1] === sequence - 1;
    const joinsAfter = next < bounds.length && bounds[next] === sequence + 1;
    if (joinsBefore && joinsAfter) bounds.splice(at + 1, 2);
    else if (joinsBefore) bounds[at + 1] = sequence;
    else if (joinsAfter) bounds[next] = sequence;
    else bounds.splice(next, 0, sequence, sequence);
    if (bounds.length > 2 * (this.#gapsLimit + 1)) {
      this.#size += (bounds[2] ?? 0) - (bounds[1] ?? 0) - 1;
      bounds.splice(1, 2);
    }
    return true;
  }

  /** Index of the first bound of the last range that starts at or before `sequence`; -2 where there is none. */
  #rangeAtOrBefore(sequence: number): number {
    let low = 0;
    let high = this.#bounds.length / 2;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#bounds[2 * middle] ?? 0) <= sequence) low = middle + 1;
      else high = middle;
    }
    return 2 * (low - 1);
  }

  /** As in `1-4,6,9-12`. */
  toString(): string {
    this.#text ??= this.#rangesText();
    return this.#text;
  }

  #rangesText(): string {
    const parts: string[] = [];
    for (let i = 0; i < this.#bounds.length; i += 2) {
      const first = this.#bounds[i];
      const last = this.#bounds[i + 1];
      parts.push(first === last ? `${first}` : `${first}-${last}`);
    }
    return parts.join(',');
  }
}
