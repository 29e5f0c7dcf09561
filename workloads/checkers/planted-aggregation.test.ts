/** Aggregation's checker against real runs in the simulator: one flaw each, and the correct protocol beside it. */
import { describe, expect, it } from 'vitest';
import { JUDGE_PARTS, KNOWLEDGE } from '../../harness/cli/parts.ts';
import { createOpenSim } from '../../harness/clusters/sim/sim.ts';
import { DEMANDING_FAULTS } from '../../harness/model/fault.ts';
import type { Plan } from '../../harness/model/plan.ts';
import { split } from '../../harness/model/rng.ts';
import { makePlan } from '../../harness/plan/make-plan.ts';
import { runPlanSync } from '../../harness/run/run-plan.ts';
import { type AggregationProtocol, aggregation } from '../../impl/aggregation/aggregation.ts';
import {
  aggregationDoublesMass,
  aggregationKeepsMaximum,
  aggregationLosesMass,
} from '../../impl/aggregation/planted-bugs.ts';
import { protocols } from '../../impl/registry.ts';
import { NEMESES } from '../../nemesis/registry.ts';

const PUSH_SUM: Readonly<Record<string, string>> = {
  method: 'push-sum',
  cyclesPerEpoch: '120',
  intervalMs: '50',
  retryMs: '20',
};

function planOf(seed: string, types: readonly string[], set: Readonly<Record<string, string>> = {}): Plan {
  const members = Array.from({ length: 7 }, (_, i) => `n${i + 1}`);
  const faults = NEMESES.filter((nemesis) => types.includes(nemesis.type)).map((nemesis) => ({
    nemesis,
    argument: nemesis.draw(split(seed, nemesis.type), members),
  }));
  const overrides = Object.entries(set).map(([key, text]) => ({ protocol: 'aggregation', key, text }));
  return makePlan(
    {
      seed,
      nodes: 7,
      timeMs: 30_000,
      protocols: ['aggregation'],
      profile: 'quick',
      overrides,
      workloads: undefined,
      ratePerSecond: undefined,
      faults,
      faultEveryMs: undefined,
      faultForMs: undefined,
      withoutState: split(seed, 'state').next() < 0.5,
    },
    KNOWLEDGE,
  );
}

function verdictsOf(plan: Plan, protocol: AggregationProtocol): Record<string, string> {
  const known = new Map([...protocols, ['aggregation', protocol] as const]);
  const parts = { ...JUDGE_PARTS, protocols: known };
  const { properties } = runPlanSync({ plan, cluster: 'sim', open: createOpenSim(known), parts });
  return Object.fromEntries(properties.map(({ name, verdict }) => [name, verdict]));
}

const SEEDS = ['a', 'b', 'c', 'd', 'e'];

describe.each(SEEDS)('seed %s', (seed) => {
  it.each<[string, AggregationProtocol, readonly string[], string, string]>([
    ['the correct one', aggregation, ['loss', 'duplicate'], 'mass-conservation', 'valid'],
    ['the correct one', aggregation, ['loss', 'duplicate'], 'estimate', 'valid'],
    ['loses mass', aggregationLosesMass, ['loss'], 'mass-conservation', 'invalid'],
    ['doubles mass', aggregationDoublesMass, ['duplicate'], 'mass-conservation', 'invalid'],
    ['keeps its maximum', aggregationKeepsMaximum, [], 'estimate', 'invalid'],
  ])('%s, under %o of %o: %s is %s', (_, protocol, faults, property, verdict) => {
    expect(verdictsOf(planOf(seed, faults), protocol)[property]).toBe(verdict);
  });
});

describe.each<[string, Readonly<Record<string, string>>]>([
  ['push-pull', {}],
  ['push-sum', PUSH_SUM],
])('random faults of every kind, %s', (_, set) => {
  it('never convict the correct protocol', () => {
    const types = NEMESES.map((nemesis) => nemesis.type).filter(
      (type) => type !== 'byzantine' && !DEMANDING_FAULTS.has(type),
    );
    let judged = 0;
    for (let i = 0; i < 12; i++) {
      const seed = `soak ${i}`;
      const random = split(seed, 'kinds');
      const verdicts = verdictsOf(planOf(seed, random.sample(types, 1 + random.int(3)), set), aggregation);
      expect([seed, verdicts.estimate, verdicts['mass-conservation'], verdicts['no-crash']]).not.toContain('invalid');
      if (verdicts.estimate === 'valid') judged++;
    }
    expect(judged).toBeGreaterThan(6);
  });
});
