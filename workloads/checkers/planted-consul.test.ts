/** The membership checkers against Consul's protocol with one flaw each, and the correct one beside it. */
import { describe, expect, it } from 'vitest';
import { KNOWLEDGE } from '../../harness/cli/parts.ts';
import { createOpenSim } from '../../harness/clusters/sim/sim.ts';
import { DEMANDING_FAULTS } from '../../harness/model/fault.ts';
import type { Plan } from '../../harness/model/plan.ts';
import { split } from '../../harness/model/rng.ts';
import type { PropertyResult } from '../../harness/model/verdict.ts';
import { makePlan } from '../../harness/plan/make-plan.ts';
import { judgeCorrect, seedCount } from '../../harness/proof/test-scenario.ts';
import { runPlanSync } from '../../harness/run/run-plan.ts';
import { consul } from '../../impl/consul/consul.ts';
import { consulConfirmationsRestart, consulForgetsDead, consulNeverRefutes } from '../../impl/consul/planted-bugs.ts';
import type { AnyProtocol } from '../../impl/protocol.ts';
import { NEMESES } from '../../nemesis/registry.ts';
import { createConvergenceChecker } from './convergence.ts';
import { createDetectionChecker } from './detection.ts';
import { createRefutationChecker } from './refutation.ts';
import { createTimeline } from './timeline.ts';

const CHECKERS = [
  { name: 'convergence', create: createConvergenceChecker },
  { name: 'detection', create: createDetectionChecker },
  { name: 'refutation', create: createRefutationChecker },
];
const SEEDS = ['a', 'b', 'c', 'd', 'e'];

function planWith(seed: string, faults: Parameters<typeof makePlan>[0]['faults']): Plan {
  return makePlan(
    {
      seed,
      nodes: 7,
      timeMs: 30_000,
      protocols: ['consul'],
      profile: 'quick',
      overrides: [],
      workloads: undefined,
      ratePerSecond: undefined,
      faults,
      faultEveryMs: undefined,
      faultForMs: undefined,
      withoutState: false,
    },
    KNOWLEDGE,
  );
}

function run(plan: Plan, protocol: AnyProtocol): readonly PropertyResult[] {
  const known = new Map([['consul', protocol] as const]);
  const parts = { protocols: known, checkers: CHECKERS, createTimeline };
  return runPlanSync({ plan, cluster: 'sim', open: createOpenSim(known), parts }).properties;
}

function verdict(properties: readonly PropertyResult[], name: string): string {
  return properties.find((property) => property.name === name)?.verdict ?? 'absent';
}

const FLAWS = [
  { flaw: 'lets accusations stand', flawed: consulNeverRefutes, property: 'refutation', fault: 'partition' },
  { flaw: 'restarts suspicions', flawed: consulConfirmationsRestart, property: 'detection', fault: 'kill' },
  { flaw: 'forgets the dead', flawed: consulForgetsDead, property: 'convergence', fault: 'partition' },
] as const;

describe.each(FLAWS)('consul that $flaw', ({ flawed, property, fault }) => {
  it.each(SEEDS)('is convicted, and the correct one spared, with seed %s', (seed) => {
    const faults = NEMESES.filter(({ type }) => type === fault).map((nemesis) => ({
      nemesis,
      argument: nemesis.parse(true),
    }));
    const plan = planWith(seed, faults);
    expect(verdict(run(plan, flawed), property)).toBe('invalid');
    expect(verdict(run(plan, consul), property)).toBe('valid');
  });
});

it('no correct run is flagged, whatever faults are drawn', () => {
  const seeds = seedCount(40);
  const members = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'];
  const nemeses = NEMESES.filter(({ type }) => type !== 'byzantine' && !DEMANDING_FAULTS.has(type));
  const { flagged, valid } = judgeCorrect(seeds, (i) => {
    const random = split(`consul ${i}`, 'choose');
    const some = random.sample(nemeses, 1 + random.int(5));
    const faults = some.map((nemesis) => ({ nemesis, argument: nemesis.draw(random, members) }));
    return run(planWith(`consul ${i}`, faults), consul);
  });
  expect(flagged).toEqual([]);
  for (const { name } of CHECKERS) {
    // Few drawn crashes last, with nothing else on, for as long as detection may take.
    const share = name === 'detection' ? 0.1 : 0.6;
    expect(valid.get(name) ?? 0, `valid: ${name}`).toBeGreaterThanOrEqual(Math.floor(share * seeds));
  }
});
