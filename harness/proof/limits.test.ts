/**
 * Members that are short of something (processor time, room for their state, a clock that stands) beside every other fault:
 * searches leave these kinds out, so they have draws of their own here. HEARSAY_SEEDS says how many.
 */
import { expect, it } from 'vitest';
import { protocols, SUITE } from '../../impl/registry.ts';
import { NEMESES } from '../../nemesis/registry.ts';
import { KNOWLEDGE } from '../cli/parts.ts';
import { UserError } from '../model/errors.ts';
import { UNSEARCHED_FAULTS } from '../model/fault.ts';
import type { Plan } from '../model/plan.ts';
import { drawRequest } from '../plan/draw-request.ts';
import { makePlan } from '../plan/make-plan.ts';
import { runOnSim, seedCount } from './test-scenario.ts';

const SEEDS = seedCount(24);
const EACH = Math.ceil(SEEDS / 8);
const PATIENCE_MS = 60_000 + SEEDS * 1000;
/** Alone, a protocol that speaks only when it is asked to would leave short faults nothing to act on. */
const BUSY_PER_SECOND = 15;

/** The first so many drawn plans that have one of these kinds. */
function drawn(label: string, names: readonly string[], count: number): Plan[] {
  const lies = names.some((name) => protocols.get(name)?.lies !== undefined);
  const nemeses = NEMESES.filter(({ type }) => lies || type !== 'byzantine');
  const ratePerSecond = names.length === 1 ? BUSY_PER_SECOND : undefined;
  const plans: Plan[] = [];
  for (let seed = 0; plans.length < count; seed++) {
    try {
      const request = drawRequest({ seed: `${label} ${seed}`, protocols: names, nemeses, everyKind: true });
      const plan = makePlan({ ...request, ratePerSecond }, KNOWLEDGE);
      if (plan.faults.some(({ type }) => UNSEARCHED_FAULTS.has(type))) plans.push(plan);
    } catch (error) {
      // The draw asks for what no plan can do.
      if (!(error instanceof UserError)) throw error;
    }
  }
  return plans;
}

function expectClean(plans: readonly Plan[]): void {
  const flagged: string[] = [];
  const unclear: string[] = [];
  for (const plan of plans) {
    for (const { name, channel = '', verdict, reason, violations, beyondClaims, witness } of runOnSim(plan)
      .properties) {
      const line = `${plan.seed}: ${name} ${channel} ${reason}`;
      const broken = verdict === 'invalid' || (violations > 0 && beyondClaims === undefined);
      if (broken) flagged.push(`${line}; ${witness?.summary ?? ''}`);
      // A member that asks for little is not starved, and one that has nothing to store misses no room.
      else if (verdict === 'unknown' && name !== 'fault-effect') unclear.push(line);
    }
  }
  expect(flagged).toEqual([]);
  expect(unclear).toEqual([]);
}

it(`the suite is not flagged under ${SEEDS} of them`, () => expectClean(drawn('limits', SUITE, SEEDS)), PATIENCE_MS);

it.each([...protocols.keys()].filter((name) => !name.startsWith('textbook/')))(
  `%s alone is not flagged under ${EACH} of them`,
  (name) => expectClean(drawn(`limits ${name}`, [name], EACH)),
  PATIENCE_MS,
);
