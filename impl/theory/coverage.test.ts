import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanFieldCoverage, meanFieldEnd, meanFieldMissing, type SpreadLaw } from './coverage.ts';

const LAW: SpreadLaw = { n: 1000, mode: 'push', stop: 'never', feedback: 'feedback', k: 1, fanout: 1, loss: 0 };

const laws: fc.Arbitrary<SpreadLaw> = fc.record({
  n: fc.integer({ min: 2, max: 5000 }),
  mode: fc.constantFrom('push', 'pull', 'push-pull'),
  stop: fc.constantFrom('coin', 'counter', 'rounds', 'never'),
  feedback: fc.constantFrom('feedback', 'blind'),
  k: fc.integer({ min: 1, max: 8 }),
  fanout: fc.integer({ min: 1, max: 8 }),
  loss: fc.double({ min: 0, max: 0.9, noNaN: true }),
});

describe('mean field', () => {
  it('coverage starts with one, never falls and never passes all', () => {
    fc.assert(
      fc.property(laws, (law) => {
        const shares = meanFieldCoverage(law, 40);
        expect(shares[0]).toBeCloseTo(1 / law.n, 12);
        for (let round = 1; round < shares.length; round++) {
          expect(shares[round]).toBeGreaterThanOrEqual((shares[round - 1] ?? 0) - 1e-12);
          expect(shares[round]).toBeLessThanOrEqual(1 + 1e-12);
        }
      }),
    );
  });

  it('loss and members that are down never help', () => {
    fc.assert(
      fc.property(laws, fc.double({ min: 0, max: 0.09, noNaN: true }), (law, more) => {
        // Interest that is lost later, for want of answers, may make up for lost pushes: only who never stops counts.
        const endless: SpreadLaw = { ...law, stop: 'never' };
        const missing = meanFieldMissing(endless, 20);
        const lossier = meanFieldMissing({ ...endless, loss: law.loss + more }, 20);
        for (let round = 0; round <= 20; round++) {
          expect(lossier[round]).toBeGreaterThanOrEqual((missing[round] ?? 0) - 1e-9);
        }
        if (law.n < 10) return;
        const down = meanFieldCoverage({ ...endless, absent: Math.floor(law.n / 3) }, 20);
        const up = meanFieldCoverage(endless, 20);
        expect(down[20]).toBeLessThanOrEqual((up[20] ?? 0) + 1 / law.n + 1e-9);
      }),
    );
  });

  it('the formula in circulation is far off: 1 - e^(-fanout 2^k / n)', () => {
    const circulated = (round: number): number => 1 - Math.exp(-(3 * 2 ** round) / 1000);
    const shares = meanFieldCoverage({ ...LAW, fanout: 3 }, 6);
    // With fanout 3 six rounds reach 93 %, of which it promises 17 %.
    expect(shares[6]).toBeGreaterThan(0.92);
    expect(circulated(6)).toBeLessThan(0.18);
  });

  it.each([
    [1, 0.174, 1.745, 16.81],
    [2, 0.037, 3.3, 16.96],
    [3, 0.011, 4.533, 17.3],
    [4, 0.00354, 5.637, 17.57],
    [5, 0.00125, 6.682, 17.71],
  ])('gives table 1 of Demers et al., k = %i', (k, residue, traffic, lastArrival) => {
    const end = meanFieldEnd({ ...LAW, stop: 'counter', k });
    expect(Math.abs(end.residue / residue - 1)).toBeLessThan(residue < 0.01 ? 0.15 : 0.05);
    expect(Math.abs(end.traffic / traffic - 1)).toBeLessThan(0.005);
    expect(Math.abs(end.lastArrival / lastArrival - 1)).toBeLessThan(0.05);
  });

  it.each([
    [2, 0.205, 1.591],
    [3, 0.06, 2.82],
    [4, 0.02, 3.92],
    [5, 0.0071, 4.965],
  ])('gives table 2, k = %i', (k, residue, traffic) => {
    const end = meanFieldEnd({ ...LAW, stop: 'coin', feedback: 'blind', k });
    expect(Math.abs(end.residue / residue - 1)).toBeLessThan(0.05);
    expect(Math.abs(end.traffic / traffic - 1)).toBeLessThan(0.01);
  });

  it('pushes that all are blind obey s = e^-m', () => {
    for (const k of [2, 3, 5]) {
      const end = meanFieldEnd({ ...LAW, n: 100_000, stop: 'counter', feedback: 'blind', k });
      expect(Math.abs(end.residue / Math.exp(-end.traffic) - 1)).toBeLessThan(0.02);
    }
  });
});
