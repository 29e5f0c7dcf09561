import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { antiEntropyStep, residueOfCounter, residueOfTraffic, rootOfSpread, trafficOfResidue } from './residue.ts';
import { pushResidue } from './spread.ts';

describe('residue', () => {
  it('solves s = e^-(k+1)(1-s), below 1: k = 1 leaves 20 %, k = 2 6 % (Demers et al., section 1.4)', () => {
    expect(residueOfCounter(1)).toBeCloseTo(0.2032, 4);
    expect(residueOfCounter(2)).toBeCloseTo(0.0595, 4);
    for (let k = 1; k < 12; k++) {
      const s = residueOfCounter(k);
      expect(Math.abs(s / Math.exp(-(k + 1) * (1 - s)) - 1)).toBeLessThan(1e-9);
    }
  });

  it('is what the exact chain tends to', () => {
    const exact = pushResidue(3000, { stop: 'counter', feedback: 'feedback', k: 2 });
    expect(Math.abs(exact / residueOfCounter(2) - 1)).toBeLessThan(0.01);
  });

  it('a spread of less than one each goes nowhere, whatever else', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 40, noNaN: true }), (c) => {
        const s = rootOfSpread(c);
        expect(s).toBeGreaterThan(0);
        expect(s).toBeLessThanOrEqual(1);
        expect(Math.abs(s - Math.exp(-c * (1 - s)))).toBeLessThan(1e-6);
        if (c > 1.01) expect(s).toBeLessThan(0.99);
      }),
    );
  });

  it('traffic and residue are each other’s inverse', () => {
    expect(trafficOfResidue(residueOfTraffic(3.3))).toBeCloseTo(3.3, 12);
  });

  it("anti-entropy's tail: pull squares, push divides by e", () => {
    expect(antiEntropyStep('pull', 0.01)).toBeCloseTo(1e-4, 12);
    expect(antiEntropyStep('push', 1e-4)).toBeCloseTo(1e-4 / Math.E, 7);
    expect(antiEntropyStep('push-pull', 0.01)).toBeLessThan(antiEntropyStep('pull', 0.01));
  });
});
