import { expect, test } from 'vitest';
import { conditionsOf } from './conditions.ts';
import type { Plan, PlannedOperation } from './plan.ts';

function planWith(operations: readonly Omit<PlannedOperation, 'id' | 'member' | 'workload'>[]): Plan {
  return {
    format: 'hearsay-plan',
    version: 1,
    seed: 'test',
    members: [
      { name: 'n1', startAtMs: 0 },
      { name: 'zoë', startAtMs: 0 },
    ],
    channels: [],
    workloads: [],
    operations: operations.map((operation, id) => ({ id, member: 'n1', workload: 'w', ...operation })),
    faults: [],
    operationTimeoutMs: 1000,
    closing: { healAtMs: 10_000, pollEveryMs: 100, deadlineMs: 5000 },
    network: { latencyMs: 1, jitterMs: 0 },
  };
}

test('the load is the most within any second on one channel, by kind of operation, in whatever order the plan has it', () => {
  const shout = (atMs: number, channel = 'a', value = 'x') => ({ atMs, channel, f: 'shout', value });
  const found = conditionsOf(
    planWith([
      ...[3400, 900, 1600, 2500, 1800].map((atMs) => shout(atMs)),
      ...[1500, 1500].map((atMs) => shout(atMs, 'b', 'é')),
      { atMs: 1700, channel: 'a', f: 'write', value: { key: 'k' } },
    ]),
    'sim',
  );
  expect(found.load).toEqual(
    new Map([
      ['shout', { perSecond: 3, valueBytes: 2 }],
      ['write', { perSecond: 1, valueBytes: 11 }],
    ]),
  );
  expect(found.nameBytes).toBe(4);
  expect(conditionsOf(planWith([]), 'sim').load.size).toBe(0);
});

test('the wall clock may be off by all that skews, drifts and strobes can add up to', () => {
  const window = { atMs: 1000, untilMs: 3000, targets: ['n1'] };
  const plan: Plan = {
    ...planWith([]),
    faults: [
      { id: 's', type: 'clock-skew', skewMs: -500, ...window },
      { id: 'd', type: 'clock-drift', factor: 1.1, ...window },
      { id: 'l', type: 'clock-strobe', skewMs: -70, everyMs: 50, ...window },
    ],
  };
  expect(conditionsOf(plan, 'sim').wallErrorMs).toBeCloseTo(770);
});
