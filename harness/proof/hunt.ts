/**
 * Test support: the hunt for planted bugs. Drawn plans convict each of them, and what they convict it with shrinks to a plan
 * that a person can read, and shrinks to the same plan again. Without HEARSAY_SEEDS one bug of three protocols is
 * hunted; with it all of them are, in at most so many trials each, as `.ci/run` does. HEARSAY_PREFIX draws other plans than the usual
 * ones, on which the draw may have been tuned.
 */
import { expect, it } from 'vitest';
import { protocols } from '../../impl/registry.ts';
import { NEMESES } from '../../nemesis/registry.ts';
import { JUDGE_PARTS, KNOWLEDGE } from '../cli/parts.ts';
import type { Plan } from '../model/plan.ts';
import { drawTrial } from '../search/draw-trial.ts';
import { brokenBy, liesOf, quickSettings } from '../search/oracle.ts';
import { shrink } from '../search/shrink.ts';
import { withSwaps } from '../search/trial.ts';
import { NEEDS_MORE, PLANTED_BUGS, type PlantedBug, READABLE } from './planted-bugs.ts';
import { seedCount } from './test-scenario.ts';

const MOST_TRIALS = seedCount(150);
const PREFIX = process.env.HEARSAY_PREFIX ?? 'hunt';
/** A membership, a map, a broadcast. */
const USUAL = ['swimForgetsDead', 'antiEntropyResurrects', 'brachaKeyedByValue'];
/** All pairs of members speak for each value: the dearest trials. */
export const AGREEMENT: ReadonlySet<string> = new Set(['bracha', 'consensus']);
const CASE_MS = 300_000;
const IS_FULL = (process.env.HEARSAY_SEEDS ?? '') !== '';

function hunt(bug: PlantedBug) {
  const parts = { ...JUDGE_PARTS, protocols: withSwaps(protocols, { [bug.of]: bug.protocol }) };
  const space = { protocols: [bug.of], nodes: [4, 9], timeMs: [10_000, 60_000], settings: 'drawn' } as const;
  for (let trial = 0; trial < MOST_TRIALS; trial++) {
    const plan = drawTrial(space, `${PREFIX}-${trial}`, KNOWLEDGE, NEMESES);
    const [property] = plan === undefined ? [] : brokenBy(plan, parts, KNOWLEDGE);
    if (plan !== undefined && property !== undefined) return { plan, property, parts, trials: trial + 1 };
  }
  return undefined;
}

/** Declares the tests that hunt the bugs of some protocols, one for each bug. */
export function huntBugsOf(isOne: (protocol: string) => boolean): void {
  const all = PLANTED_BUGS.filter(({ of }) => isOne(of));
  const hunted = all.filter(({ name }) => IS_FULL || USUAL.includes(name));
  it('there are bugs to hunt', () => {
    expect(hunted.length).toBeGreaterThan(0);
  });
  it.each(hunted)(
    '$name is found by drawn plans, shrinks to a small one, and the correct protocol stands it',
    (bug) => {
      const found = hunt(bug);
      expect(found, `within ${MOST_TRIALS} trials`).toBeDefined();
      if (found === undefined) return;
      const { property, parts, trials } = found;
      const shrinkFrom = (plan: Plan) =>
        shrink({
          plan,
          fails: (candidate) => brokenBy(candidate, parts, KNOWLEDGE).includes(property),
          usualSettings: quickSettings(parts.protocols),
          liesOf: liesOf(parts.protocols),
          mostRuns: 3000,
        });
      const { plan, runs, minimal } = shrinkFrom(found.plan);
      console.log(
        `${bug.name}: ${property} after ${trials} trials; ${found.plan.faults.length} faults and ${found.plan.operations.length} ` +
          `operations at ${found.plan.members.length} members shrunk to ${plan.faults.length}, ${plan.operations.length}, ` +
          `${plan.members.length} in ${runs} runs`,
      );
      expect(minimal).toBe(true);
      expect(brokenBy(plan, parts, KNOWLEDGE)).toContain(property);
      for (const part of ['faults', 'operations', 'members'] as const) {
        expect(plan[part].length, part).toBeLessThanOrEqual(NEEDS_MORE[bug.name]?.[part] ?? READABLE[part]);
      }
      expect(shrinkFrom(plan).plan).toEqual(plan);
      expect(brokenBy(plan, JUDGE_PARTS, KNOWLEDGE)).toEqual([]);
    },
    CASE_MS,
  );
}
