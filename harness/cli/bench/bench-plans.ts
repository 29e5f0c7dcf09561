/** The plans that are measured: made as the command line makes them. */
import { SUITE } from '../../../impl/registry.ts';
import { NEMESES } from '../../../nemesis/registry.ts';
import { invariant } from '../../model/errors.ts';
import type { Plan } from '../../model/plan.ts';
import { makePlan, type PlanRequest, type RequestedFault } from '../../plan/make-plan.ts';
import { KNOWLEDGE } from '../parts.ts';

/** The command line's defaults: suite, 7 members, quick settings, all workloads at their own rates, no fault. */
export function benchPlan(over: Partial<PlanRequest>): Plan {
  const request: PlanRequest = {
    seed: 'bench',
    nodes: 7,
    timeMs: 60_000,
    protocols: SUITE,
    profile: 'quick',
    overrides: [],
    workloads: undefined,
    ratePerSecond: undefined,
    faults: [],
    faultEveryMs: undefined,
    faultForMs: undefined,
    withoutState: false,
    ...over,
  };
  return makePlan(request, KNOWLEDGE);
}

/** As `--partition --loss 0.1`. */
export function usualFaults(): RequestedFault[] {
  return [fault('partition', true), fault('loss', '0.1')];
}

/** As `--byzantine 1:flood`: one member that sends each other one 100 messages a second. */
export function floodingMember(): RequestedFault[] {
  return [fault('byzantine', '1:flood')];
}

function fault(type: string, argument: string | true): RequestedFault {
  const nemesis = NEMESES.find((candidate) => candidate.type === type);
  invariant(nemesis !== undefined, `no nemesis ${type}`);
  return { nemesis, argument: nemesis.parse(argument) };
}
