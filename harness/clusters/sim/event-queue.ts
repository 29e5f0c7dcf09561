/**
 * The simulator's event queue: a 4-ary heap on typed arrays, ordered by (time, sequence), so that events of one moment
 * fire in the order in which they were scheduled and a run is the same every time.
 */
export class EventQueue<T> {
  #times = new Float64Array(1024);
  #sequences = new Float64Array(1024);
  #items: (T | undefined)[] = [];
  #size = 0;
  #sequence = 0;

  get size(): number {
    return this.#size;
  }

  /** Time of the next event; Infinity when there is none. */
  get nextTime(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#times[0] as number);
  }

  push(time: number, item: T): void {
    if (this.#size === this.#times.length) this.#grow();
    const sequence = this.#sequence++;
    const times = this.#times;
    const sequences = this.#sequences;
    const items = this.#items;
    let at = this.#size++;
    // The newest event has the largest sequence, so a parent of equal time stays above it.
    while (at > 0) {
      const parent = (at - 1) >> 2;
      if ((times[parent] as number) <= time) break;
      times[at] = times[parent] as number;
      sequences[at] = sequences[parent] as number;
      items[at] = items[parent];
      at = parent;
    }
    times[at] = time;
    sequences[at] = sequence;
    items[at] = item;
  }

  /** The next event; undefined when there is none. */
  pop(): T | undefined {
    if (this.#size === 0) return undefined;
    const top = this.#items[0];
    const last = --this.#size;
    const time = this.#times[last] as number;
    const sequence = this.#sequences[last] as number;
    const item = this.#items[last];
    this.#items[last] = undefined;
    if (last > 0) this.#sink(time, sequence, item);
    return top;
  }

  /** Places an event from the root down. */
  #sink(time: number, sequence: number, item: T | undefined): void {
    const times = this.#times;
    const sequences = this.#sequences;
    const items = this.#items;
    const size = this.#size;
    let at = 0;
    for (;;) {
      const first = 4 * at + 1;
      if (first >= size) break;
      let best = first;
      const end = Math.min(first + 4, size);
      for (let child = first + 1; child < end; child++) {
        const a = times[child] as number;
        const b = times[best] as number;
        if (a < b || (a === b && (sequences[child] as number) < (sequences[best] as number))) best = child;
      }
      const bestTime = times[best] as number;
      if (bestTime > time || (bestTime === time && (sequences[best] as number) > sequence)) break;
      times[at] = bestTime;
      sequences[at] = sequences[best] as number;
      items[at] = items[best];
      at = best;
    }
    times[at] = time;
    sequences[at] = sequence;
    items[at] = item;
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2);
    times.set(this.#times);
    this.#times = times;
    const sequences = new Float64Array(this.#sequences.length * 2);
    sequences.set(this.#sequences);
    this.#sequences = sequences;
  }
}
