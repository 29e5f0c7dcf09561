import { expect, it } from 'vitest';
import type { Data } from '../../impl/protocol.ts';
import { KNOWLEDGE } from '../cli/parts.ts';
import { digestOf } from '../model/canonical.ts';
import type { Plan } from '../model/plan.ts';
import { checkPlan } from '../model/plan-check.ts';
import { hash32 } from '../model/rng.ts';
import { planOf } from '../proof/test-scenario.ts';
import { liesOf, quickSettings } from './oracle.ts';
import { isReadable, READABLE, redrawnPlans } from './redrawn-plan.ts';
import { shrink } from './shrink.ts';

const PLAN = planOf(
  'redrawn',
  { partition: 'halves', loss: '0.4', kill: 'minority', byzantine: '2' },
  { protocols: ['consensus'], nodes: 9, timeMs: 40_000, ratePerSecond: 20 },
);

it('draws plans that make sense, are small, have all kinds of the faults there were, and are the same each time', () => {
  expect(isReadable(PLAN)).toBe(false);
  const drawn = [...redrawnPlans(PLAN, 200)];
  expect(drawn.length).toBeGreaterThan(150);
  for (const plan of drawn) {
    checkPlan(plan, KNOWLEDGE, 'drawn anew');
    for (const part of ['faults', 'operations', 'members'] as const) {
      expect(plan[part].length, part).toBeGreaterThan(0);
      expect(plan[part].length, part).toBeLessThanOrEqual(READABLE[part]);
    }
    expect(plan.closing.healAtMs).toBeLessThan(PLAN.closing.healAtMs);
  }
  expect(new Set(drawn.map(({ seed }) => seed)).size).toBe(drawn.length);
  const kinds = new Set(drawn.flatMap(({ faults }) => faults.map(({ type }) => type)));
  expect([...kinds].sort()).toEqual(['byzantine', 'kill', 'loss', 'partition']);
  expect([...redrawnPlans(PLAN, 200)]).toEqual(drawn);
});

it('draws signed plans with the keys of their seeds', () => {
  const overrides = [{ protocol: 'swim', key: 'signed', text: 'true' }];
  const over = { protocols: ['swim', 'rumor'], nodes: 9, timeMs: 20_000, ratePerSecond: 5, overrides };
  const signed = planOf('redrawn', { loss: '0.4', kill: 'minority' }, over);
  const drawn = [...redrawnPlans(signed, 20)];
  expect(drawn.length).toBeGreaterThan(0);
  for (const plan of drawn) checkPlan(plan, KNOWLEDGE, 'drawn anew');
  expect(drawn.every(({ members }) => members.every(({ publicKey }) => publicKey !== undefined))).toBe(true);
});

it('draws nothing from a plan without faults, and no operations from one without', () => {
  expect([...redrawnPlans({ ...PLAN, faults: [] }, 20)]).toEqual([]);
  const still = [...redrawnPlans({ ...PLAN, operations: [] }, 20)];
  expect(still.length).toBeGreaterThan(10);
  for (const plan of still) {
    checkPlan(plan, KNOWLEDGE, 'drawn anew');
    expect(plan.operations).toEqual([]);
  }
});

it('draws from lies alone too, and fewer members of a plan that is small but for them', () => {
  const lies = PLAN.faults.filter(({ type }) => type === 'byzantine').slice(0, 1);
  const small = { ...PLAN, faults: lies, operations: PLAN.operations.slice(0, 1) };
  expect(isReadable(small)).toBe(false);
  const drawn = [...redrawnPlans(small, 50)];
  expect(drawn.length).toBeGreaterThan(10);
  for (const { members, faults } of drawn) {
    expect(members.length).toBeLessThanOrEqual(READABLE.members);
    expect(faults.map(({ type }) => type)).toEqual(['byzantine']);
  }
});

/** Of small plans so many fail, by chance, and of large ones none but the first. */
const CHANCE = 0.006;

it('leads to a small plan where only a rare moment fails, and whatever is taken out of a large plan makes it another one', () => {
  const chance = (plan: Plan): number => hash32(digestOf(plan as unknown as Data), 'chance') / 2 ** 32;
  const fails = (plan: Plan): boolean =>
    plan === PLAN || (plan.operations.length <= READABLE.operations && chance(plan) < CHANCE);
  const protocols = new Map(KNOWLEDGE.protocols.map((protocol) => [protocol.name, protocol]));
  const steps: string[] = [];
  const shrunk = (plan: Plan) =>
    shrink({
      plan,
      fails,
      usualSettings: quickSettings(protocols),
      liesOf: liesOf(protocols),
      mostRuns: 3000,
      onStep: ({ what }) => steps.push(what),
    });
  const { plan, minimal } = shrunk(PLAN);
  expect(minimal).toBe(true);
  expect(steps[0]).toBe('draw anew');
  for (const part of ['faults', 'operations', 'members'] as const) {
    expect(plan[part].length, part).toBeLessThanOrEqual(READABLE[part]);
  }
  expect(shrunk(plan).plan).toEqual(plan);
});
