/** Whether members that lost their state could find the others again, as the plan alone has it. */
import { SEEDS } from '../../harness/model/conditions.ts';
import type { PlannedFault } from '../../harness/model/fault.ts';
import type { PlanOutline } from '../../harness/model/plan.ts';
import type { Conditions } from '../../impl/protocol.ts';
import { type Intervals, merged, plannedDisturbances, quietFrom } from './quiet.ts';

const MS = 1e6;

function losesState(fault: PlannedFault): boolean {
  return fault.type === 'leave' || (fault.type === 'kill' && fault.restart !== 'with-state');
}

function seedsOf(plan: PlanOutline, member: string): string[] {
  return plan.members
    .map(({ name }) => name)
    .filter((name) => name !== member)
    .slice(0, SEEDS);
}

/**
 * Who comes back, or may, with no memory and no seed to join the others by: all its seeds stay away, or all but one, and
 * that one is in the same plight, so that the two find each other at best. Where nobody else is up, such a pair is all
 * there is, and not stranded. In the plan's order.
 */
export function strandedMembers(
  plan: PlanOutline,
  { livesLost, stayDown = [] }: Conditions,
  joinMs: number,
  slackMs: number,
): string[] {
  const up = plan.members.map(({ name }) => name).filter((name) => !stayDown.includes(name));
  const lastSeeds = (name: string): string[] => seedsOf(plan, name).filter((seed) => !stayDown.includes(seed));
  const forsaken = up.filter(
    (name) =>
      livesLost.includes(name) &&
      seedsOf(plan, name).length > 0 &&
      lastSeeds(name).length <= 1 &&
      !hadTimeToJoin(plan, name, joinMs, slackMs),
  );
  let stranded = forsaken;
  for (;;) {
    const left = stranded.filter((name) => lastSeeds(name).every((seed) => stranded.includes(seed)));
    if (left.length === stranded.length) break;
    stranded = left;
  }
  return stranded.length < up.length ? stranded : stranded.filter((name) => lastSeeds(name).length === 0);
}

/**
 * Whether it was up, after its last return without state, together with a seed that had lost nothing yet, and no fault on
 * anybody, for as long as joining may take.
 */
function hadTimeToJoin(plan: PlanOutline, member: string, joinMs: number, slackMs: number): boolean {
  const { healAtMs, deadlineMs, core } = plan.closing;
  const downs = plan.faults.filter((fault) => fault.type === 'kill' || fault.type === 'leave');
  const of = (name: string) => downs.filter(({ targets }) => targets.includes(name));
  const backMs = Math.max(0, ...of(member).flatMap((fault) => (losesState(fault) ? [fault.untilMs] : [])));
  const disturbed = plannedDisturbances(plan, slackMs);
  return seedsOf(plan, member).some((seed) => {
    // Who is not of the core does not come back from what held it at the heal.
    const heals = core === undefined || core.includes(seed);
    const lostMs = Math.min(
      heals ? healAtMs + deadlineMs : healAtMs,
      ...of(seed).flatMap((fault) => (losesState(fault) ? [fault.atMs] : [])),
    );
    const away: Intervals = [...of(member), ...of(seed)].map(({ atMs, untilMs }) => [
      (atMs - slackMs) * MS,
      (untilMs + slackMs) * MS,
    ]);
    const quiet = merged([...disturbed, ...away]);
    return quietFrom(quiet, backMs * MS, lostMs * MS, joinMs * MS) !== undefined;
  });
}
