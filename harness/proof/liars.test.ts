/**
 * Reliable broadcast bears as many liars as it claims, f = floor((n - 1) / 3), and not one more: with f + 1 its promise
 * is seen to break, and that is reported as beyond the claims and not as a defect. HEARSAY_SEEDS says how many plans.
 */
import { describe, expect, test } from 'vitest';
import { bracha } from '../../impl/bracha/bracha.ts';
import type { PropertyResult } from '../model/verdict.ts';
import { type FaultFlags, planOf, propertyOf, runOnSim, seedCount } from './test-scenario.ts';

const SEEDS = seedCount(60);
/** With one liar too many a broken run shows up within this many seeds. */
const FOUND_WITHIN = 10;
const PATIENCE_MS = 60_000 + SEEDS * 500;

function judge(seed: number, nodes: number, faults: FaultFlags): PropertyResult {
  const plan = planOf(`liars ${seed}`, faults, { protocols: [bracha.name], nodes });
  return propertyOf(runOnSim(plan).properties, 'broadcast-safety');
}

describe.each([
  { nodes: 4, f: 1 },
  { nodes: 7, f: 2 },
])('of $nodes members', ({ nodes, f }) => {
  test.each(['equivocate', 'withhold'])(
    `${f} may %s: all holds in ${SEEDS} seeds, with and without loss`,
    (behaviour) => {
      const broken: string[] = [];
      let delivered = 0;
      for (let seed = 0; seed < SEEDS; seed++) {
        const faults: FaultFlags = { byzantine: `${f}:${behaviour}`, ...(seed % 2 === 1 ? { loss: '0.1' } : {}) };
        const property = judge(seed, nodes, faults);
        delivered += property.judged;
        const held = property.verdict === 'valid' && property.violations === 0 && property.beyondClaims === undefined;
        if (!held) broken.push(`liars ${seed}: ${property.verdict}, ${property.reason}`);
      }
      console.log(`${f} of ${nodes} ${behaviour}: ${SEEDS} seeds, ${delivered} broadcasts, ${broken.length} broken`);
      expect(broken).toEqual([]);
      expect(delivered).toBeGreaterThan(SEEDS);
    },
    PATIENCE_MS,
  );

  test.each(['equivocate', 'withhold'])(
    `${f + 1} that %s break it within ${FOUND_WITHIN} seeds, which is beyond the claims`,
    (behaviour) => {
      const properties = Array.from({ length: FOUND_WITHIN }, (_, seed) =>
        judge(seed, nodes, { byzantine: `${f + 1}:${behaviour}` }),
      );
      const broken = properties.filter((property) => property.violations > 0);
      console.log(`${f + 1} of ${nodes} ${behaviour}: broken in ${broken.length} of ${FOUND_WITHIN} seeds`);
      expect(broken.length).toBeGreaterThan(0);
      for (const property of properties) {
        expect(property.beyondClaims).toContain('f');
        expect(property.verdict).not.toBe('invalid');
      }
    },
  );
});
