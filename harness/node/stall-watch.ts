/**
 * Notices when a process did not run although it wanted to: a tick that comes late. By how much includes what was done to
 * it on purpose, and what it computed itself; how late the machine made it leaves its own processor time out.
 */
import { readFileSync } from 'node:fs';
import type { LatenessReading } from '../model/history.ts';

const TICK_MS = 100;
/**
 * A tick that is late by less counts for nothing: timers of an idle machine are late by a millisecond or two, and ten of
 * them a second and member would add up to an excuse for anything.
 */
const LEAST_LATE_MS = 10;

export interface StallClocks {
  /** Monotonic, ns. */
  now(): number;
  /** Processor time that this process has used, ms. Default: its own. */
  usedMs?(): number;
  /** For how long it has waited in the kernel's run queue, ms; null where the kernel does not tell. Default: its own. */
  queuedMs?(): number | null;
}

/** `stalledMs`: the longest gap beyond the tick, whatever the reason. */
export interface StallReading {
  readonly stalledMs: number;
  readonly late: LatenessReading;
}

export class StallWatch {
  readonly #now: () => number;
  readonly #usedMs: () => number;
  readonly #queuedMs: () => number | null;
  readonly #tick: NodeJS.Timeout;
  #last: number;
  #used: number;
  #queued: number | null;
  #stalledMs = 0;
  #sumMs = 0;
  #longestMs = 0;

  constructor({ now, usedMs = ownProcessorMs, queuedMs = ownQueuedMs }: StallClocks) {
    this.#now = now;
    this.#usedMs = usedMs;
    this.#queuedMs = queuedMs;
    this.#last = now();
    this.#used = usedMs();
    this.#queued = queuedMs();
    this.#tick = setInterval(() => this.look(), TICK_MS);
  }

  /** What was noticed since the last call. */
  take(): StallReading {
    // A stall that has just ended belongs to the time before this call, though its tick comes later in this turn.
    if (this.#now() - this.#last > TICK_MS * 1e6) this.look();
    const queued = this.#queuedMs();
    const queuedMs = queued === null || this.#queued === null ? null : Math.max(0, queued - this.#queued);
    const reading = {
      stalledMs: this.#stalledMs,
      late: { sumMs: this.#sumMs, longestMs: this.#longestMs, queuedMs },
    };
    this.#queued = queued;
    this.#stalledMs = 0;
    this.#sumMs = 0;
    this.#longestMs = 0;
    return reading;
  }

  close(): void {
    clearInterval(this.#tick);
  }

  /** The tick. */
  look(): void {
    const now = this.#now();
    const used = this.#usedMs();
    const gapMs = (now - this.#last) / 1e6 - TICK_MS;
    const lateMs = gapMs - (used - this.#used);
    this.#last = now;
    this.#used = used;
    this.#stalledMs = Math.max(this.#stalledMs, gapMs);
    if (lateMs < LEAST_LATE_MS) return;
    this.#sumMs += lateMs;
    this.#longestMs = Math.max(this.#longestMs, lateMs);
  }
}

/** Of all its threads. */
function ownProcessorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Of its main thread, which is the one that its event loop runs in (Linux: sched-stats.rst, second figure). */
function ownQueuedMs(): number | null {
  try {
    const waitedNs = Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1]);
    return Number.isFinite(waitedNs) ? waitedNs / 1e6 : null;
  } catch {
    return null;
  }
}
