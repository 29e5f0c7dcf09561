/**
 * Every property convicts something: protocols with one planted bug each, and clusters that do not do what the plan
 * says, through the real simulator and the checkers that judge every run. On the same plans the correct protocol on the
 * correct cluster is the control: nothing of it may be flagged.
 */
import { describe, expect, it } from 'vitest';
import { aggregationKeepsMaximum, aggregationLosesMass } from '../../impl/aggregation/planted-bugs.ts';
import { akkaIgnoresConvergence } from '../../impl/akka/planted-bugs.ts';
import {
  antiEntropyDropsKey,
  antiEntropyForgetsAcknowledged,
  antiEntropyInvents,
  antiEntropyTakesOlder,
  antiEntropyWallClock,
} from '../../impl/anti-entropy/planted-bugs.ts';
import { bracha } from '../../impl/bracha/bracha.ts';
import {
  brachaAmplifiesEarly,
  brachaBrokenQuorum,
  brachaDeliversTwice,
  brachaKeyedByValue,
  brachaNoAmplification,
} from '../../impl/bracha/planted-bugs.ts';
import { cassandraNeverReinstates } from '../../impl/cassandra/planted-bugs.ts';
import { consensusMajorityOfKnown, consensusTellsNobody } from '../../impl/consensus/planted-bugs.ts';
import type { AnyProtocol } from '../../impl/protocol.ts';
import { rumorDeliversTwice, rumorDropsHalf, rumorInvents } from '../../impl/rumor/planted-bugs.ts';
import { rumor } from '../../impl/rumor/rumor.ts';
import {
  swimActsOnStaleTimers,
  swimForgetsDead,
  swimInflatesOthers,
  swimNeverDetects,
  swimNeverRefutes,
} from '../../impl/swim/planted-bugs.ts';
import { checkers } from '../../workloads/registry.ts';
import type { Plan } from '../model/plan.ts';
import type { PropertyResult } from '../model/verdict.ts';
import type { PlanRequest } from '../plan/make-plan.ts';
import { ignores, makesInstead, neverHeals } from './broken-clusters.ts';
import { type FaultFlags, planOf, propertyOf, runOnSim, type SimScenario } from './test-scenario.ts';

interface Defect {
  readonly defect: string;
  readonly scenario: SimScenario;
  readonly faults: FaultFlags;
  readonly over: Partial<PlanRequest>;
  /** Property, and in how many of the first `seeds` seeds at least it must be `invalid`. */
  readonly convicted: Readonly<Record<string, number>>;
  readonly seeds: number;
}

const CUT: FaultFlags = { partition: true, loss: '0.1' };
const LATE: FaultFlags = { delay: '300ms,200ms' };
/** A kill that lasts: longer than a death takes to be known. */
const LONG_KILL = { faultEveryMs: 20_000, faultForMs: 11_000 };

function planted(
  defect: string,
  swap: Readonly<Record<string, AnyProtocol>>,
  faults: FaultFlags,
  convicted: Readonly<Record<string, number>>,
  over: Partial<PlanRequest> = {},
  seeds = 3,
): Defect {
  const [name = ''] = Object.keys(swap);
  const protocols = name === 'swim' || name === 'bracha' ? [name] : ['swim', name];
  return { defect, scenario: { swap }, faults, over: { protocols, ...over }, convicted, seeds };
}

function broken(
  defect: string,
  bend: NonNullable<SimScenario['bend']>,
  faults: FaultFlags,
  convicted: Readonly<Record<string, number>>,
  over: Partial<PlanRequest> = { protocols: ['swim'] },
): Defect {
  return { defect, scenario: { bend }, faults, over, convicted, seeds: 3 };
}

/** Enough to do for a quota to be felt, and to store for a full disk. */
const BUSY: Partial<PlanRequest> = { protocols: ['swim', 'anti-entropy'], ratePerSecond: 200 };

/** The protocol with a `handle` that throws at its 20th message, at one member. */
function throwing(protocol: AnyProtocol, member: string): AnyProtocol {
  return {
    ...protocol,
    init: (ctx) => ({ inner: protocol.init(ctx), heard: 0 }),
    handle(state, event, ctx) {
      if (event.type === 'message' && ctx.self === member && ++state.heard === 20) throw new RangeError('planted');
      protocol.handle(state.inner, event, ctx);
    },
    view: (state) => protocol.view(state.inner),
  };
}

const FOUR = { nodes: 4 };

const DEFECTS: readonly Defect[] = [
  planted('swim lets accusations stand', { swim: swimNeverRefutes }, CUT, { refutation: 3, convergence: 3 }),
  planted('swim raises the incarnation of others', { swim: swimInflatesOthers }, CUT, { refutation: 3 }),
  planted('swim acts on stale timers', { swim: swimActsOnStaleTimers }, CUT, { refutation: 3 }),
  planted('swim never contacts the dead', { swim: swimForgetsDead }, CUT, { convergence: 3 }),
  planted('swim never declares a death', { swim: swimNeverDetects }, { kill: true }, { detection: 3 }, LONG_KILL),

  planted('anti-entropy keeps a key to itself', { 'anti-entropy': antiEntropyDropsKey }, CUT, {
    convergence: 3,
    'lost-writes': 3,
  }),
  planted('anti-entropy forgets what it acknowledged', { 'anti-entropy': antiEntropyForgetsAcknowledged }, CUT, {
    'lost-writes': 3,
    'stale-reads': 2,
  }),
  planted(
    'anti-entropy orders writes by wall clocks alone, a third of them wrong by 5 s',
    { 'anti-entropy': antiEntropyWallClock },
    { 'clock-skew': '5s' },
    { 'version-order': 3 },
  ),
  planted('anti-entropy takes the older version', { 'anti-entropy': antiEntropyTakesOlder }, LATE, {
    'version-order': 3,
    'lost-writes': 3,
    convergence: 3,
  }),
  planted('anti-entropy makes a value up', { 'anti-entropy': antiEntropyInvents }, CUT, { 'phantom-values': 3 }),

  planted(
    'cassandra takes a conviction as final',
    { cassandra: cassandraNeverReinstates },
    { partition: true },
    { reinstatement: 3 },
    { protocols: ['cassandra'] },
  ),
  planted(
    'akka lets its leader act without convergence',
    { akka: akkaIgnoresConvergence },
    { partition: true, churn: '12/min' },
    { 'membership-legality': 3 },
    { protocols: ['akka'], timeMs: 60_000, withoutState: true },
  ),
  planted(
    'aggregation forgets an exchange',
    { aggregation: aggregationLosesMass },
    { loss: '0.2' },
    { 'mass-conservation': 3 },
    { protocols: ['aggregation'] },
  ),
  planted(
    'aggregation keeps its maximum for ever',
    { aggregation: aggregationKeepsMaximum },
    {},
    { estimate: 3 },
    { protocols: ['aggregation'] },
  ),
  planted(
    'consensus decides by a majority of what it knows',
    { consensus: consensusMajorityOfKnown },
    { partition: true },
    { 'consensus-safety': 3 },
    { protocols: ['consensus'] },
  ),
  planted(
    'consensus keeps decisions to itself',
    { consensus: consensusTellsNobody },
    { partition: 'one' },
    { 'consensus-termination': 3 },
    { protocols: ['consensus'] },
  ),

  planted('rumor delivers twice', { rumor: rumorDeliversTwice }, CUT, { delivery: 3 }),
  planted('rumor delivers what nobody broadcast', { rumor: rumorInvents }, CUT, { delivery: 3 }),
  planted('rumor drops half of what it hears', { rumor: rumorDropsHalf }, {}, { coverage: 3 }),

  planted(
    'bracha counts echoes of half the members only, 2 of 7 equivocate',
    { bracha: brachaBrokenQuorum },
    { byzantine: '2:equivocate' },
    { 'broadcast-safety': 5 },
    {},
    10,
  ),
  planted(
    'bracha does not amplify, 2 of 7 equivocate',
    { bracha: brachaNoAmplification },
    { byzantine: '2:equivocate' },
    { 'broadcast-safety': 2 },
    {},
    10,
  ),
  planted(
    'bracha does not amplify, 2 of 7 withhold',
    { bracha: brachaNoAmplification },
    { byzantine: '2:withhold' },
    { 'broadcast-safety': 5 },
    {},
    10,
  ),
  planted(
    'bracha does not amplify, 1 of 4 equivocates',
    { bracha: brachaNoAmplification },
    { byzantine: '1:equivocate' },
    { 'broadcast-safety': 3 },
    FOUR,
  ),
  planted(
    'bracha amplifies on f READYs, 1 of 4 forges',
    { bracha: brachaAmplifiesEarly },
    { byzantine: '1:forge' },
    { 'broadcast-safety': 3 },
    FOUR,
  ),
  planted(
    'bracha goes by the value alone',
    { bracha: brachaKeyedByValue },
    { byzantine: '2:withhold' },
    { 'broadcast-safety': 3 },
  ),
  planted(
    'bracha goes by the value alone, without any fault',
    { bracha: brachaKeyedByValue },
    {},
    { 'broadcast-safety': 3 },
  ),
  planted(
    'bracha delivers twice, 2 of 7 withhold',
    { bracha: brachaDeliversTwice },
    { byzantine: '2:withhold' },
    { 'broadcast-safety': 3 },
  ),
  planted(
    'bracha delivers twice, 1 of 4 equivocates',
    { bracha: brachaDeliversTwice },
    { byzantine: '1:equivocate' },
    { 'broadcast-safety': 3 },
    FOUR,
  ),

  planted('a rumor that throws', { rumor: throwing(rumor, 'n3') }, {}, { 'no-crash': 3 }),
  planted('a bracha that throws', { bracha: throwing(bracha, 'n3') }, {}, { 'no-crash': 3 }),

  broken('a partition that never heals', neverHeals, { partition: true }, { convergence: 3, refutation: 3 }),
  broken(
    'half the loss that was asked for',
    makesInstead((fault) => (fault.type === 'loss' ? { ...fault, probability: fault.probability / 2 } : fault)),
    { loss: '0.2' },
    { 'fault-effect': 3 },
  ),
  broken(
    'half the delay that was asked for',
    makesInstead((fault) => (fault.type === 'delay' ? { ...fault, delayMs: fault.delayMs / 2 } : fault)),
    { delay: '50ms' },
    { 'fault-effect': 3 },
  ),
  broken(
    'a partition that is cut in one direction only',
    makesInstead((fault) => (fault.type === 'partition' ? { ...fault, cuts: fault.cuts.slice(0, 1) } : fault)),
    { partition: true },
    { 'fault-effect': 3 },
  ),
  broken(
    'clocks set back instead of forward',
    makesInstead((fault) => (fault.type === 'clock-skew' ? { ...fault, skewMs: -fault.skewMs } : fault)),
    { 'clock-skew': '500ms' },
    { 'fault-effect': 3 },
  ),
  broken(
    'clocks that are set wrong and stay so instead of leaping',
    makesInstead((fault) => (fault.type === 'clock-strobe' ? { ...fault, everyMs: 1e9 } : fault)),
    { 'clock-strobe': '500ms' },
    { 'fault-effect': 3 },
  ),
  broken(
    'five times the processor time that was asked for',
    makesInstead((fault) => (fault.type === 'cpu' ? { ...fault, share: 5 * fault.share } : fault)),
    { cpu: '1%' },
    { 'fault-effect': 3 },
    BUSY,
  ),
  broken('a full disk that has room', ignores('disk-full'), { 'disk-full': true }, { 'fault-effect': 3 }, BUSY),
];

const flagged = (properties: readonly PropertyResult[]): string[] =>
  properties
    .filter((property) => property.verdict === 'invalid' || property.verdict === 'unknown')
    .map((property) => `${property.name}: ${property.verdict}, ${property.reason}`);

describe.each(DEFECTS)('$defect', ({ scenario, faults, over, convicted, seeds }) => {
  const plans: Plan[] = Array.from({ length: seeds }, (_, seed) => planOf(`conviction ${seed}`, faults, over));

  it(`is convicted within ${seeds} seeds`, () => {
    const runs = plans.map((plan) => runOnSim(plan, scenario).properties);
    for (const [name, least] of Object.entries(convicted)) {
      const invalid = runs.map((properties) =>
        properties.find((property) => property.name === name && property.verdict === 'invalid'),
      );
      const found = invalid.filter((property) => property !== undefined);
      expect(found.length, `${name} in ${seeds} seeds`).toBeGreaterThanOrEqual(least);
      for (const property of found) {
        expect(property.beyondClaims).toBeUndefined();
        expect(property.witness?.summary, `${name} names what it has seen`).toMatch(/\w/);
      }
    }
  });

  it('and what is correct is spared on the same plans', () => {
    for (const plan of plans) expect(flagged(runOnSim(plan).properties)).toEqual([]);
  });
});

/** A fault that is announced and never made. Most are measured; of the last only its absence can be seen. */
const IDLE: readonly { readonly type: Parameters<typeof ignores>[0]; readonly argument: string | true }[] = [
  { type: 'partition', argument: true },
  { type: 'loss', argument: '0.2' },
  { type: 'delay', argument: '50ms' },
  { type: 'duplicate', argument: '0.1' },
  { type: 'reorder', argument: '0.1' },
  { type: 'corrupt', argument: '0.1' },
  { type: 'bandwidth', argument: '64kbit' },
  { type: 'clock-skew', argument: '500ms' },
  { type: 'clock-drift', argument: '1.1' },
  { type: 'clock-strobe', argument: '500ms' },
  { type: 'timer-drift', argument: '1.2' },
  { type: 'pause', argument: true },
  { type: 'slow', argument: true },
  { type: 'kill', argument: true },
];
const ONLY_UNKNOWN = ['slow', 'kill'];

it.each(IDLE)('a $type that is never made is no valid run', ({ type, argument }) => {
  for (const seed of ['idle 0', 'idle 1', 'idle 2']) {
    const plan = planOf(seed, { [type]: argument }, { protocols: ['swim'], timeMs: 15_000 });
    const effect = propertyOf(runOnSim(plan, { bend: ignores(type) }).properties, 'fault-effect');
    expect(effect.verdict).toBe(ONLY_UNKNOWN.includes(type) ? 'unknown' : 'invalid');
    expect(flagged(runOnSim(plan).properties)).toEqual([]);
  }
});

it('leaves no property that convicts nothing', () => {
  const judged = checkers.flatMap((checker) => checker.properties.map((property) => property.name));
  const convicting = new Set(DEFECTS.flatMap((defect) => Object.keys(defect.convicted)));
  expect(judged.filter((name) => !convicting.has(name))).toEqual([]);
});

it('a member whose protocol throws is named, with what was thrown', () => {
  const plan = planOf('thrown', {}, { protocols: ['swim', 'rumor'] });
  const { witness } = propertyOf(runOnSim(plan, { swap: { rumor: throwing(rumor, 'n3') } }).properties, 'no-crash');
  expect(witness?.summary).toContain('n3 (life 1) died by itself');
  expect(witness?.summary).toContain('RangeError: planted');
});
