/**
 * Plans whose closing heals a core alone (TigerBeetle's simulator calls it liveness mode): what touches the core or a
 * link within it ends at the heal, the rest stays broken to the end. Whoever is outside is cut off from the core by
 * then, so that to the core it is as good as dead.
 */
import { isLinkFault, type LinkBlock, linksOf, type PlannedFault, touches } from './fault.ts';
import type { PlanOutline } from './plan.ts';

/** Members outside the core, in plan order; none where everything is healed. */
export function outsidersOf({ members, closing }: PlanOutline): readonly string[] {
  const { core } = closing;
  return core === undefined ? [] : members.map(({ name }) => name).filter((name) => !core.includes(name));
}

/** Whether the fault is still on when all that touches the core has ended. Liars, who lie to the end, are not meant. */
export function isLasting({ closing }: PlanOutline, fault: PlannedFault): boolean {
  const { core, healAtMs } = closing;
  if (core === undefined || fault.type === 'byzantine' || fault.untilMs < healAtMs) return false;
  if (!isLinkFault(fault)) return !fault.targets.some((name) => core.includes(name));
  const links = linksOf(fault);
  if (links === 'all') return core.length < 2;
  return !links.some((block) => linksWithin(block, core));
}

function linksWithin({ from, to }: LinkBlock, core: readonly string[]): boolean {
  return from.some((one) => core.includes(one) && to.some((other) => other !== one && core.includes(other)));
}

/**
 * Members outside the core whom the lasting fault alone keeps away from it. After a partition somebody else outside may
 * still pass on what they say, until that one is isolated too.
 */
export function isolatedBy(plan: PlanOutline, fault: PlannedFault): readonly string[] {
  if (!isLasting(plan, fault)) return [];
  if (fault.type === 'kill' || fault.type === 'pause') return fault.targets;
  if (fault.type !== 'partition') return [];
  const core = plan.closing.core ?? [];
  return outsidersOf(plan).filter((name) =>
    core.every((other) => touches(fault.cuts, name, other) && touches(fault.cuts, other, name)),
  );
}

/**
 * From when on the core is alone: everybody else is cut off. `startOf`: when a fault began, in whatever unit is wanted;
 * Infinity for one that has not. 0 for a plan without a core.
 */
export function loneSince(plan: PlanOutline, startOf: (fault: PlannedFault) => number): number {
  const since = new Map(outsidersOf(plan).map((name) => [name, Number.POSITIVE_INFINITY]));
  if (since.size === 0) return 0;
  for (const fault of plan.faults) {
    for (const name of isolatedBy(plan, fault)) {
      since.set(name, Math.min(since.get(name) ?? Number.POSITIVE_INFINITY, startOf(fault)));
    }
  }
  return Math.max(...since.values());
}
