/** Test support: the context and the lines of a small run, for metrics, which ask nothing of the timeline. */
import type { Conditions } from '../../impl/protocol.ts';
import type { CheckContext, JudgedChannel } from '../model/checker.ts';
import { plannedKinds } from '../model/conditions.ts';
import type { PlannedFault } from '../model/fault.ts';
import type { Plan, PlannedOperation } from '../model/plan.ts';

export const CHANNELS: readonly (readonly [name: string, role: string, converges: boolean])[] = [
  ['swim', 'membership', true],
  ['rumor', 'dissemination', false],
  ['anti-entropy', 'map', true],
];

export function testPlan(
  operations: readonly PlannedOperation[] = [],
  faults: readonly PlannedFault[] = [],
  members: readonly string[] = ['n1', 'n2', 'n3', 'n4'],
): Plan {
  return {
    format: 'hearsay-plan',
    version: 1,
    seed: 'test',
    members: members.map((name) => ({ name, startAtMs: 0 })),
    channels: CHANNELS.map(([name]) => ({ name, protocol: name, settings: {} })),
    workloads: [
      { name: 'register', channel: 'anti-entropy', ratePerSecond: 1 },
      { name: 'broadcast', channel: 'rumor', ratePerSecond: 1 },
    ],
    operations,
    faults,
    operationTimeoutMs: 1000,
    closing: { healAtMs: 10_000, pollEveryMs: 100, deadlineMs: 5000 },
    network: { latencyMs: 1, jitterMs: 0 },
  };
}

export function testContext(plan: Plan): CheckContext {
  const channels = CHANNELS.map(
    ([name, role, converges]): JudgedChannel => ({
      name,
      plan: { name, protocol: name, settings: {} },
      role,
      converges,
      claims: [],
      bounds: {},
    }),
  );
  const conditions: Conditions = {
    n: plan.members.length,
    byzantine: [],
    livesLost: [],
    kinds: [],
    timerDrift: 0,
    wallErrorMs: 0,
    linkLatencyMs: 1,
    schedulingMs: 0,
    nameBytes: 2,
    load: new Map(),
  };
  const timeline: CheckContext['timeline'] = {
    stays: new Map(),
    actualStays: new Map(),
    faults: [],
    healedAt: undefined,
    finalAt: undefined,
    end: undefined,
    lastTime: 0,
    lifeEndedAt: () => undefined,
    upThroughout: () => false,
    reachableThroughout: () => false,
  };
  return { plan, planned: plannedKinds(plan.operations), cluster: 'sim', channels, conditions, timeline };
}
