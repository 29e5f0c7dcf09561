/**
 * A member's own clocks under the clock faults in force. The wall clock may be skewed, drift and leap, and what a fault did
 * to it is gone when the fault ends. The monotonic clock may drift too, but never runs backwards: what it gained stays.
 */
import { type ClockDriftFault, type ClockStrobeFault, type PlannedFault, strobeErrorMs } from '../model/fault.ts';

export class MemberClock {
  readonly #member: string;
  #skewMs = 0;
  #drifts: { fault: ClockDriftFault; sinceNs: number }[] = [];
  #strobes: readonly ClockStrobeFault[] = [];
  /** The monotonic clock is a chain of straight pieces: `#baseMs` at `#baseNs`, then `#factor`. */
  #baseNs = 0;
  #baseMs = 0;
  #factor = 1;

  constructor(member: string) {
    this.#member = member;
  }

  /** From here these faults, and no others, act. Faults of other kinds or on other members are passed over. */
  setFaults(active: readonly PlannedFault[], nowNs: number): void {
    this.#baseMs = this.monotonicMs(nowNs);
    this.#baseNs = nowNs;
    this.#skewMs = 0;
    this.#factor = 1;
    const before = this.#drifts;
    this.#drifts = [];
    this.#strobes = active.filter(
      (fault): fault is ClockStrobeFault => fault.type === 'clock-strobe' && fault.targets.includes(this.#member),
    );
    for (const fault of active) {
      if (fault.type === 'clock-skew' && fault.targets.includes(this.#member)) this.#skewMs += fault.skewMs;
      if (fault.type === 'timer-drift' && fault.targets.includes(this.#member)) this.#factor *= fault.factor;
      if (fault.type === 'clock-drift' && fault.targets.includes(this.#member)) {
        const since = before.find((drift) => drift.fault.id === fault.id)?.sinceNs ?? nowNs;
        this.#drifts.push({ fault, sinceNs: since });
      }
    }
  }

  /** What to add to a true wall clock, ms. */
  wallErrorMs(nowNs: number): number {
    let errorMs = this.#skewMs;
    for (const { fault, sinceNs } of this.#drifts) errorMs += ((fault.factor - 1) * (nowNs - sinceNs)) / 1e6;
    for (const fault of this.#strobes) errorMs += strobeErrorMs(fault, nowNs / 1e6);
    return errorMs;
  }

  /** The member's monotonic clock, ms since the run's start. */
  monotonicMs(nowNs: number): number {
    return this.#baseMs + ((nowNs - this.#baseNs) / 1e6) * this.#factor;
  }

  /** Real ns that a timer of `delayMs` on the member's monotonic clock takes, as it runs now. */
  realDelayNs(delayMs: number): number {
    return Math.max(0, Math.round((delayMs * 1e6) / this.#factor));
  }
}
