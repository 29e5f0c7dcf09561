/** Whether a plan leaves a fault nothing to act on: its targets are down anyway, its links cut. From the plan alone. */
import { isLinkFault, linksOf, type PlannedFault, touches } from '../../harness/model/fault.ts';
import type { Plan } from '../../harness/model/plan.ts';

/** From the end of a window to a member that is up again, ms, on a busy machine. */
const RESTART_MS = 2000;

export function isSwallowed(plan: Plan, fault: PlannedFault): boolean {
  // These act on who is up when they begin.
  if (fault.type === 'kill' || fault.type === 'leave' || fault.type === 'pause') {
    return fault.targets.every((target) => isDownWhen(plan, fault, target));
  }
  if (!isLinkFault(fault)) return fault.targets.every((target) => isDownDuring(plan, fault, target));
  const names = plan.members.map((member) => member.name);
  const links = linksOf(fault);
  return names.every((from) =>
    names.every(
      (to) =>
        !touches(links, from, to) ||
        isDownDuring(plan, fault, from) ||
        isDownDuring(plan, fault, to) ||
        (fault.type !== 'partition' && isCutDuring(plan, fault, from, to)),
    ),
  );
}

/** Another kill or leave came first, and the member is not surely back. */
function isDownWhen(plan: Plan, fault: PlannedFault, member: string): boolean {
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

/** Kills and leaves, one after the other, leave it no time to do anything in the window. */
function isDownDuring(plan: Plan, fault: PlannedFault, member: string): boolean {
  let downUntil = fault.atMs;
  for (const other of [...plan.faults].sort((a, b) => a.atMs - b.atMs)) {
    if (other.type !== 'kill' && other.type !== 'leave') continue;
    if (!other.targets.includes(member) || other.atMs > downUntil) continue;
    const until = downUntilMs(plan, other);
    if (until > fault.atMs) downUntil = Math.max(downUntil, until + RESTART_MS);
  }
  return downUntil >= fault.untilMs;
}

function downUntilMs(plan: Plan, fault: PlannedFault): number {
  const never = (fault.type === 'kill' && fault.restart === 'never') || (fault.type === 'leave' && !fault.rejoin);
  return never ? plan.closing.healAtMs + plan.closing.deadlineMs : fault.untilMs;
}

function isCutDuring(plan: Plan, fault: PlannedFault, from: string, to: string): boolean {
  return plan.faults.some(
    (other) =>
      other.type === 'partition' &&
      other.atMs <= fault.atMs &&
      other.untilMs >= fault.untilMs &&
      touches(other.cuts, from, to),
  );
}
