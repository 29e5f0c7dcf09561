/**
 * How late the machine made a run: a fold over what members and the controller measured of themselves. What was planned
 * for a member (a pause, a quota) is no lateness of the machine; whoever hands the lines over leaves those out.
 *
 * Why lateness may excuse a bound that was missed, and how far. Bounds count with a ready process that waits for a moment
 * at each step. What is owed comes to be through a chain of steps, each of them in one member, or in the controller, which
 * carries out the end of a fault step by step after it has written it down. At any moment the chain is at one place, so what
 * it lost because a ready process had to wait is no more than all of them together waited, and no more than the time that
 * passed. If that sum is below the excess over the bound, waiting explains nothing, and the bound is
 * broken. If it is not, the run does not tell a broken protocol from a machine that was late: `unknown`, which is never
 * green, so that nothing is let pass. Waiting can do more harm than it lasts (an answer that comes late costs a suspicion);
 * that is not excused, since nothing measured it: the verdict stays, and says beside it that the machine was overrun.
 */
import type { LatenessLine, LatenessReading, TrafficLine } from './history.ts';

const NS_PER_SECOND = 1e9;
const MS = 1e6;
/** From here on a reader is told: one wait that long, or so much of the time spent waiting. */
const LONG_MS = 300;
const LARGE_SHARE = 0.1;

export class MachineLateness {
  /** By second of the run: what all members and the controller were late in it, ms, as if each were so evenly. */
  readonly #seconds = new Map<number, number>();
  #longestMs = 0;
  #sumMs = 0;
  #controllerLongestMs = 0;
  #lastTime = 0;

  member({ since, time, late }: Pick<TrafficLine, 'since' | 'time' | 'late'>): void {
    if (late === undefined || late.sumMs <= 0 || time <= since) return;
    this.#longestMs = Math.max(this.#longestMs, late.longestMs);
    this.#sumMs += late.sumMs;
    this.#spread(since, time, late);
  }

  controller(line: LatenessLine): void {
    this.#controllerLongestMs = Math.max(this.#controllerLongestMs, line.longestMs);
    if (line.sumMs > 0 && line.time > line.since) this.#spread(line.since, line.time, line);
  }

  #spread(since: number, time: number, late: LatenessReading): void {
    const perNs = late.sumMs / (time - since);
    for (let second = Math.floor(since / NS_PER_SECOND); second * NS_PER_SECOND < time; second++) {
      const overlapNs = overlap(second, since, time);
      this.#seconds.set(second, (this.#seconds.get(second) ?? 0) + perNs * overlapNs);
    }
    this.#lastTime = Math.max(this.#lastTime, time);
  }

  /** The most that steps one after the other can have waited in [from, until] (ns), ms. */
  betweenMs(from: number, until: number): number {
    let sumMs = 0;
    for (const [second, lateMs] of this.#seconds) {
      const overlapNs = overlap(second, from, until);
      if (overlapNs <= 0) continue;
      sumMs += Math.min(overlapNs / MS, (lateMs * overlapNs) / NS_PER_SECOND);
    }
    return sumMs;
  }

  /** Whether a reader ought to know of it where a bound was missed. */
  get isLarge(): boolean {
    const longestMs = Math.max(this.#longestMs, this.#controllerLongestMs);
    return longestMs >= LONG_MS || this.betweenMs(0, this.#lastTime) > (LARGE_SHARE * this.#lastTime) / MS;
  }

  /** One sentence without its full stop. */
  describe(): string {
    const controller =
      this.#controllerLongestMs < LONG_MS ? '' : `, the controller's by up to ${seconds(this.#controllerLongestMs)}`;
    return `the machine was overrun: members' timers were late by up to ${seconds(this.#longestMs)}, ${seconds(this.#sumMs)} in all${controller}; run fewer things at a time`;
  }
}

/** How much of that second is in [from, until], ns. */
function overlap(second: number, from: number, until: number): number {
  return Math.min((second + 1) * NS_PER_SECOND, until) - Math.max(second * NS_PER_SECOND, from);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 100 ? 3 : 1)} s`;
}
