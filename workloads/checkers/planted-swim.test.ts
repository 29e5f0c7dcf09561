/** The membership checkers against real runs in the simulator: SWIM with one flaw each, and the correct one beside it. */
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
import type { AnyProtocol } from '../../impl/protocol.ts';
import { protocols } from '../../impl/registry.ts';
import { swimInflatesOthers, swimNeverDetects, swimNeverRefutes } from '../../impl/swim/planted-bugs.ts';
import { swim } from '../../impl/swim/swim.ts';
import { NEMESES } from '../../nemesis/registry.ts';
import { createDetectionChecker } from './detection.ts';
import { createFaultEffectChecker } from './fault-effect.ts';
import { createRefutationChecker } from './refutation.ts';
import { createTimeline } from './timeline.ts';

const CHECKERS = [
  { name: 'detection', create: createDetectionChecker },
  { name: 'refutation', create: createRefutationChecker },
  { name: 'fault-effect', create: createFaultEffectChecker },
];
const SEEDS = ['a', 'b', 'c', 'd', 'e'];

type Flags = Readonly<Record<string, string | true>>;

function planOf(seed: string, faults: Flags, faultForMs?: number): Plan {
  const requested = NEMESES.flatMap((nemesis) => {
    const text = faults[nemesis.type];
    return text === undefined ? [] : [{ nemesis, argument: nemesis.parse(text) }];
  });
  return planWith(seed, requested, faultForMs);
}

function planWith(seed: string, faults: Parameters<typeof makePlan>[0]['faults'], faultForMs?: number): Plan {
  return makePlan(
    {
      seed,
      nodes: 7,
      timeMs: 30_000,
      protocols: ['swim'],
      profile: 'quick',
      overrides: [],
      workloads: undefined,
      ratePerSecond: undefined,
      faults,
      faultEveryMs: faultForMs === undefined ? undefined : 20_000,
      faultForMs,
      withoutState: false,
    },
    KNOWLEDGE,
  );
}

function run(plan: Plan, protocol: AnyProtocol): readonly PropertyResult[] {
  const known = new Map([...protocols, ['swim', protocol] as const]);
  const parts = { protocols: known, checkers: CHECKERS, createTimeline };
  return runPlanSync({ plan, cluster: 'sim', open: createOpenSim(known), parts }).properties;
}

function verdict(properties: readonly PropertyResult[], name: string): string {
  const property = properties.find((candidate) => candidate.name === name);
  return property === undefined ? 'absent' : `${property.verdict}`;
}

interface Flaw {
  readonly flaw: string;
  readonly flawed: AnyProtocol;
  readonly property: string;
  readonly faults: Flags;
  readonly forMs?: number;
}

const CUT: Flags = { partition: true, loss: '0.1' };
const FLAWS: readonly Flaw[] = [
  { flaw: 'lets accusations stand', flawed: swimNeverRefutes, property: 'refutation', faults: CUT },
  { flaw: 'raises the incarnation of others', flawed: swimInflatesOthers, property: 'refutation', faults: CUT },
  {
    flaw: 'never declares a death',
    flawed: swimNeverDetects,
    property: 'detection',
    faults: { kill: true },
    forMs: 11_000,
  },
];

describe.each(FLAWS)('SWIM that $flaw', ({ flawed, property, faults, forMs }) => {
  it.each(SEEDS)('is convicted, and the correct one spared, with seed %s', (seed) => {
    const plan = planOf(seed, faults, forMs);
    expect(verdict(run(plan, flawed), property)).toBe('invalid');
    const control = run(plan, swim);
    expect(verdict(control, property)).toBe('valid');
    expect(verdict(control, 'fault-effect')).toBe('valid');
  });
});

it('a harness that makes less loss than the plan says is convicted', () => {
  const asked = planOf('a', { loss: '0.2' });
  const done = planOf('a', { loss: '0.1' });
  const parts = { protocols, checkers: CHECKERS, createTimeline };
  // The cluster does the one plan; what is judged is the other.
  const open = (options: Parameters<ReturnType<typeof createOpenSim>>[0]) => {
    const cluster = createOpenSim(protocols)(options);
    const setFaults = cluster.setFaults.bind(cluster);
    cluster.setFaults = (epoch, active) => setFaults(epoch, active.length === 0 ? [] : done.faults);
    return cluster;
  };
  const properties = runPlanSync({ plan: asked, cluster: 'sim', open, parts }).properties;
  expect(verdict(properties, 'fault-effect')).toBe('invalid');
});

it('no correct run is flagged, whatever faults are drawn', () => {
  const seeds = seedCount(40);
  const members = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'];
  const nemeses = NEMESES.filter(({ type }) => type !== 'byzantine' && !DEMANDING_FAULTS.has(type));
  const { flagged, valid } = judgeCorrect(seeds, (i) => {
    const random = split(`drawn ${i}`, 'choose');
    const some = random.sample(nemeses, 1 + random.int(5));
    const faults = some.map((nemesis) => ({ nemesis, argument: nemesis.draw(random, members) }));
    return run(planWith(`drawn ${i}`, faults), swim);
  });
  expect(flagged).toEqual([]);
  for (const { name } of CHECKERS) {
    // Few drawn crashes last, with nothing else on, for as long as detection may take.
    const share = name === 'detection' ? 0.1 : 0.6;
    expect(valid.get(name) ?? 0, `valid: ${name}`).toBeGreaterThanOrEqual(Math.floor(share * seeds));
  }
});
