import { expect, it } from 'vitest';
import { KNOWLEDGE } from '../cli/parts.ts';
import { UserError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import { checkPlan } from '../model/plan-check.ts';
import { planOf } from '../proof/test-scenario.ts';
import { quickSettings } from './oracle.ts';
import { shrink } from './shrink.ts';

const PLAN = planOf(
  'shrink',
  { partition: 'halves', loss: '0.4', delay: '300ms,200ms', kill: 'minority', 'clock-skew': '2s' },
  { timeMs: 20_000, overrides: [{ protocol: 'swim', key: 'probeIntervalMs', text: '400' }] },
);

function isPlan(plan: Plan): boolean {
  try {
    checkPlan(plan, KNOWLEDGE, 'plan');
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

function shrinkBy(fails: (plan: Plan) => boolean, plan = PLAN, mostRuns = 5000) {
  const protocols = new Map(KNOWLEDGE.protocols.map((protocol) => [protocol.name, protocol]));
  const asked: Plan[] = [];
  const result = shrink({
    plan,
    fails: (candidate) => {
      asked.push(candidate);
      return isPlan(candidate) && fails(candidate);
    },
    usualSettings: quickSettings(protocols),
    mostRuns,
  });
  return { ...result, asked };
}

it('keeps what the failure needs and drops all else', () => {
  const fails = (plan: Plan): boolean =>
    plan.faults.some(
      (fault) => fault.type === 'loss' && fault.probability >= 0.1 && fault.untilMs - fault.atMs >= 1000,
    ) && plan.operations.some(({ channel, member }) => channel === 'rumor' && member === 'n3');
  const { plan, minimal } = shrinkBy(fails);
  expect(minimal).toBe(true);
  expect(plan.channels.map((channel) => channel.name)).toEqual(['rumor']);
  expect(plan.faults).toHaveLength(1);
  expect(plan.faults[0]).toMatchObject({ type: 'loss', probability: 0.1 });
  expect(plan.operations).toHaveLength(1);
  expect(plan.members.map((member) => member.name)).toEqual(['n1', 'n3']);
  expect(plan.closing.healAtMs).toBeLessThan(5000);
});

it('narrows victims, windows and cuts, and takes settings back', () => {
  const fails = (plan: Plan): boolean =>
    plan.faults.some((fault) => fault.type === 'kill' && fault.targets.includes('n7')) &&
    plan.faults.some((fault) => fault.type === 'partition');
  const kills = PLAN.faults.find((fault) => fault.type === 'kill');
  const target = kills?.type === 'kill' ? (kills.targets[0] ?? '') : '';
  const { plan } = shrinkBy((candidate) => fails(JSON.parse(JSON.stringify(candidate).replaceAll(target, 'n7'))));
  const kill = plan.faults.find((fault) => fault.type === 'kill');
  expect(kill).toMatchObject({ targets: [target] });
  expect(plan.members).toHaveLength(2);
  expect(plan.channels).toHaveLength(1);
  for (const { atMs, untilMs } of plan.faults) expect(untilMs - atMs).toBeLessThanOrEqual(200);
  expect(plan.channels[0]?.settings).toEqual(
    quickSettings(new Map(KNOWLEDGE.protocols.map((p) => [p.name, p])))(plan.channels[0]?.protocol ?? ''),
  );
});

it('is the same each time, and its result its own', () => {
  const fails = (plan: Plan): boolean => plan.faults.length >= 2 && plan.operations.length % 3 === 2;
  const first = shrinkBy(fails);
  expect(shrinkBy(fails).plan).toEqual(first.plan);
  expect(shrinkBy(fails, first.plan).plan).toEqual(first.plan);
});

it('never ends with a plan that does not fail, also when the runs are spent', () => {
  const fails = (plan: Plan): boolean => plan.operations.length > 10 && plan.faults.length > 1;
  const { plan, minimal, runs } = shrinkBy(fails, PLAN, 12);
  expect(minimal).toBe(false);
  expect(runs).toBeLessThanOrEqual(12);
  expect(fails(plan)).toBe(true);
});
