/** What a member has seen of its wall clock, look by look: how far off it was, and how often it leapt. */
import type { WallReading } from '../model/history.ts';

export class WallWatch {
  readonly #leapMs: number;
  #last: number | undefined;
  #looks = 0;
  #leaps = 0;
  #leastMs = Number.POSITIVE_INFINITY;
  #mostMs = Number.NEGATIVE_INFINITY;

  /** `leapMs`: what changes by more from one look to the next has leapt. */
  constructor(leapMs: number) {
    this.#leapMs = leapMs;
  }

  /** `aheadMs`: by how much the wall clock is ahead of a true one. */
  look(aheadMs: number): void {
    this.#looks++;
    if (this.#last !== undefined && Math.abs(aheadMs - this.#last) > this.#leapMs) this.#leaps++;
    this.#last = aheadMs;
    this.#leastMs = Math.min(this.#leastMs, aheadMs);
    this.#mostMs = Math.max(this.#mostMs, aheadMs);
  }

  /** Since the last call; undefined where nobody looked. */
  take(): WallReading | undefined {
    if (this.#looks === 0) return undefined;
    const reading = { looks: this.#looks, leaps: this.#leaps, leastMs: this.#leastMs, mostMs: this.#mostMs };
    this.#looks = 0;
    this.#leaps = 0;
    this.#leastMs = Number.POSITIVE_INFINITY;
    this.#mostMs = Number.NEGATIVE_INFINITY;
    return reading;
  }
}
