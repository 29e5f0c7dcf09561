/**
 * Whether a member's reading of its clock was taken under a fault. A member reads its clocks just before each change of
 * its faults, so the first reading at or after a fault's start does not show it yet, and the first one at or after its
 * end still does. In the simulator both are at the very moment; on real machines the change comes a little later.
 */
import type { FaultWindow } from '../../harness/model/checker.ts';

export interface Reading {
  /** Time of the reading before it, and of its own, ns. */
  readonly since: number;
  readonly time: number;
  readonly stalledMs: number;
}

/**
 * undefined: it cannot be told. `edgeNs`: how long after the controller's word a member's change may come; 0 in the
 * simulator. `disturbed`: the member was stopped for a part of the reading's interval, and changes waited for it.
 */
export function isUnderFault(
  reading: Reading,
  window: FaultWindow,
  edgeNs: number,
  disturbed: boolean,
): boolean | undefined {
  const { since, time } = reading;
  const { from, until } = window;
  if (edgeNs === 0) {
    // A reading is the last thing before an edge; but who is resumed at one reads after it.
    if (disturbed && (time === from || time === until)) return undefined;
    return from < time && time <= until;
  }
  const late = disturbed || reading.stalledMs * 1e6 > edgeNs;
  if (time < from) return false;
  if (time < until && time > from + edgeNs) return true;
  if (time > until + edgeNs) return false;
  if (late) return undefined;
  // Near the start: only the first reading is surely one of before.
  if (time < until) return since < from ? false : undefined;
  // Near the end: only the first reading is surely still one of within, if the start was not near as well.
  return since >= from && since < until && until - from > edgeNs ? true : undefined;
}
