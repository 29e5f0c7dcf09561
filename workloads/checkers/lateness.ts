/** Bounds that were missed on a machine that was late (harness/model/machine-lateness.ts says what that excuses, and why). */
import type { CheckContext } from '../../harness/model/checker.ts';
import { milliseconds } from './wording.ts';

/** Something that was owed by a certain time, ns. */
export interface Overdue {
  /** When the time in which it was owed began to run. */
  readonly from: number;
  readonly deadline: number;
  /** When it came; where it never did, the last time at which it is known to have been wanting. */
  readonly at: number;
}

/** Why this miss shows nothing; undefined: it does. */
export function excuseOf({ timeline }: CheckContext, { from, deadline, at }: Overdue): string | undefined {
  const excessMs = (at - deadline) / 1e6;
  const lateMs = timeline.lateness?.betweenMs(from, at) ?? 0;
  if (excessMs < 0 || lateMs <= excessMs) return undefined;
  return (
    `the bound was missed by ${milliseconds(excessMs)}, and processes that were ready to run waited for ` +
    `${milliseconds(lateMs)} of that time: ${timeline.lateness?.describe()}`
  );
}

/** What to add to words about a bound that was missed all the same. */
export function latenessNote({ timeline }: CheckContext): string {
  return timeline.lateness?.isLarge === true ? ` (${timeline.lateness.describe()})` : '';
}
