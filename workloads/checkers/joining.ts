/** Whether a member that lost its state could find the others again, as the plan alone has it. */
import { SEEDS } from '../../harness/model/conditions.ts';
import type { PlannedFault } from '../../harness/model/fault.ts';
import type { PlanOutline } from '../../harness/model/plan.ts';
import { type Intervals, merged, plannedDisturbances, quietFrom } from './quiet.ts';

const MS = 1e6;

function losesState(fault: PlannedFault): boolean {
  return fault.type === 'leave' || (fault.type === 'kill' && fault.restart !== 'with-state');
}

/**
 * Whether it was up, after its last return without state, together with a seed that had lost nothing yet, and no fault on
 * anybody, for as long as joining may take.
 */
export function hadTimeToJoin(plan: PlanOutline, member: string, joinMs: number, slackMs: number): boolean {
  const { healAtMs, deadlineMs, core } = plan.closing;
  const downs = plan.faults.filter((fault) => fault.type === 'kill' || fault.type === 'leave');
  const of = (name: string) => downs.filter(({ targets }) => targets.includes(name));
  const backMs = Math.max(0, ...of(member).flatMap((fault) => (losesState(fault) ? [fault.untilMs] : [])));
  const seeds = plan.members
    .map(({ name }) => name)
    .filter((name) => name !== member)
    .slice(0, SEEDS);
  const disturbed = plannedDisturbances(plan, slackMs);
  return seeds.some((seed) => {
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
