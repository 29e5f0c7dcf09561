/**
 * Correct protocols under faults of all kinds, drawn at random: none may be flagged. HEARSAY_SEEDS says how many plans
 * of the suite there are; each protocol alone gets a quarter of them.
 */
import { expect, test } from 'vitest';
import { protocols, SUITE } from '../../impl/registry.ts';
import { NEMESES } from '../../nemesis/registry.ts';
import { upperTail } from '../../workloads/checkers/statistics.ts';
import { conditionsOf } from '../model/conditions.ts';
import { UserError } from '../model/errors.ts';
import { DEMANDING_FAULTS, FAULT_TYPES } from '../model/fault.ts';
import type { Plan } from '../model/plan.ts';
import { combine, type PropertyResult } from '../model/verdict.ts';
import { drawnPlan, runOnSim, seedCount } from './test-scenario.ts';

/** Out of the claims by the settings alone, whatever the faults: no promise that the draw could have gone beyond. */
function neverPromised(plan: Plan, property: PropertyResult): boolean {
  const channel = plan.channels.find(({ name }) => name === property.channel);
  const claims = channel === undefined ? [] : (protocols.get(channel.protocol)?.claims ?? []);
  const claim = claims.find((candidate) => candidate.property === property.name);
  return claim?.beyond?.(channel?.settings, conditionsOf({ ...plan, faults: [] }, 'sim')) !== undefined;
}

const DRAWN = FAULT_TYPES.filter((type) => !DEMANDING_FAULTS.has(type)).sort();
const USUAL = 28;
const SEEDS = seedCount(USUAL);
/** A second of wall time per plan is an order of magnitude more than one takes. */
const PATIENCE_MS = 60_000 + SEEDS * 1000;

interface Soak {
  readonly valid: number;
  readonly unknown: number;
  readonly invalid: number;
  /** Runs with a property whose plan lies beyond the claims, and those of them in which it was broken. */
  readonly beyond: number;
  readonly brokenBeyond: number;
  /** Seeds whose draw asks for what no plan can do, such as less than one event of churn. */
  readonly impossible: number;
  readonly flagged: readonly string[];
  readonly unclear: readonly string[];
  /** How often each property was judged, by its name. */
  readonly judged: ReadonlyMap<string, number>;
  readonly kinds: ReadonlySet<string>;
  /** Properties that the settings alone leave out of the claims. */
  readonly outside: ReadonlySet<string>;
}

function soak(label: string, names: readonly string[], plans: number, ratePerSecond?: number): Soak {
  const tally = { valid: 0, unknown: 0, invalid: 0, beyond: 0, brokenBeyond: 0, impossible: 0 };
  const flagged: string[] = [];
  const unclear: string[] = [];
  const judged = new Map<string, number>();
  const kinds = new Set<string>();
  const outside = new Set<string>();
  for (let seed = 0, made = 0; made < plans; seed++) {
    const plan = planOrNone(`${label} ${seed}`, names, ratePerSecond);
    if (plan === undefined) {
      tally.impossible++;
      continue;
    }
    made++;
    for (const fault of plan.faults) kinds.add(fault.type);
    const { properties } = runOnSim(plan);
    tally[combine(properties)]++;
    const beyond = properties.filter(
      (property) => property.beyondClaims !== undefined && !neverPromised(plan, property),
    );
    if (beyond.length > 0) tally.beyond++;
    if (beyond.some((property) => property.violations > 0)) tally.brokenBeyond++;
    for (const property of properties) {
      const line = `${plan.seed}: ${property.name} ${property.channel ?? ''} ${property.reason}`;
      if (neverPromised(plan, property)) outside.add(property.name);
      if (property.verdict === 'valid') judged.set(property.name, (judged.get(property.name) ?? 0) + 1);
      if (property.verdict === 'unknown') unclear.push(line);
      if (isFlagged(property)) flagged.push(`${line}; ${property.witness?.summary ?? ''}`);
    }
  }
  console.log(`${label}: ${plans} plans, ${JSON.stringify(tally)}`);
  return { ...tally, flagged, unclear, judged, kinds, outside };
}

function planOrNone(seed: string, names: readonly string[], ratePerSecond: number | undefined): Plan | undefined {
  const lies = names.some((name) => protocols.get(name)?.lies !== undefined);
  const nemeses = NEMESES.filter((nemesis) => lies || nemesis.type !== 'byzantine');
  try {
    return drawnPlan(seed, names, nemeses, ratePerSecond);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

function isFlagged(property: PropertyResult): boolean {
  return property.verdict === 'invalid' || (property.violations > 0 && property.beyondClaims === undefined);
}

/** At most this share of a protocol's runs has a fault that met nothing; in 1,000 plans each they are 0.3 to 1.3 %. */
const UNCLEAR = 0.02;

/** What holds of every soak; few draws may ask for the impossible, and a fault may at times find nothing to act on. */
function expectClean(found: Soak, plans: number): void {
  expect(found.flagged).toEqual([]);
  expect(found.unclear.filter((line) => !line.includes(': fault-effect'))).toEqual([]);
  // So many are met by chance at most once in a hundred soaks where no more than that share are unclear.
  expect(upperTail(plans, found.unclear.length, UNCLEAR), found.unclear.join('\n')).toBeGreaterThan(0.01);
  expect(found.impossible).toBeLessThanOrEqual(Math.max(2, plans * 0.1));
}

test(
  `the suite is not flagged under ${SEEDS} drawn plans`,
  () => {
    const found = soak('suite', SUITE, SEEDS);
    expectClean(found, SEEDS);
    // The draw is to try the claims, not to lie beyond them.
    expect(found.beyond).toBeLessThanOrEqual(SEEDS / 3);
    // Enough of each property was really judged, over enough kinds of faults.
    // What a liar may break is not judged where one lies.
    const most = { 'lost-writes': 0.85, 'stale-reads': 0.85, delivery: 0.85, refutation: 0.85 };
    for (const [name, share] of Object.entries({
      convergence: 1,
      'no-crash': 1,
      ...most,
      coverage: 0.5,
      detection: 0.1,
      'broadcast-safety': 0.6,
    })) {
      expect(found.judged.get(name) ?? 0, name).toBeGreaterThanOrEqual(Math.floor(share * SEEDS));
    }
    if (SEEDS >= 100) expect([...found.kinds].sort()).toEqual(DRAWN);
  },
  PATIENCE_MS,
);

const EACH = Math.ceil(SEEDS / 4);
const USUAL_EACH = Math.ceil(USUAL / 4);
/** Alone, a protocol that speaks only when it is asked to would leave short faults nothing to act on. */
const BUSY_PER_SECOND = 15;

test.each([...protocols.values()].filter(({ name }) => !name.startsWith('textbook/')))(
  `$name alone is not flagged under ${EACH} drawn plans`,
  ({ name, claims }) => {
    const found = soak(name, [name], EACH, BUSY_PER_SECOND);
    expectClean(found, EACH);
    // Fewer plans than usual may not meet what each claim is about.
    if (EACH < USUAL_EACH) return;
    const guaranteed = claims.filter(({ strength }) => strength === 'guaranteed').map(({ property }) => property);
    const promised = guaranteed.filter((property) => !found.outside.has(property));
    expect(promised.filter((property) => (found.judged.get(property) ?? 0) === 0)).toEqual([]);
  },
  PATIENCE_MS,
);
