/**
 * What protocols say of liars: each tolerance that is claimed holds, with as many liars as it allows, and what is not
 * claimed is seen to break: the lies do harm where nothing is done against them. (bracha: liars.test.ts.)
 * HEARSAY_SEEDS says how many plans each claim gets in all, that is each entry of a protocol's `tolerates`: in turn over
 * its behaviours one by one and all of them mixed, signed and not signed where both are claimed, with 7, 4, 10 and 13
 * members, as many liars as are claimed and half as many, with no other fault, with loss and with a crash.
 * HEARSAY_PREFIX draws other plans than the usual ones.
 */
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { settingsOf, type Tolerance } from '../../impl/protocol.ts';
import { protocols } from '../../impl/registry.ts';
import { JUDGE_PARTS } from '../cli/parts.ts';
import type { Plan } from '../model/plan.ts';
import type { PropertyResult } from '../model/verdict.ts';
import type { SettingOverride } from '../plan/make-plan.ts';
import { runTrial } from '../search/trial.ts';
import { type FaultFlags, planOf, propertyOf, runOnSim, seedCount } from './test-scenario.ts';

const SEEDS = seedCount(12);
const PREFIX = process.env.HEARSAY_PREFIX ?? 'tolerance';
const PATIENCE_MS = 60_000 + SEEDS * 1500;
/** Plans after which a long run says how far it is, and lets the test runner in. */
const SAY_EVERY = 250;
/** Seeds within which what is not claimed breaks. */
const BROKEN_WITHIN = 10;

interface Way {
  readonly name: string;
  /** One, or several with commas: each liar draws one of them. */
  readonly behaviour: string;
  /** undefined: the protocol has no such setting. */
  readonly signed: boolean | undefined;
}

const REAL = [...protocols.values()].filter(({ name }) => !name.startsWith('textbook/'));

function modesOf(name: string): readonly (boolean | undefined)[] {
  return 'signed' in (protocols.get(name)?.settings ?? {}) ? [false, true] : [undefined];
}

const WAYS: readonly Way[] = REAL.flatMap(({ name, lies }) =>
  Object.keys(lies ?? {}).flatMap((behaviour) => modesOf(name).map((signed) => ({ name, behaviour, signed }))),
);

function overridesOf({ name, signed }: Way): SettingOverride[] {
  return signed === undefined ? [] : [{ protocol: name, key: 'signed', text: String(signed) }];
}

function planFor(way: Way, seed: string, nodes: number, liars: number, faults: FaultFlags = {}) {
  const byzantine = `${liars}:${way.behaviour}`;
  const over = { protocols: [way.name], nodes, overrides: overridesOf(way), timeMs: 15_000, withoutState: true };
  return planOf(seed, { byzantine, ...faults }, over);
}

interface ClaimedTolerance {
  readonly name: string;
  /** Behaviours, for the name of the test. */
  readonly lies: string;
  readonly ways: readonly Way[];
  readonly properties: readonly string[];
  liars(way: Way, nodes: number): number;
}

function claimedTolerance(name: string, { behaviours, properties, liars }: Tolerance): ClaimedTolerance {
  const protocol = protocols.get(name);
  const count = ({ signed }: Way, nodes: number): number =>
    liars({ ...settingsOf<object>(protocol?.settings ?? {}, 'quick'), signed }, nodes);
  const named = behaviours === 'all' ? Object.keys(protocol?.lies ?? {}) : behaviours;
  const mixed = named.length > 1 ? [named.join(',')] : [];
  const ways = modesOf(name)
    .flatMap((signed) => [...named, ...mixed].map((behaviour): Way => ({ name, behaviour, signed })))
    .filter((way) => count(way, 7) > 0);
  const modes = new Set(ways.map(({ signed }) => signed));
  const lies = `${modes.size === 1 && modes.has(true) ? 'signed, ' : ''}${named.join(', ')}`;
  return { name, lies, ways, properties, liars: count };
}

const CLAIMED = REAL.filter(({ name }) => name !== 'bracha').flatMap(({ name, tolerates }) =>
  (tolerates ?? []).map((tolerance) => claimedTolerance(name, tolerance)),
);

const SIZES = [7, 4, 10, 13] as const;
const OTHER_FAULTS: readonly FaultFlags[] = [{}, { loss: '0.1' }, { kill: 'one' }];

function liarsIn(plan: Plan): number {
  return new Set(plan.faults.flatMap((fault) => (fault.type === 'byzantine' ? fault.targets : []))).size;
}

describe.each(CLAIMED)('$name against liars ($lies)', ({ name, lies, ways, properties, liars }) => {
  it(
    'keeps what it claims, with loss and with crashes too',
    async () => {
      const seen = new Map(properties.map((property) => [property, { valid: 0, judged: 0 }]));
      const broken: string[] = [];
      const say = (plans: number): void => {
        const judged = [...seen].map(([property, count]) => `${count.judged} of ${property} (${count.valid} valid)`);
        console.log(`${name} (${lies}): ${plans} plans, judged ${judged.join(', ')}, ${broken.length} broken`);
      };
      for (let seed = 0; seed < SEEDS; seed++) {
        const way = ways[seed % ways.length];
        if (way === undefined) throw new Error(`${name} claims nothing of ${lies}`);
        // Each way begins with another one of the sizes and faults, so that few seeds meet all of them.
        const turn = Math.floor(seed / ways.length) + (seed % ways.length);
        const nodes = SIZES[turn % SIZES.length] ?? 0;
        // Half as many lie at times, so that more is left to be judged.
        const borne = Math.ceil(liars(way, nodes) / (Math.floor(turn / SIZES.length) % 2 === 0 ? 1 : 2));
        const plan = planFor(way, `${PREFIX} ${seed}`, nodes, borne, OTHER_FAULTS[turn % OTHER_FAULTS.length]);
        expect(liarsIn(plan)).toBe(borne);
        const judged = runTrial(plan, JUDGE_PARTS).properties;
        for (const [wanted, count] of seen) {
          const property = propertyOf(judged, wanted);
          // Where all but one are silent nothing may happen that could be judged; somewhere it must.
          const isFine = property.verdict !== 'invalid' && property.violations === 0;
          if (!isFine || property.beyondClaims !== undefined) {
            const what = property.beyondClaims ?? property.witness?.summary ?? property.reason;
            broken.push(`${wanted}, ${way.behaviour}, signed ${way.signed}, seed ${seed}: ${what}`);
          }
          count.judged += property.judged;
          if (property.verdict === 'valid') count.valid++;
        }
        if ((seed + 1) % SAY_EVERY === 0) {
          say(seed + 1);
          await setImmediate();
        }
      }
      say(SEEDS);
      expect(broken).toEqual([]);
      for (const [property, { valid, judged }] of seen) {
        expect(valid, property).toBeGreaterThan(0);
        expect(judged, property).toBeGreaterThan(0);
      }
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

/**
 * Of all these claims none has a liar more that could break it, as bracha's have (liars.test.ts): no quorum stands behind
 * them, so each honest member is as safe among liars as among honest ones.
 *
 * | claims | f | one more |
 * |---|---|---|
 * | swim, consul, cassandra | n - 2 | what is left is one honest member, which holds nothing of another that could be judged |
 * | akka, rumor, anti-entropy, push, hybrid, consensus | n - 1 | nobody is left to be judged: no such plan |
 * | aggregation | none | breaks with one (above) |
 *
 * That the properties can fail is shown above, by the lies that are not claimed, and by the bugs planted in the defences
 * (defences.test.ts).
 */
describe.each(CLAIMED)('one liar more than $name claims to bear ($lies)', ({ name, ways, properties, liars }) => {
  it('leaves nothing that could be broken, and is beyond the claimed tolerance', () => {
    for (const [turn, way] of ways.entries()) {
      // Where few seeds are asked for, each way has one of the sizes in turn.
      const sizes = SEEDS < SAY_EVERY ? [SIZES[turn % SIZES.length] as number] : SIZES;
      for (const [more, nodes] of sizes.entries()) {
        const most = liars(way, nodes);
        if (most === nodes - 1) {
          expect(() => planFor(way, 'one more', nodes, most + 1)).toThrow('nobody is left to be judged');
          continue;
        }
        const plan = planFor(way, 'one more', nodes, most + 1, OTHER_FAULTS[(turn + more) % OTHER_FAULTS.length]);
        const judged = runTrial(plan, JUDGE_PARTS).properties;
        for (const wanted of properties) {
          const property = propertyOf(judged, wanted);
          expect(property.beyondClaims, name).toContain(`at most f = ${most} may`);
          expect([property.judged, property.violations], `${name}, ${wanted}`).toEqual([0, 0]);
        }
      }
    }
  });
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
