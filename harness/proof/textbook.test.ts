/**
 * The textbook's naive versions against the judge that judges every run: each is convicted of the properties that its
 * flaws break, within a stated number of seeds and with a witness, and the real protocol, under the same faults on the
 * same seeds, is not.
 */
import { describe, expect, it } from 'vitest';
import { protocols } from '../../impl/registry.ts';
import { type FaultFlags, planOf, propertyOf, runOnSim } from './test-scenario.ts';

/** Seeds within which a conviction must come. */
const SEEDS = 200;

interface Flawed {
  readonly name: string;
  readonly real: string;
  readonly faults: FaultFlags;
  /** Length of the load; 30 s where it is not said. */
  readonly timeMs?: number;
  readonly convicted: readonly string[];
}

const FLAWED: readonly Flawed[] = [
  {
    name: 'textbook/push',
    real: 'push',
    faults: {},
    convicted: ['convergence', 'lost-writes', 'version-order'],
  },
  {
    name: 'textbook/anti-entropy',
    real: 'anti-entropy',
    faults: {},
    convicted: ['convergence', 'lost-writes', 'version-order'],
  },
  { name: 'textbook/rumor', real: 'rumor', faults: {}, convicted: ['no-crash'] },
  { name: 'textbook/broadcast', real: 'bracha', faults: { loss: '0.1' }, convicted: ['broadcast-safety'] },
  {
    name: 'textbook/broadcast',
    real: 'bracha',
    faults: { byzantine: '2:equivocate' },
    convicted: ['broadcast-safety'],
  },
  { name: 'textbook/swim', real: 'swim', faults: { partition: true }, convicted: ['convergence', 'refutation'] },
  // Late answers turn suspects alive at the incarnation that was suspected.
  { name: 'textbook/swim', real: 'swim', faults: { delay: '100ms,100ms' }, convicted: ['refutation'] },
  // Exchanges that come between others, and in the second row lost answers as well.
  {
    name: 'textbook/averaging',
    real: 'aggregation',
    faults: {},
    convicted: ['mass-conservation', 'estimate'],
  },
  { name: 'textbook/averaging', real: 'aggregation', faults: { loss: '0.1' }, convicted: ['mass-conservation'] },
  // Rivals propose before they have heard of each other.
  {
    name: 'textbook/consensus',
    real: 'consensus',
    faults: {},
    convicted: ['consensus-safety', 'consensus-termination'],
  },
  {
    name: 'textbook/consensus',
    real: 'consensus',
    faults: { partition: true },
    convicted: ['consensus-safety', 'consensus-termination'],
  },
  // Down for as long as detection may take.
  {
    name: 'textbook/cassandra',
    real: 'cassandra',
    faults: { kill: true },
    timeMs: 60_000,
    convicted: ['detection'],
  },
  // Incarnations that nobody provoked; then sides that stay apart.
  { name: 'textbook/consul', real: 'consul', faults: {}, convicted: ['refutation'] },
  { name: 'textbook/consul', real: 'consul', faults: { partition: true }, convicted: ['convergence', 'refutation'] },
  // Of changes that come together the later timestamp's stays.
  {
    name: 'textbook/akka',
    real: 'akka',
    faults: {},
    convicted: ['convergence', 'reinstatement', 'membership-legality'],
  },
  // Whoever lets a new incarnation in takes the former one out by itself.
  { name: 'textbook/akka', real: 'akka', faults: { kill: true }, convicted: ['membership-legality'] },
];

/** Naive versions whose flaw costs something and breaks nothing: what it costs is shown beside them in impl/textbook. */
const WASTEFUL: readonly { readonly name: string; readonly real: string }[] = [
  { name: 'textbook/hybrid', real: 'hybrid' },
];

/** Parts of the broadcast's promise whose breach needs a liar, and the smallest clusters in which that is seen. */
const NEEDS_LIARS = [
  { part: 'consistency', nodes: 7, byzantine: '2:vote-twice' },
  { part: 'totality', nodes: 4, byzantine: '1:equivocate' },
] as const;

describe.each(NEEDS_LIARS)('textbook/broadcast, $nodes members, $byzantine', ({ part, nodes, byzantine }) => {
  it(`breaks ${part} within ${SEEDS} seeds, bracha on the same plans nothing`, () => {
    let found = false;
    for (let seed = 0; seed < SEEDS && !found; seed++) {
      const judged = (name: string) => {
        const plan = planOf(`needs liars ${seed}`, { byzantine }, { protocols: [name], nodes });
        return propertyOf(runOnSim(plan).properties, 'broadcast-safety');
      };
      const naive = judged('textbook/broadcast');
      found = naive.verdict === 'invalid' && Number(naive.details?.[part]) > 0;
      const real = judged('bracha');
      expect([real.verdict, real.violations, real.beyondClaims], real.reason).toEqual(['valid', 0, undefined]);
    }
    expect(found).toBe(true);
  }, 120_000);
});

/** Properties of one run that were convicted, and the sentence that says what was seen. */
function convictions(name: string, seed: string, faults: FaultFlags, timeMs = 30_000): Map<string, string> {
  const { properties } = runOnSim(planOf(seed, faults, { protocols: [name], timeMs }));
  const found = properties.filter((property) => property.verdict === 'invalid');
  return new Map(found.map((property) => [property.name, property.witness?.summary ?? '']));
}

describe.each(FLAWED)('$name, with $faults', ({ name, real, faults, timeMs, convicted }) => {
  it(`is convicted of ${convicted.join(', ')} within ${SEEDS} seeds, ${real} on the same seeds of nothing`, () => {
    const missing = new Set(convicted);
    let seeds = 0;
    for (; seeds < SEEDS && missing.size > 0; seeds++) {
      const seed = `textbook ${seeds}`;
      for (const [property, witness] of convictions(name, seed, faults, timeMs)) {
        if (missing.delete(property)) expect(witness).toMatch(/\bn\d\b/);
      }
      expect([...convictions(real, seed, faults, timeMs).keys()], `${real}, ${seed}`).toEqual([]);
    }
    expect([...missing], `after ${seeds} seeds`).toEqual([]);
  }, 120_000);
});

it.each(WASTEFUL)('$name is as safe as $real', ({ name, real }) => {
  const hard: FaultFlags = { partition: true, loss: '0.2', kill: true };
  for (let seed = 0; seed < 4; seed++) {
    for (const faults of [{}, hard]) {
      for (const each of [name, real]) {
        expect([...convictions(each, `textbook ${seed}`, faults).keys()], `${each}, seed ${seed}`).toEqual([]);
      }
    }
  }
});

it('each naive version is tried here, and claims what its real protocol claims', () => {
  const naive = [...protocols.keys()].filter((name) => name.startsWith('textbook/'));
  const tried = [...FLAWED, ...WASTEFUL];
  expect(new Set(tried.map(({ name }) => name))).toEqual(new Set(naive));
  for (const { name, real } of tried) {
    const promises = (of: string) => protocols.get(of)?.claims.map(({ property, strength }) => [property, strength]);
    expect(promises(name), name).toEqual(promises(real));
  }
});

it.each(FLAWED)('$name, with $faults, never changes a message that it has sent', ({ name, faults }) => {
  const plan = planOf('codec', faults, { protocols: [name], timeMs: 10_000 });
  expect(runOnSim(plan, { codec: true }).hash).toBe(runOnSim(plan).hash);
});
