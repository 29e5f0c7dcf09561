import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SUITE } from '../../impl/registry.ts';
import { NEMESES } from '../../nemesis/registry.ts';
import { KNOWLEDGE } from '../cli/parts.ts';
import { checkPlan } from '../model/plan-check.ts';
import { split } from '../model/rng.ts';
import { makePlan, type PlanRequest, type RequestedFault } from './make-plan.ts';

const MEMBERS = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'];

const fault = (type: string, text: string | true): RequestedFault => {
  const nemesis = NEMESES.find((candidate) => candidate.type === type);
  if (nemesis === undefined) throw new Error(type);
  return { nemesis, argument: nemesis.parse(text) };
};

const request = (over: Partial<PlanRequest> = {}): PlanRequest => ({
  seed: 'a',
  nodes: 7,
  timeMs: 30_000,
  protocols: SUITE,
  profile: 'quick',
  overrides: [],
  workloads: undefined,
  ratePerSecond: undefined,
  faults: [fault('partition', true), fault('loss', '0.1')],
  faultEveryMs: undefined,
  faultForMs: undefined,
  withoutState: false,
  ...over,
});

const plan = (over: Partial<PlanRequest> = {}) => makePlan(request(over), KNOWLEDGE);

test('the default is what the issue says: seven members, a partition from 6 s to 21 s, loss for most of the load', () => {
  const made = plan();
  expect(made.members.map((member) => member.name)).toEqual(MEMBERS);
  expect(made.channels.map((channel) => channel.protocol)).toEqual(SUITE);
  expect(made.faults).toMatchObject([
    { id: 'partition-1', atMs: 6000, untilMs: 21_000 },
    { id: 'loss-1', atMs: 1500, untilMs: 28_500, probability: 0.1 },
  ]);
  expect(made.closing.healAtMs).toBe(30_000);
});

test('the same request gives the same plan, another seed another one', () => {
  expect(JSON.stringify(plan())).toBe(JSON.stringify(plan()));
  expect(JSON.stringify(plan({ seed: 'b' }).operations)).not.toBe(JSON.stringify(plan().operations));
});

test('operations are numbered in order of time and lie inside the load', () => {
  const { operations, closing } = plan();
  expect(operations.length).toBeGreaterThan(100);
  expect(operations.map((operation) => operation.id)).toEqual(operations.map((_, index) => index));
  for (const [index, operation] of operations.entries()) {
    expect(operation.atMs).toBeGreaterThanOrEqual(operations[index - 1]?.atMs ?? 0);
    expect(operation.atMs).toBeLessThan(closing.healAtMs);
  }
});

test('taking one fault away leaves the others and the load as they were', () => {
  const all = NEMESES.map((nemesis) => ({ nemesis, argument: nemesis.draw(split('d', nemesis.type), MEMBERS) }));
  const whole = plan({ faults: all, timeMs: 120_000 });
  for (const { nemesis } of all) {
    const without = plan({ faults: all.filter((other) => other.nemesis !== nemesis), timeMs: 120_000 });
    expect(without.faults).toEqual(whole.faults.filter(({ id }) => !id.startsWith(`${nemesis.type}-`)));
    expect(without.operations).toEqual(whole.operations);
  }
});

test('every plan that can be asked for passes the check of plan files', () => {
  fc.assert(
    fc.property(
      fc.subarray([...NEMESES]),
      fc.integer({ min: 4, max: 12 }),
      fc.integer({ min: 30, max: 120 }),
      fc.stringMatching(/^[a-z0-9]{1,8}$/),
      (nemeses, nodes, seconds, seed) => {
        const members = Array.from({ length: nodes }, (_, i) => `n${i + 1}`);
        const faults = nemeses.map((nemesis) => ({
          nemesis,
          argument: nemesis.draw(split(seed, nemesis.type), members),
        }));
        const made = plan({ faults, nodes, seed, timeMs: seconds * 1000, ratePerSecond: 2 });
        expect(() => checkPlan(made, KNOWLEDGE, 'plan')).not.toThrow();
        expect(made.faults.every(({ untilMs }) => untilMs <= made.closing.healAtMs)).toBe(true);
      },
    ),
    { numRuns: 50 },
  );
});

test('the deadline covers the bounds of every chosen protocol, and a second more', () => {
  const made = plan();
  expect(made.closing.deadlineMs % 1000).toBe(0);
  const quick = plan({ protocols: ['swim'] }).closing.deadlineMs;
  const slow = plan({ protocols: ['swim'], profile: 'default' }).closing.deadlineMs;
  expect(slow).toBeGreaterThan(quick);
});

test('--fault-every and --fault-for repeat a fault inside the load', () => {
  const { faults } = plan({ faultEveryMs: 10_000, faultForMs: 4000 });
  expect(faults.map(({ id, atMs, untilMs }) => [id, atMs, untilMs])).toEqual([
    ['partition-1', 6000, 10_000],
    ['partition-2', 16_000, 20_000],
    ['partition-3', 26_000, 30_000],
    ['loss-1', 1500, 5500],
    ['loss-2', 11_500, 15_500],
    ['loss-3', 21_500, 25_500],
  ]);
});

test('--rate is the total of each workload, and --workload takes the others out', () => {
  const made = plan({ workloads: ['register'], ratePerSecond: 10 });
  expect(new Set(made.operations.map((operation) => operation.workload))).toEqual(new Set(['register']));
  expect(Math.abs(made.operations.length - 300)).toBeLessThan(15);
});

test('--set changes one setting and nothing else', () => {
  const before = plan().channels[0]?.settings ?? {};
  const key = Object.keys(before).find((name) => typeof before[name] === 'number') ?? '';
  const text = String(before[key]);
  expect(plan({ overrides: [{ protocol: 'swim', key, text }] }).channels).toEqual(plan().channels);
  expect(() => plan({ overrides: [{ protocol: 'swim', key, text: '-5' }] })).toThrow(
    `--set swim.${key} is out of range`,
  );
});
