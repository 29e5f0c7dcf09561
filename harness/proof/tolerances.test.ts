/**
 * What protocols say of liars: each tolerance that is claimed holds, with as many liars as it allows, and what is not
 * claimed is seen to break: the lies do harm where nothing is done against them. HEARSAY_SEEDS says how many plans each
 * behaviour of each protocol gets.
 */
import { describe, expect, it } from 'vitest';
import { settingsOf } from '../../impl/protocol.ts';
import { protocols } from '../../impl/registry.ts';
import type { PropertyResult } from '../model/verdict.ts';
import type { SettingOverride } from '../plan/make-plan.ts';
import { type FaultFlags, planOf, propertyOf, runOnSim, seedCount } from './test-scenario.ts';

const SEEDS = seedCount(6);
const PATIENCE_MS = 60_000 + SEEDS * 1500;
/** Seeds within which what is not claimed breaks. */
const BROKEN_WITHIN = 10;

interface Way {
  readonly name: string;
  readonly behaviour: string;
  /** undefined: the protocol has no such setting. */
  readonly signed: boolean | undefined;
}

const REAL = [...protocols.values()].filter(({ name }) => !name.startsWith('textbook/'));
const WAYS: readonly Way[] = REAL.flatMap(({ name, lies, settings }) =>
  Object.keys(lies ?? {}).flatMap((behaviour): Way[] =>
    'signed' in settings
      ? [false, true].map((signed) => ({ name, behaviour, signed }))
      : [{ name, behaviour, signed: undefined }],
  ),
);

function overridesOf({ name, signed }: Way): SettingOverride[] {
  return signed === undefined ? [] : [{ protocol: name, key: 'signed', text: String(signed) }];
}

function planFor(way: Way, seed: string, nodes: number, liars: number, faults: FaultFlags = {}) {
  const byzantine = `${liars}:${way.behaviour}`;
  const over = { protocols: [way.name], nodes, overrides: overridesOf(way), timeMs: 15_000, withoutState: true };
  return planOf(seed, { byzantine, ...faults }, over);
}

/** The properties that hold with so many liars, by what the protocol says. */
function claimed(way: Way, nodes: number): { readonly liars: number; readonly properties: readonly string[] } {
  const protocol = protocols.get(way.name);
  const settings = { ...settingsOf<object>(protocol?.settings ?? {}, 'quick'), signed: way.signed };
  const entries = (protocol?.tolerates ?? [])
    .filter(({ behaviours }) => behaviours === 'all' || behaviours.includes(way.behaviour))
    .filter(({ liars }) => liars(settings, nodes) > 0);
  const liars = Math.min(...entries.map((entry) => entry.liars(settings, nodes)));
  return { liars, properties: entries.flatMap(({ properties }) => properties) };
}

const CLAIMED = WAYS.filter((way) => claimed(way, 7).properties.length > 0 && way.name !== 'bracha');

describe.each(CLAIMED)('$name, signed $signed, against liars that $behaviour', (way) => {
  it(
    'keeps what it claims, with loss and with crashes too',
    () => {
      const seen = new Map<string, number>();
      for (let seed = 0; seed < SEEDS; seed++) {
        const nodes = seed % 2 === 0 ? 7 : 4;
        const { liars, properties } = claimed(way, nodes);
        const faults: FaultFlags = seed % 3 === 1 ? { loss: '0.1' } : seed % 3 === 2 ? { kill: 'one' } : {};
        const outcome = runOnSim(planFor(way, `tolerance ${seed}`, nodes, liars, faults));
        for (const name of properties) {
          const property = propertyOf(outcome.properties, name);
          expect(property.beyondClaims, `${name}, seed ${seed}`).toBeUndefined();
          expect(property.violations, `${name}, seed ${seed}: ${property.witness?.summary}`).toBe(0);
          // Where all but one are silent nothing may happen that could be judged; somewhere it must.
          expect(['valid', 'unknown', 'not-applicable'], `${name}, seed ${seed}`).toContain(property.verdict);
          if (property.verdict === 'valid') seen.set(name, (seen.get(name) ?? 0) + 1);
        }
      }
      for (const name of claimed(way, 7).properties) expect(seen.get(name) ?? 0, name).toBeGreaterThan(0);
    },
    PATIENCE_MS,
  );
});

/** What liars break where nothing is claimed against them. */
const BROKEN: readonly (readonly [name: string, behaviour: string, property: string])[] = [
  ['swim', 'accuse', 'refutation'],
  ['swim', 'forge', 'refutation'],
  ['swim', 'bad-signature', 'refutation'],
  ['swim', 'sybil', 'convergence'],
  ['consul', 'accuse', 'refutation'],
  ['consul', 'forge', 'refutation'],
  ['consul', 'sybil', 'convergence'],
  ['cassandra', 'accuse', 'reinstatement'],
  ['cassandra', 'sybil', 'reinstatement'],
  ['akka', 'forge', 'convergence'],
  ['rumor', 'forge', 'delivery'],
  ['rumor', 'corrupt', 'delivery'],
  ['rumor', 'bad-signature', 'delivery'],
  ['anti-entropy', 'corrupt', 'phantom-values'],
  ['anti-entropy', 'forge', 'version-order'],
  ['push', 'corrupt', 'phantom-values'],
  ['push', 'digest-lie', 'version-order'],
  ['hybrid', 'corrupt', 'phantom-values'],
  ['hybrid', 'forge', 'version-order'],
  ['aggregation', 'poison', 'mass-conservation'],
  ['consensus', 'equivocate', 'consensus-safety'],
  ['consensus', 'vote-twice', 'consensus-safety'],
  ['consensus', 'corrupt', 'consensus-safety'],
];

describe.each(BROKEN)('%s against liars that %s', (name, behaviour, property) => {
  it(`breaks ${property} within ${BROKEN_WITHIN} seeds, which is no defect`, () => {
    const signed = 'signed' in (protocols.get(name)?.settings ?? {}) ? false : undefined;
    let broken: PropertyResult | undefined;
    for (let seed = 0; seed < BROKEN_WITHIN && broken === undefined; seed++) {
      const plan = planFor({ name, behaviour, signed }, `broken ${seed}`, 7, 2);
      const result = propertyOf(runOnSim(plan).properties, property);
      if (result.violations > 0) broken = result;
    }
    expect(broken?.verdict).toBe('not-applicable');
    expect(broken?.beyondClaims).toMatch(/^beyond the claimed tolerance \(2 liars on /);
  }, 60_000);
});

it('one liar more than is borne is beyond the claimed tolerance', () => {
  const way: Way = { name: 'swim', behaviour: 'accuse', signed: true };
  const { liars } = claimed(way, 7);
  const property = propertyOf(runOnSim(planFor(way, 'one more', 7, liars + 1)).properties, 'refutation');
  expect(property.beyondClaims).toContain(`at most f = ${liars} may`);
});

it('what liars say in the channel that feeds its peers is beyond what a protocol claims', () => {
  const plan = planOf('fed', { byzantine: '1:no-refute' }, { protocols: ['swim', 'rumor'], timeMs: 10_000 });
  const { properties } = runOnSim(plan);
  expect(propertyOf(properties, 'delivery').beyondClaims).toContain('from which rumor draws its peers');
  expect(propertyOf(properties, 'refutation').verdict).toBe('valid');
});

it.each(WAYS)('$name, signed $signed: what liars that $behaviour send is what its codec lets through', (way) => {
  const plan = planFor(way, 'codec', 5, 1);
  expect(runOnSim(plan, { codec: true }).hash).toBe(runOnSim(plan).hash);
});
