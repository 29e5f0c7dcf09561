/**
 * Members that are short of something (processor time, room for their state, a clock that stands) beside every other fault:
 * they want a busy load, so they have draws of their own here. HEARSAY_SEEDS says how many.
 */
import { expect, it } from 'vitest';
import { protocols, SUITE } from '../../impl/registry.ts';
import { NEMESES } from '../../nemesis/registry.ts';
import { KNOWLEDGE } from '../cli/parts.ts';
import { UserError } from '../model/errors.ts';
import { DEMANDING_FAULTS } from '../model/fault.ts';
import type { Plan } from '../model/plan.ts';
import { drawRequest } from '../plan/draw-request.ts';
import { makePlan } from '../plan/make-plan.ts';
import { runOnSim, seedCount } from './test-scenario.ts';

const SEEDS = seedCount(24);
const EACH = Math.ceil(SEEDS / 8);
const PATIENCE_MS = 60_000 + SEEDS * 1000;
/** Alone, a protocol that speaks only when it is asked to would leave short faults nothing to act on. */
const BUSY_PER_SECOND = 15;

/** Draws for each plan that is wanted: about two of three have one of these kinds. */
const MOST_DRAWS = 20;

/** The first so many drawn plans that have one of these kinds. */
function drawn(label: string, names: readonly string[], count: number): Plan[] {
  const lies = names.some((name) => protocols.get(name)?.lies !== undefined);
  const nemeses = NEMESES.filter(({ type }) => lies || type !== 'byzantine');
  const ratePerSecond = names.length === 1 ? BUSY_PER_SECOND : undefined;
  const plans: Plan[] = [];
  for (let seed = 0; plans.length < count && seed < MOST_DRAWS * count; seed++) {
    try {
      const request = drawRequest({ seed: `${label} ${seed}`, protocols: names, nemeses, everyKind: true });
      const plan = makePlan({ ...request, ratePerSecond }, KNOWLEDGE);
      if (plan.faults.some(({ type }) => DEMANDING_FAULTS.has(type))) plans.push(plan);
    } catch (error) {
      // The draw asks for what no plan can do.
      if (!(error instanceof UserError)) throw error;
    }
  }
  expect(plans).toHaveLength(count);
  return plans;
}

/** What was valid in the runs of plans with each kind of fault. */
type ValidByKind = ReadonlyMap<string, ReadonlySet<string>>;

function expectClean(plans: readonly Plan[]): ValidByKind {
  const flagged: string[] = [];
  const unclear: string[] = [];
  const validByKind = new Map<string, Set<string>>();
  for (const plan of plans) {
    const valid = new Set<string>();
    for (const { name, channel = '', verdict, reason, violations, beyondClaims, witness } of runOnSim(plan)
      .properties) {
      const line = `${plan.seed}: ${name} ${channel} ${reason}`;
      const broken = verdict === 'invalid' || (violations > 0 && beyondClaims === undefined);
      if (broken) flagged.push(`${line}; ${witness?.summary ?? ''}`);
      // A member that asks for little is not starved, and one that has nothing to store misses no room.
      else if (verdict === 'unknown' && name !== 'fault-effect') unclear.push(line);
      if (verdict === 'valid') valid.add(name);
    }
    for (const { type } of plan.faults) {
      if (!DEMANDING_FAULTS.has(type)) continue;
      const sofar = validByKind.get(type) ?? new Set<string>();
      for (const name of valid) sofar.add(name);
      validByKind.set(type, sofar);
    }
  }
  expect(flagged).toEqual([]);
  expect(unclear).toEqual([]);
  return validByKind;
}

function expectJudged(valid: ReadonlySet<string> | undefined, label: string): void {
  expect([...(valid ?? [])], label).toContain('fault-effect');
  // The process that lives on says little: a promise of the protocol is wanted.
  const promises = [...(valid ?? [])].filter((name) => name !== 'fault-effect' && name !== 'no-crash');
  expect(promises, label).not.toEqual([]);
}

it(
  `the suite is not flagged under ${SEEDS} of them`,
  () => {
    const validByKind = expectClean(drawn('limits', SUITE, SEEDS));
    for (const kind of DEMANDING_FAULTS) expectJudged(validByKind.get(kind), kind);
  },
  PATIENCE_MS,
);

it.each([...protocols.keys()].filter((name) => !name.startsWith('textbook/')))(
  `%s alone is not flagged under ${EACH} of them`,
  (name) => {
    const validByKind = expectClean(drawn(`limits ${name}`, [name], EACH));
    expectJudged(new Set([...validByKind.values()].flatMap((valid) => [...valid])), name);
  },
  PATIENCE_MS,
);
