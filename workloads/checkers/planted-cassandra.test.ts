/** Checkers against real runs in the simulator: Cassandra's gossip with one flaw each, and the correct one beside it. */
import { describe, expect, it } from 'vitest';
import { KNOWLEDGE } from '../../harness/cli/parts.ts';
import { createOpenSim } from '../../harness/clusters/sim/sim.ts';
import type { Plan } from '../../harness/model/plan.ts';
import type { PropertyResult } from '../../harness/model/verdict.ts';
import { drawRequest } from '../../harness/plan/draw-request.ts';
import { makePlan } from '../../harness/plan/make-plan.ts';
import { judgeCorrect, seedCount } from '../../harness/proof/test-scenario.ts';
import { runPlanSync } from '../../harness/run/run-plan.ts';
import { cassandra } from '../../impl/cassandra/cassandra.ts';
import {
  cassandraForgetsUnreachable,
  cassandraIgnoresGenerations,
  cassandraNeverConvicts,
  cassandraNeverReinstates,
} from '../../impl/cassandra/planted-bugs.ts';
import type { AnyProtocol } from '../../impl/protocol.ts';
import { protocols } from '../../impl/registry.ts';
import { NEMESES } from '../../nemesis/registry.ts';
import { createConvergenceChecker } from './convergence.ts';
import { createDetectionChecker } from './detection.ts';
import { createReinstatementChecker } from './reinstatement.ts';
import { createTimeline } from './timeline.ts';

const CHECKERS = [
  { name: 'convergence', create: createConvergenceChecker },
  { name: 'detection', create: createDetectionChecker },
  { name: 'reinstatement', create: createReinstatementChecker },
];
const SEEDS = ['a', 'b', 'c', 'd', 'e'];

type Flags = Readonly<Record<string, string | true>>;

function planOf(seed: string, flags: Flags, faultForMs?: number): Plan {
  const faults = NEMESES.flatMap((nemesis) => {
    const text = flags[nemesis.type];
    return text === undefined ? [] : [{ nemesis, argument: nemesis.parse(text) }];
  });
  const request = {
    seed,
    nodes: 7,
    timeMs: 60_000,
    protocols: ['cassandra'],
    profile: 'quick' as const,
    overrides: [],
    workloads: undefined,
    ratePerSecond: undefined,
    faults,
    faultEveryMs: faultForMs === undefined ? undefined : 50_000,
    faultForMs,
    withoutState: false,
  };
  return makePlan(request, KNOWLEDGE);
}

function run(plan: Plan, protocol: AnyProtocol): readonly PropertyResult[] {
  const known = new Map([...protocols, ['cassandra', protocol] as const]);
  const parts = { protocols: known, checkers: CHECKERS, createTimeline };
  return runPlanSync({ plan, cluster: 'sim', open: createOpenSim(known), parts }).properties;
}

function found(properties: readonly PropertyResult[], name: string): PropertyResult | undefined {
  return properties.find((property) => property.name === name);
}

interface Flaw {
  readonly flaw: string;
  readonly flawed: AnyProtocol;
  readonly property: string;
  /** The broken part, where the property has several. */
  readonly part?: string;
  readonly faults: Flags;
  readonly forMs?: number;
}

const FLAWS: readonly Flaw[] = [
  {
    flaw: 'takes a conviction as final',
    flawed: cassandraNeverReinstates,
    property: 'reinstatement',
    part: 'reinstated',
    faults: { partition: true },
  },
  {
    flaw: 'never contacts the unreachable',
    flawed: cassandraForgetsUnreachable,
    property: 'convergence',
    faults: { partition: 'halves' },
  },
  {
    flaw: 'compares versions across generations',
    flawed: cassandraIgnoresGenerations,
    property: 'reinstatement',
    faults: { kill: true },
    forMs: 10_000,
  },
  {
    flaw: 'never convicts',
    flawed: cassandraNeverConvicts,
    property: 'detection',
    faults: { kill: true },
    forMs: 40_000,
  },
];

describe.each(FLAWS)('Cassandra that $flaw', ({ flawed, property, part, faults, forMs }) => {
  it.each(SEEDS)('is convicted, and the correct one spared, with seed %s', (seed) => {
    const plan = planOf(seed, faults, forMs);
    const guilty = found(run(plan, flawed), property);
    expect(guilty?.verdict).toBe('invalid');
    expect(guilty?.witness?.lines.length).toBeGreaterThan(0);
    if (part !== undefined) expect(guilty?.details?.[part]).not.toMatchObject({ violations: 0 });
    const control = run(plan, cassandra);
    expect(found(control, property)?.verdict).toBe('valid');
    expect(control.filter(({ verdict }) => verdict === 'invalid' || verdict === 'unknown')).toEqual([]);
  });
});

it('no correct run is flagged, whatever faults are drawn', () => {
  const seeds = seedCount(40);
  const nemeses = NEMESES.filter((nemesis) => nemesis.type !== 'byzantine');
  const { flagged, valid } = judgeCorrect(seeds, (i) => {
    const request = drawRequest({ seed: `drawn ${i}`, protocols: ['cassandra'], nemeses });
    return run(makePlan(request, KNOWLEDGE), cassandra);
  });
  expect(flagged).toEqual([]);
  for (const { name } of CHECKERS) {
    // Few drawn crashes last, with nothing else on, for as long as detection may take.
    const share = name === 'detection' ? 0.1 : 0.6;
    expect(valid.get(name) ?? 0, `valid: ${name}`).toBeGreaterThanOrEqual(Math.floor(share * seeds));
  }
});
