/**
 * How long writes and broadcasts take to reach the members. What is still on its way is kept by version or instance,
 * the oldest forgotten beyond a limit, so that memory does not grow with the number of operations.
 */

import { Generations } from './generations.ts';

/** What is known of a client operation when its write or broadcast starts. */
export interface Origin {
  /** Planned, ns. */
  readonly startedAt: number;
  readonly workload: string;
  /** Types of the faults that were on. */
  readonly during: readonly string[];
}

/** More than can be under way at once in any run that is not broken. */
const MAX_OPEN = 20_000;

interface Write {
  origin: Origin | undefined;
  /** Members that were up at the write. */
  size: number;
  /** One bit per member that has it. */
  readonly holders: Uint8Array;
  readonly times: number[];
}

export type RecordSpread = (metric: string, origin: Origin, reachedAt: number) => void;

export class WriteSpread {
  readonly #record: RecordSpread;
  readonly #bytes: number;
  readonly #open: Generations<Write>;

  constructor(members: number, record: RecordSpread) {
    this.#bytes = Math.ceil(members / 8);
    this.#record = record;
    this.#open = new Generations(MAX_OPEN, (write) => this.#finish(write));
  }

  /** `origin`: only where the member applies its own client's write. `up`: how many members are up. */
  apply(key: string, member: number, time: number, up: number, origin: Origin | undefined): void {
    let write = this.#open.get(key);
    if (write === undefined) {
      write = { origin: undefined, size: up, holders: new Uint8Array(this.#bytes), times: [] };
      this.#open.add(key, write);
    }
    if (origin !== undefined) {
      write.origin ??= origin;
      write.size = up;
    }
    const bit = 1 << (member & 7);
    if (((write.holders[member >> 3] ?? 0) & bit) !== 0) return;
    write.holders[member >> 3] = (write.holders[member >> 3] ?? 0) | bit;
    write.times.push(time);
    if (write.origin !== undefined && write.times.length >= write.size) {
      this.#finish(write);
      // What comes later, from members that start anew, finds it gone and opens a record that nobody will close.
      this.#open.delete(key);
    }
  }

  end(): void {
    this.#open.clear();
  }

  #finish({ origin, size, times }: Write): void {
    if (origin === undefined) return;
    times.sort((a, b) => a - b);
    for (const [metric, share] of [
      ['write_p50_ms', 0.5],
      ['write_p95_ms', 0.95],
      ['write_all_ms', 1],
    ] as const) {
      const reachedAt = times[Math.max(1, Math.ceil(share * size)) - 1];
      if (reachedAt !== undefined) this.#record(metric, origin, reachedAt);
    }
  }
}

interface Broadcast {
  origin: Origin | undefined;
  delivered: number;
  /** Deliveries whose lines came before the origin's own: real members' lines take different ways. ns. */
  early: number[];
}

export class BroadcastSpread {
  readonly #record: RecordSpread;
  readonly #members: number;
  /** Deliveries later than this many broadcasts are not timed. */
  readonly #open = new Generations<Broadcast>(MAX_OPEN, () => {});

  constructor(members: number, record: RecordSpread) {
    this.#members = members;
    this.#record = record;
  }

  broadcast(key: string, origin: Origin): void {
    const known = this.#of(key);
    known.origin ??= origin;
    for (const time of known.early) this.#record('delivery_ms', origin, time);
    known.early = [];
    this.#close(key, known);
  }

  deliver(key: string, time: number): void {
    const known = this.#of(key);
    known.delivered++;
    if (known.origin === undefined) known.early.push(time);
    else this.#record('delivery_ms', known.origin, time);
    this.#close(key, known);
  }

  #of(key: string): Broadcast {
    let known = this.#open.get(key);
    if (known === undefined) {
      known = { origin: undefined, delivered: 0, early: [] };
      this.#open.add(key, known);
    }
    return known;
  }

  #close(key: string, known: Broadcast): void {
    if (known.origin !== undefined && known.delivered >= this.#members) this.#open.delete(key);
  }
}
