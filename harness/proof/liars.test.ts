/**
 * Reliable broadcast bears as many liars as it claims, f = floor((n - 1) / 3), whatever they do, and not one more: with
 * f + 1 its promise is seen to break, and that is reported as beyond the claimed tolerance and not as a defect.
 * HEARSAY_SEEDS says how many plans there are for each n.
 */
import { describe, expect, test } from 'vitest';
import { bracha } from '../../impl/bracha/bracha.ts';
import type { PropertyResult } from '../model/verdict.ts';
import { type FaultFlags, planOf, propertyOf, runOnSim, seedCount } from './test-scenario.ts';

const SEEDS = seedCount(45);
/** With one liar too many a broken run shows up within this many seeds. */
const FOUND_WITHIN = 10;
const PATIENCE_MS = 60_000 + SEEDS * 1500;
const BEHAVIOURS = Object.keys(bracha.lies ?? {});
/** Old messages and too many of them are what links may do too: no number of such liars breaks anything. */
const HARMLESS = ['replay', 'flood'];

function judge(seed: number, nodes: number, faults: FaultFlags): PropertyResult {
  // Often enough that honest members broadcast in every plan, whoever the liars are.
  const plan = planOf(`liars ${seed}`, faults, { protocols: [bracha.name], nodes, timeMs: 15_000, ratePerSecond: 2 });
  return propertyOf(runOnSim(plan).properties, 'broadcast-safety');
}

describe.each([4, 7, 10, 13])('of %i members', (nodes) => {
  const f = Math.floor((nodes - 1) / 3);

  test(
    `${f} may do what they like: all holds in ${SEEDS} seeds, with and without loss`,
    () => {
      // Each behaviour by itself, and each liar with one of its own.
      const ways = [...BEHAVIOURS.map((behaviour) => `:${behaviour}`), ''];
      const broken: string[] = [];
      let delivered = 0;
      for (let seed = 0; seed < SEEDS; seed++) {
        const byzantine = `${f}${ways[seed % ways.length]}`;
        const property = judge(seed, nodes, { byzantine, ...(seed % 2 === 1 ? { loss: '0.1' } : {}) });
        delivered += property.judged;
        const held = property.verdict === 'valid' && property.violations === 0 && property.beyondClaims === undefined;
        if (!held) broken.push(`liars ${seed}, ${byzantine}: ${property.verdict}, ${property.reason}`);
      }
      console.log(`${f} of ${nodes}: ${SEEDS} seeds, ${delivered} broadcasts, ${broken.length} broken`);
      expect(broken).toEqual([]);
      expect(delivered).toBeGreaterThan(SEEDS);
    },
    PATIENCE_MS,
  );

  test.each(BEHAVIOURS.filter((behaviour) => !HARMLESS.includes(behaviour)))(
    `${f + 1} that %s break it within ${FOUND_WITHIN} seeds, which is beyond the claimed tolerance`,
    (behaviour) => {
      let violations = 0;
      for (let seed = 0; seed < FOUND_WITHIN && violations === 0; seed++) {
        const property = judge(seed, nodes, { byzantine: `${f + 1}:${behaviour}` });
        violations += property.violations;
        expect(property.beyondClaims).toMatch(/^beyond the claimed tolerance \(.* at most f = \d+ may\)$/);
        expect(property.verdict).toBe('not-applicable');
      }
      expect(violations).toBeGreaterThan(0);
    },
    60_000,
  );
});
