/** Bins of equal width over the run, chosen from the plan before the first line, so that memory is bounded. */
import type { Plan } from '../../harness/model/plan.ts';

const NICE_MS: readonly number[] = [
  50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000,
];

export class TimeGrid {
  /** ns. */
  readonly width: number;
  /** Whatever comes later than the last bin counts in it. */
  readonly bins: number;

  constructor(plan: Plan, about: number, leastMs = 0) {
    const endMs = plan.closing.healAtMs + plan.closing.deadlineMs;
    const widthMs = NICE_MS.find((nice) => nice >= leastMs && endMs / nice <= about) ?? 3_600_000;
    this.width = widthMs * 1e6;
    this.bins = Math.ceil(endMs / widthMs) * 2 + 1;
  }

  bin(time: number): number {
    return Math.max(0, Math.min(this.bins - 1, Math.floor(time / this.width)));
  }

  /** Start of a bin, in seconds. */
  start(bin: number): number {
    return (bin * this.width) / 1e9;
  }
}
