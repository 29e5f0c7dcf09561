/** Callbacks at given times, never early, in order of time and then of the calls: one real timer over a binary heap. */
interface Alarm {
  readonly time: number;
  readonly order: number;
  readonly callback: () => void;
}

const LONGEST_MS = 1_000_000_000;
/** After this long in one round sockets get their turn, whatever is overdue. */
const LONG_ROUND_NS = 10e6;

function before(a: Alarm, b: Alarm): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}

export class Alarms {
  readonly #now: () => number;
  readonly #heap: Alarm[] = [];
  #order = 0;
  #timer: NodeJS.Timeout | undefined;
  #armedFor = Number.POSITIVE_INFINITY;
  #closed = false;

  /** `now`: ns, on the clock that the times are given in. */
  constructor(now: () => number) {
    this.#now = now;
  }

  at(time: number, callback: () => void): void {
    if (this.#closed) return;
    const heap = this.#heap;
    const alarm = { time, order: this.#order++, callback };
    let i = heap.length;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = heap[parent] as Alarm;
      if (!before(alarm, above)) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = alarm;
    if (time < this.#armedFor) this.#arm();
  }

  /** Forgets every callback; none is made from here on. */
  close(): void {
    this.#closed = true;
    this.#heap.length = 0;
    clearTimeout(this.#timer);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#armedFor = Number.POSITIVE_INFINITY;
    const first = this.#heap[0];
    if (first === undefined || this.#closed) return;
    this.#armedFor = first.time;
    const delayMs = Math.min(LONGEST_MS, Math.max(0, Math.ceil((first.time - this.#now()) / 1e6)));
    this.#timer = setTimeout(() => this.#fire(), delayMs);
  }

  #fire(): void {
    // A timer may fire early by the clock that counts here; what is not due yet is armed again. What callbacks add for
    // this very moment waits for the next round, so that sockets get their turn. What they add for a time before this
    // round does not: of a chain in which each adds the next, a process that is late would catch up one a round, and
    // where a round takes longer than from one to the next, fall behind for good, with all that stands behind them.
    const limit = this.#now();
    const last = this.#order;
    this.#armedFor = Number.NEGATIVE_INFINITY;
    try {
      for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
        if (first.time > limit || (first.order >= last && this.#now() - limit > LONG_ROUND_NS)) break;
        this.#pop();
        first.callback();
      }
    } finally {
      this.#arm();
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Alarm, heap[child] as Alarm)) child++;
      if (!before(heap[child] as Alarm, last)) break;
      heap[i] = heap[child] as Alarm;
      i = child;
    }
    heap[i] = last;
  }
}
