/**
 * Quiet stretches: times in which no planned fault disturbs what a liveness bound speaks of. Bounds hold once every
 * fault is healed, so an obligation runs only while nothing is on; kills and leaves are no disturbance in this sense,
 * because those who are down owe nothing and those who are up lose no connection by it.
 */
import type { Timeline } from '../../harness/model/checker.ts';
import { isLasting, loneSince } from '../../harness/model/core.ts';
import { isLinkFault, linksOf, type PlannedFault } from '../../harness/model/fault.ts';
import type { PlanOutline } from '../../harness/model/plan.ts';

const MS = 1e6;

/** Half-open, sorted, disjoint; ns. */
export type Intervals = readonly (readonly [from: number, until: number])[];

/** A member that was starved has so long to get through what has come meanwhile, ms. */
export const CATCH_UP_MS = 1000;

/** How long after the end of a fault, ms, what it held back may still arrive. */
export function aftermathMs(fault: PlannedFault): number {
  if (fault.type === 'delay') return fault.delayMs + fault.jitterMs;
  if (fault.type === 'reorder') return fault.holdMs;
  if (fault.type === 'bandwidth') return fault.queueMs;
  if (fault.type === 'slow') return fault.blockMs;
  if (fault.type === 'cpu') return CATCH_UP_MS;
  return 0;
}

function touchesNobodyBut(fault: PlannedFault, member: string): boolean {
  if (!isLinkFault(fault)) return fault.targets.every((target) => target === member);
  const links = linksOf(fault);
  if (links === 'all') return false;
  return links.every((block) =>
    block.from.every((from) => from === member || block.to.every((to) => to === member || to === from)),
  );
}

function disturbs(fault: PlannedFault, except: string | undefined): boolean {
  if (fault.type === 'kill' || fault.type === 'leave' || fault.type === 'byzantine') return false;
  return except === undefined || !touchesNobodyBut(fault, except);
}

/** When faults were really on that touch anybody but `except`. `slackMs`: edges are no sharper than this. */
export function disturbances(plan: PlanOutline, timeline: Timeline, slackMs: number, except?: string): Intervals {
  const planned = new Map(plan.faults.map((fault) => [fault.id, fault]));
  const startOf = ({ id }: PlannedFault) => timeline.faults.find((window) => window.id === id)?.from ?? Infinity;
  const lone = loneSince(plan, startOf);
  const found: [number, number][] = [];
  for (const window of timeline.faults) {
    const fault = planned.get(window.id);
    if (fault === undefined || !disturbs(fault, except)) continue;
    // What stays on outside the core disturbs it until nobody outside can reach it.
    const until = isLasting(plan, fault) ? Math.min(lone, window.until) : window.until;
    if (until <= window.from) continue;
    found.push([window.from - slackMs * MS, until + (slackMs + aftermathMs(fault)) * MS]);
  }
  return merged(found);
}

/** The same as the plan alone has it. */
export function plannedDisturbances(plan: PlanOutline, slackMs: number, except?: string): Intervals {
  const found: [number, number][] = [];
  const loneMs = loneSince(plan, ({ atMs }) => atMs);
  for (const fault of plan.faults) {
    if (!disturbs(fault, except)) continue;
    const untilMs = Math.min(fault.untilMs, isLasting(plan, fault) ? loneMs : plan.closing.healAtMs);
    if (untilMs <= fault.atMs) continue;
    found.push([(fault.atMs - slackMs) * MS, (untilMs + slackMs + aftermathMs(fault)) * MS]);
  }
  return merged(found);
}

/** When one of the members was down or about to go; ns. Times before its first boot count too. */
export function absences(timeline: Timeline, members: ReadonlySet<string>): Intervals {
  const found: [number, number][] = [];
  for (const [member, stays] of timeline.stays) {
    if (!members.has(member)) continue;
    let downFrom = Number.NEGATIVE_INFINITY;
    for (const stay of stays) {
      if (stay.from > downFrom) found.push([downFrom, stay.from]);
      const end = stay.ending === 'end' ? Number.POSITIVE_INFINITY : stay.until;
      downFrom = Math.min(end, stay.leftAt ?? Number.POSITIVE_INFINITY);
    }
    if (downFrom < Number.POSITIVE_INFINITY) found.push([downFrom, Number.POSITIVE_INFINITY]);
  }
  return merged(found);
}

/** Sorted, and those that touch made one. */
export function merged(items: Intervals): Intervals {
  const intervals = [...items].sort((a, b) => a[0] - b[0]);
  const out: [number, number][] = [];
  for (const [from, until] of intervals) {
    const last = out.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], until);
    else out.push([from, until]);
  }
  return out;
}

/** The earliest start in [from, until - length] of a stretch of `length` ns that no interval meets. */
export function quietFrom(intervals: Intervals, from: number, until: number, length: number): number | undefined {
  let start = from;
  for (const [on, off] of intervals) {
    if (off <= start) continue;
    if (start + length <= on) break;
    start = off;
  }
  return start + length <= until ? start : undefined;
}
