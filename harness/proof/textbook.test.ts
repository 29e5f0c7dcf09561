/**
 * The textbook's naive versions against the judge that judges every run: each is convicted of the properties that its
 * flaws break, within a stated number of seeds and with a witness, and the real protocol, under the same faults on the
 * same seeds, is not.
 */
import { describe, expect, it } from 'vitest';
import { protocols } from '../../impl/registry.ts';
import { type FaultFlags, planOf, runOnSim } from './test-scenario.ts';

/** Seeds within which a conviction must come. */
const SEEDS = 200;

interface Flawed {
  readonly name: string;
  readonly real: string;
  readonly faults: FaultFlags;
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
];

/** Properties of one run that were convicted, and the sentence that says what was seen. */
function convictions(name: string, seed: string, faults: FaultFlags): Map<string, string> {
  const { properties } = runOnSim(planOf(seed, faults, { protocols: [name] }));
  const found = properties.filter((property) => property.verdict === 'invalid');
  return new Map(found.map((property) => [property.name, property.witness?.summary ?? '']));
}

describe.each(FLAWED)('$name, with $faults', ({ name, real, faults, convicted }) => {
  it(`is convicted of ${convicted.join(', ')} within ${SEEDS} seeds, ${real} on the same seeds of nothing`, () => {
    const missing = new Set(convicted);
    let seeds = 0;
    for (; seeds < SEEDS && missing.size > 0; seeds++) {
      const seed = `textbook ${seeds}`;
      for (const [property, witness] of convictions(name, seed, faults)) {
        if (missing.delete(property)) expect(witness).toMatch(/\bn\d\b/);
      }
      expect([...convictions(real, seed, faults).keys()], `${real}, ${seed}`).toEqual([]);
    }
    expect([...missing], `after ${seeds} seeds`).toEqual([]);
  }, 120_000);
});

it('each naive version is tried here, and claims what its real protocol claims', () => {
  const naive = [...protocols.keys()].filter((name) => name.startsWith('textbook/'));
  expect(new Set(FLAWED.map((flawed) => flawed.name))).toEqual(new Set(naive));
  for (const { name, real } of FLAWED) {
    const promises = (of: string) => protocols.get(of)?.claims.map(({ property, strength }) => [property, strength]);
    expect(promises(name), name).toEqual(promises(real));
  }
});

it.each(FLAWED)('$name, with $faults, never changes a message that it has sent', ({ name, faults }) => {
  const plan = planOf('codec', faults, { protocols: [name] });
  expect(runOnSim(plan, { codec: true }).hash).toBe(runOnSim(plan).hash);
});
