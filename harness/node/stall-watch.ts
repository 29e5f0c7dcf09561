/** Notices when a process did not run although it wanted to: a tick that comes late. */
const TICK_MS = 100;

export class StallWatch {
  readonly #now: () => number;
  readonly #tick: NodeJS.Timeout;
  #last: number;
  #longestMs = 0;

  /** `now`: ns. */
  constructor(now: () => number) {
    this.#now = now;
    this.#last = now();
    this.#tick = setInterval(() => this.#look(), TICK_MS);
  }

  /** The longest gap beyond the tick since the last call, ms. */
  takeLongestMs(): number {
    this.#look();
    const longest = this.#longestMs;
    this.#longestMs = 0;
    return longest;
  }

  close(): void {
    clearInterval(this.#tick);
  }

  #look(): void {
    const now = this.#now();
    this.#longestMs = Math.max(this.#longestMs, (now - this.#last) / 1e6 - TICK_MS);
    this.#last = now;
  }
}
