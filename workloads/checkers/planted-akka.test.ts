/** Checkers against real runs in the simulator: Akka's membership with one flaw each, and the correct one beside it. */
import { describe, expect, it } from 'vitest';
import { KNOWLEDGE } from '../../harness/cli/parts.ts';
import { createOpenSim } from '../../harness/clusters/sim/sim.ts';
import type { Plan } from '../../harness/model/plan.ts';
import type { PropertyResult } from '../../harness/model/verdict.ts';
import { drawRequest } from '../../harness/plan/draw-request.ts';
import { makePlan } from '../../harness/plan/make-plan.ts';
import { judgeCorrect, seedCount } from '../../harness/proof/test-scenario.ts';
import { runPlanSync } from '../../harness/run/run-plan.ts';
import { akka } from '../../impl/akka/akka.ts';
import {
  akkaIgnoresConvergence,
  akkaNeverMerges,
  akkaNeverReachable,
  akkaRevivesLeaving,
} from '../../impl/akka/planted-bugs.ts';
import type { AnyProtocol } from '../../impl/protocol.ts';
import { protocols } from '../../impl/registry.ts';
import { NEMESES } from '../../nemesis/registry.ts';
import { createConvergenceChecker } from './convergence.ts';
import { createDetectionChecker } from './detection.ts';
import { createMembershipLegalityChecker } from './membership-legality.ts';
import { createReinstatementChecker } from './reinstatement.ts';
import { createTimeline } from './timeline.ts';

const CHECKERS = [
  { name: 'convergence', create: createConvergenceChecker },
  { name: 'detection', create: createDetectionChecker },
  { name: 'reinstatement', create: createReinstatementChecker },
  { name: 'membership-legality', create: createMembershipLegalityChecker },
];
const SEEDS = ['a', 'b', 'c', 'd', 'e'];

type Flags = Readonly<Record<string, string | true>>;

function planOf(seed: string, flags: Flags, downing: string, withoutState: boolean): Plan {
  const faults = NEMESES.flatMap((nemesis) => {
    const text = flags[nemesis.type];
    return text === undefined ? [] : [{ nemesis, argument: nemesis.parse(text) }];
  });
  const request = {
    seed,
    nodes: 7,
    timeMs: 60_000,
    protocols: ['akka'],
    profile: 'quick' as const,
    overrides: [{ protocol: 'akka', key: 'downing', text: downing }],
    workloads: undefined,
    ratePerSecond: undefined,
    faults,
    faultEveryMs: undefined,
    faultForMs: undefined,
    withoutState,
  };
  return makePlan(request, KNOWLEDGE);
}

function run(plan: Plan, protocol: AnyProtocol): readonly PropertyResult[] {
  const known = new Map([...protocols, ['akka', protocol] as const]);
  const parts = { protocols: known, checkers: CHECKERS, createTimeline };
  return runPlanSync({ plan, cluster: 'sim', open: createOpenSim(known), parts }).properties;
}

const found = (properties: readonly PropertyResult[], name: string) => properties.find((one) => one.name === name);

interface Flaw {
  readonly flaw: string;
  readonly flawed: AnyProtocol;
  readonly property: string;
  readonly faults: Flags;
  readonly withoutState?: boolean;
}

const FLAWS: readonly Flaw[] = [
  {
    flaw: 'keeps its own of two concurrent states',
    flawed: akkaNeverMerges,
    property: 'convergence',
    faults: { kill: '3', partition: true },
  },
  {
    flaw: 'never finds anybody reachable again',
    flawed: akkaNeverReachable,
    property: 'reinstatement',
    faults: { partition: true },
  },
  {
    flaw: 'makes leaving members up again',
    flawed: akkaRevivesLeaving,
    property: 'membership-legality',
    // Seldom enough that there is convergence between those that leave.
    faults: { churn: '15/min' },
    withoutState: true,
  },
  {
    flaw: 'lets the leader act without convergence',
    flawed: akkaIgnoresConvergence,
    property: 'membership-legality',
    faults: { partition: true, churn: '12/min' },
    withoutState: true,
  },
];

describe.each(FLAWS)('Akka that $flaw', ({ flawed, property, faults, withoutState = false }) => {
  it.each(SEEDS)('is convicted, and the correct one spared, with seed %s', (seed) => {
    const plan = planOf(seed, faults, 'off', withoutState);
    const guilty = found(run(plan, flawed), property);
    expect(guilty?.verdict).toBe('invalid');
    expect(guilty?.witness?.lines.length).toBeGreaterThan(0);
    const control = run(plan, akka);
    expect(found(control, property)?.verdict).toBe('valid');
    expect(control.filter(({ verdict }) => verdict === 'invalid' || verdict === 'unknown')).toEqual([]);
  });
});

it.each(SEEDS)('with keep-majority crashes are detected and lives replaced, seed %s', (seed) => {
  const results = run(planOf(seed, { kill: '1' }, 'keep-majority', true), akka);
  expect(results.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual([
    'convergence valid',
    'detection valid',
    'reinstatement valid',
    'membership-legality valid',
  ]);
});

/** Faults that make nobody unreachable who is up: all that keep-majority promises anything under. */
const UNITING: ReadonlySet<string> = new Set(['kill', 'churn', 'duplicate', 'clock-skew', 'clock-drift']);
const MEMBERSHIP = ['convergence', 'reinstatement', 'membership-legality'];

it.each([
  // Without downing nobody is declared dead.
  { downing: 'off', among: 'all', most: MEMBERSHIP },
  { downing: 'keep-majority', among: 'all', most: ['membership-legality'] },
  { downing: 'keep-majority', among: 'uniting', most: MEMBERSHIP, some: ['detection'] },
])(
  'no correct run is flagged, whatever of $among faults is drawn; downing $downing',
  ({ downing, among, most, some = [] }) => {
    const seeds = seedCount(40);
    const nemeses = NEMESES.filter(({ type }) => type !== 'byzantine' && (among === 'all' || UNITING.has(type)));
    const overrides = [{ protocol: 'akka', key: 'downing', text: downing }];
    const { flagged, valid } = judgeCorrect(seeds, (i) => {
      const request = drawRequest({ seed: `drawn ${i}`, protocols: ['akka'], nemeses });
      return run(makePlan({ ...request, overrides }, KNOWLEDGE), akka);
    });
    expect(flagged).toEqual([]);
    // Few drawn crashes last, with nothing else on, for as long as detection may take.
    const least = new Map([...most.map((name) => [name, 0.6] as const), ...some.map((name) => [name, 0.1] as const)]);
    for (const [name, share] of least) {
      expect.soft(valid.get(name) ?? 0, `valid: ${name}`).toBeGreaterThanOrEqual(Math.floor(share * seeds));
    }
  },
);
