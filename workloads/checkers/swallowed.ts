/** Whether a plan leaves a fault nothing to act on: its targets are down anyway, its links cut. From the plan alone. */
import { isLasting } from '../../harness/model/core.ts';
import {
  isLinkFault,
  linksOf,
  type PauseFault,
  type PlannedFault,
  type SlowFault,
  touches,
} from '../../harness/model/fault.ts';
import type { PlanOutline } from '../../harness/model/plan.ts';

/** From the end of a window to a member that is up again, ms, on a busy machine. */
const RESTART_MS = 2000;

export function isSwallowed(plan: PlanOutline, fault: PlannedFault): boolean {
  // These act on who is up when they begin.
  if (fault.type === 'kill' || fault.type === 'leave' || fault.type === 'pause') {
    return fault.targets.every((target) => isDownWhen(plan, fault, target));
  }
  const names = plan.members.map((member) => member.name);
  if (fault.type === 'slow') {
    // What a slow member holds back shows where it arrives.
    return fault.targets.every(
      (target) =>
        isIdleDuring(plan, fault, target) ||
        isGoneBeforeRelease(plan, fault, target) ||
        names.every(
          (other) =>
            other === target || (isCutDuring(plan, fault, target, other) && isCutDuring(plan, fault, other, target)),
        ),
    );
  }
  if (!isLinkFault(fault)) return fault.targets.every((target) => isIdleDuring(plan, fault, target));
  const links = linksOf(fault);
  return names.every((from) =>
    names.every(
      (to) =>
        !touches(links, from, to) ||
        isIdleDuring(plan, fault, from) ||
        isDownDuring(plan, fault, to) ||
        (fault.type !== 'partition' && isCutDuring(plan, fault, from, to)),
    ),
  );
}

/** A kill takes everything along that the member has held back, and it is not surely back before the fault is over. */
function isGoneBeforeRelease(plan: PlanOutline, fault: SlowFault, member: string): boolean {
  return plan.faults.some(
    (kill) =>
      kill.type === 'kill' &&
      kill.targets.includes(member) &&
      kill.atMs >= fault.atMs &&
      kill.atMs < fault.atMs + fault.blockMs &&
      downUntilMs(plan, kill) + RESTART_MS > fault.untilMs,
  );
}

/** Another kill or leave came first, and the member is not surely back. */
function isDownWhen(plan: PlanOutline, fault: PlannedFault, member: string): boolean {
  const own = plan.faults.indexOf(fault);
  return plan.faults.some(
    (other, index) =>
      index !== own &&
      (other.type === 'kill' || other.type === 'leave') &&
      other.targets.includes(member) &&
      (other.atMs < fault.atMs || (other.atMs === fault.atMs && (index < own || fault.type === 'pause'))) &&
      downUntilMs(plan, other) + RESTART_MS > fault.atMs,
  );
}

/** Kills and leaves, one after the other, keep it down for the whole window. */
function isDownDuring(plan: PlanOutline, fault: PlannedFault, member: string): boolean {
  return awayUntilMs(plan, fault, member, false) >= fault.untilMs;
}

/** As `isDownDuring`, or stopped by pauses in between: it does nothing in the window, but may hear of it later. */
function isIdleDuring(plan: PlanOutline, fault: PlannedFault, member: string): boolean {
  return awayUntilMs(plan, fault, member, true) >= fault.untilMs;
}

function awayUntilMs(plan: PlanOutline, fault: PlannedFault, member: string, countPauses: boolean): number {
  let awayUntil = fault.atMs;
  for (const other of [...plan.faults].sort((a, b) => a.atMs - b.atMs)) {
    if (other.type !== 'kill' && other.type !== 'leave' && other.type !== 'pause') continue;
    if (!other.targets.includes(member) || other.atMs > awayUntil) continue;
    if (other.type === 'pause') {
      if (countPauses) awayUntil = Math.max(awayUntil, pausedUntilMs(plan, other, member));
      continue;
    }
    const until = downUntilMs(plan, other);
    if (until > fault.atMs) awayUntil = Math.max(awayUntil, until + RESTART_MS);
  }
  return awayUntil;
}

/** A member that is down is not paused, and one that is killed comes back unpaused. */
function pausedUntilMs(plan: PlanOutline, pause: PauseFault, member: string): number {
  if (isDownWhen(plan, pause, member)) return 0;
  const ends = plan.faults.filter(
    (other) =>
      (other.type === 'kill' || other.type === 'leave') &&
      other.targets.includes(member) &&
      other.atMs >= pause.atMs &&
      other.atMs < pause.untilMs,
  );
  return Math.min(pause.untilMs, ...ends.map((other) => other.atMs));
}

function downUntilMs(plan: PlanOutline, fault: PlannedFault): number {
  const never =
    isLasting(plan, fault) ||
    (fault.type === 'kill' && fault.restart === 'never') ||
    (fault.type === 'leave' && !fault.rejoin);
  return never ? plan.closing.healAtMs + plan.closing.deadlineMs : fault.untilMs;
}

function isCutDuring(plan: PlanOutline, fault: PlannedFault, from: string, to: string): boolean {
  return plan.faults.some(
    (other) =>
      other.type === 'partition' &&
      other.atMs <= fault.atMs &&
      other.untilMs >= fault.untilMs &&
      touches(other.cuts, from, to),
  );
}
