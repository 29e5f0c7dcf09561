import { expect, it } from 'vitest';
import { KNOWLEDGE } from '../cli/parts.ts';
import { UserError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import { checkPlan } from '../model/plan-check.ts';
import { planOf } from '../proof/test-scenario.ts';
import { liesOf, quickSettings } from './oracle.ts';
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
    liesOf: liesOf(protocols),
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

/** The register's plan, and what may break it. */
const MAP = planOf('shrink', {}, { protocols: ['anti-entropy'], timeMs: 20_000 });
const texts = ({ operations }: Plan): readonly string[] =>
  operations.flatMap(({ value }) => {
    const text = typeof value === 'object' && value !== null && 'value' in value ? value.value : undefined;
    return typeof text === 'string' ? [text] : [];
  });

it('takes few large values where many small ones were needed, and no larger ones than are', () => {
  const bytes = (plan: Plan): number => texts(plan).reduce((sum, text) => sum + text.length, 0);
  const { plan, minimal } = shrinkBy((candidate) => bytes(candidate) > 150, MAP);
  expect(minimal).toBe(true);
  expect(plan.operations).toHaveLength(1);
  expect(bytes(plan)).toBeLessThan(300);
  // Where few operations do, their values stay as they were.
  const few = shrinkBy((candidate) => texts(candidate).length >= 3, MAP).plan;
  expect(texts(few)).toHaveLength(3);
  expect(texts(few).some((text) => text.includes('.'))).toBe(false);
});

it('leaves to another member what is needed of one that is not', () => {
  const { plan } = shrinkBy((candidate) => texts(candidate).length >= 4, MAP);
  expect(plan.members).toHaveLength(2);
  expect(plan.operations).toHaveLength(4);
});

it('takes members out together where a share of them must stay', () => {
  const lying = planOf('shrink', { byzantine: '2:equivocate' }, { protocols: ['bracha'], timeMs: 5000 });
  const liars = (plan: Plan): number =>
    plan.faults.reduce((sum, fault) => sum + (fault.type === 'byzantine' ? fault.targets.length : 0), 0);
  // As quorums do: so many liars of so many members, and of no number in between.
  const shares = (plan: Plan): boolean =>
    (plan.members.length === 7 && liars(plan) === 2) || (plan.members.length === 4 && liars(plan) === 1);
  expect(shares(lying)).toBe(true);
  expect(shrinkBy(shares, lying).plan.members).toHaveLength(4);
  const pairs = (plan: Plan): boolean => plan.members.length % 2 === 1 && plan.operations.length > 0;
  expect(shrinkBy(pairs, MAP).plan.members).toHaveLength(3);
});

it('takes members out of views and of links that last all the run, too', () => {
  const names = MAP.members.map(({ name }) => name);
  const overlay = names.map((member, at) => ({
    member,
    knows: names.filter((_, other) => Math.abs(at - other) === 1),
  }));
  const links = [
    { from: ['n1'], to: ['n2', 'n7'], latencyMs: 5, jitterMs: 0 },
    { from: ['n6'], to: ['n7'], latencyMs: 9, jitterMs: 0 },
  ];
  const plan = { ...MAP, overlay, network: { ...MAP.network, links } };
  expect(isPlan(plan)).toBe(true);
  const small = shrinkBy((candidate) => candidate.operations.length > 0, plan).plan;
  expect(small.overlay).toEqual([
    { member: 'n1', knows: ['n2'] },
    { member: 'n2', knows: ['n1'] },
  ]);
  expect(small.network.links).toEqual([{ from: ['n1'], to: ['n2'], latencyMs: 5, jitterMs: 0 }]);
});

it('joins faults of a kind where more than three are left', () => {
  const [partition] = PLAN.faults;
  if (partition?.type !== 'partition') throw new Error('the plan begins with a partition');
  const at = (atMs: number) => ({ ...partition, id: `cut-${atMs}`, atMs, untilMs: atMs + 500 });
  const plan = { ...PLAN, faults: [1000, 2000, 3000, 4000].map(at) };
  const covered = (candidate: Plan): boolean =>
    [1200, 2200, 3200, 4200].every((time) =>
      candidate.faults.some(
        (fault) => fault.type === 'partition' && fault.cuts.length > 0 && fault.atMs <= time && time < fault.untilMs,
      ),
    );
  expect(shrinkBy(covered, plan).plan.faults).toHaveLength(3);
});

it('makes what comes to pass by chance likelier where many operations would have to meet it', () => {
  const expected = (plan: Plan): number =>
    plan.faults.reduce((sum, fault) => sum + (fault.type === 'loss' ? fault.probability : 0), 0) *
    plan.operations.length;
  const { plan } = shrinkBy((candidate) => expected(candidate) >= 3.5);
  expect(plan.operations).toHaveLength(4);
  expect(plan.faults).toMatchObject([{ type: 'loss', probability: 0.9 }]);
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

it('takes another lie where it needs less beside it', () => {
  const faults = { partition: 'halves', loss: '0.4', delay: '300ms', kill: 'one', byzantine: 'n1:equivocate' };
  const lying = planOf('lies', faults, { protocols: ['bracha'], timeMs: 20_000 });
  const tells = (plan: Plan, behaviour: string): boolean =>
    plan.faults.some((fault) => fault.type === 'byzantine' && fault.behaviour === behaviour);
  const { plan, minimal } = shrinkBy(
    (candidate) => tells(candidate, 'forge') || (tells(candidate, 'equivocate') && candidate.faults.length >= 5),
    lying,
  );
  expect(minimal).toBe(true);
  expect(plan.faults).toMatchObject([{ type: 'byzantine', targets: ['n1'], behaviour: 'forge' }]);
  // Where few faults do, the lie stays what it was.
  const kept = shrinkBy((candidate) => tells(candidate, 'equivocate') || tells(candidate, 'forge'), lying).plan;
  expect(kept.faults).toMatchObject([{ type: 'byzantine', behaviour: 'equivocate' }]);
});
