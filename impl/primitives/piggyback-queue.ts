/**
 * Updates that wait for a ride on messages that are sent anyway (SWIM, section 4.1): those sent least often go first,
 * each at most a given number of times, and a newer update about a subject takes the place of the older one.
 */

interface Waiting<T> {
  readonly update: T;
  readonly bytes: number;
  /** Times it was taken; the bucket in which it stands. */
  sent: number;
}

export class PiggybackQueue<T> {
  /** By times sent; each in the order in which the updates came there. */
  readonly #buckets: Map<string, Waiting<T>>[] = [];
  readonly #subjects = new Map<string, Waiting<T>>();

  get size(): number {
    return this.#subjects.size;
  }

  /** Replaces what waits about this subject; the new update starts at zero. `bytes`: its size when encoded. */
  put(subject: string, update: T, bytes: number): void {
    const before = this.#subjects.get(subject);
    if (before !== undefined) this.#buckets[before.sent]?.delete(subject);
    this.#place(subject, { update, bytes, sent: 0 });
  }

  /**
   * Appends to `out` up to `entries` updates of together at most `bytes`, fewest-sent first, and counts them as sent;
   * one that was sent `limit` times is dropped. The cost is in what is taken, not in what waits.
   */
  take(out: T[], entries: number, bytes: number, limit: number): void {
    if (this.#subjects.size === 0) return;
    const taken: [string, Waiting<T>][] = [];
    let left = bytes;
    search: for (const bucket of this.#buckets) {
      for (const [subject, waiting] of bucket) {
        if (taken.length >= entries || waiting.bytes > left) break search;
        left -= waiting.bytes;
        taken.push([subject, waiting]);
      }
    }
    for (const [subject, waiting] of taken) {
      out.push(waiting.update);
      this.#buckets[waiting.sent]?.delete(subject);
      waiting.sent++;
      if (waiting.sent >= limit) this.#subjects.delete(subject);
      else this.#place(subject, waiting);
    }
  }

  #place(subject: string, waiting: Waiting<T>): void {
    while (this.#buckets.length <= waiting.sent) this.#buckets.push(new Map());
    this.#buckets[waiting.sent]?.set(subject, waiting);
    this.#subjects.set(subject, waiting);
  }
}
