import { describe, expect, it } from 'vitest';
import { bernsteinMargin, burstInflation, clopperPearson, logFactorial, lowerTail, upperTail } from './statistics.ts';

const relative = (actual: number, expected: number) => Math.abs(actual / expected - 1);

describe('binomial tails', () => {
  it('are exact where they can be worked out by hand', () => {
    expect(upperTail(10, 8, 0.5)).toBeCloseTo(56 / 1024, 12);
    expect(lowerTail(10, 2, 0.5)).toBeCloseTo(56 / 1024, 12);
    expect(upperTail(3, 1, 0.1)).toBeCloseTo(1 - 0.729, 11);
    expect(lowerTail(3, 0, 0.1)).toBeCloseTo(0.729, 11);
  });

  it('keep their relative precision far into the tail', () => {
    expect(relative(upperTail(100, 100, 0.1), 1e-100)).toBeLessThan(1e-9);
    expect(relative(lowerTail(1000, 0, 0.1), 0.9 ** 1000)).toBeLessThan(1e-9);
    // P(X >= 99) = 100 p^99 q + p^100.
    expect(relative(upperTail(100, 99, 0.01), 100 * 0.01 ** 99 * 0.99 + 0.01 ** 100)).toBeLessThan(1e-9);
  });

  it('agree with a direct sum over every k', () => {
    const mass = (k: number) =>
      Math.exp(
        logFactorial(60) - logFactorial(k) - logFactorial(60 - k) + k * Math.log(0.3) + (60 - k) * Math.log(0.7),
      );
    let below = 0;
    for (let k = 0; k <= 60; k++) {
      below += mass(k);
      expect(lowerTail(60, k, 0.3)).toBeCloseTo(below, 10);
      expect(upperTail(60, k + 1, 0.3)).toBeCloseTo(1 - below, 10);
    }
  });

  it('are right at the edges', () => {
    expect([upperTail(10, 0, 0.5), upperTail(10, 11, 0.5), upperTail(10, 5, 0), upperTail(10, 10, 1)]).toEqual([
      1, 0, 0, 1,
    ]);
    expect([lowerTail(10, 10, 0.5), lowerTail(10, -1, 0.5), lowerTail(10, 0, 0), lowerTail(10, 9, 1)]).toEqual([
      1, 0, 1, 0,
    ]);
  });

  it('serve a million trials', () => {
    expect(upperTail(1_000_000, 100_000, 0.1)).toBeGreaterThan(0.49);
    expect(upperTail(1_000_000, 102_000, 0.1)).toBeLessThan(1e-9);
    expect(upperTail(1_000_000, 102_000, 0.1)).toBeGreaterThan(0);
  });
});

describe('intervals', () => {
  it('are those of Clopper and Pearson', () => {
    // 95 % for 0 of 10: 1 - 0.025^(1/10); published tables have 0.3085.
    const [low, high] = clopperPearson(10, 0, 0.05);
    expect(low).toBe(0);
    expect(high).toBeCloseTo(1 - 0.025 ** 0.1, 9);
    expect(clopperPearson(10, 5, 0.05).map((p) => Number(p.toFixed(4)))).toEqual([0.1871, 0.8129]);
    expect(clopperPearson(0, 0, 0.05)).toEqual([0, 1]);
  });
});

describe('other margins', () => {
  it('inflates by the correlation of the Gilbert-Elliott chain', () => {
    expect(burstInflation(0.1, 1 / 0.9)).toBeCloseTo(1, 9);
    // leave 0.2, enter 0.2/9: correlation 7/9, (1 + 7/9) / (1 - 7/9) = 8.
    expect(burstInflation(0.1, 5)).toBeCloseTo(8, 9);
  });

  it('bounds a mean the tighter the more there are', () => {
    expect(bernsteinMargin(0, 1, 1, 0.01)).toBe(Number.POSITIVE_INFINITY);
    expect(bernsteinMargin(10_000, 1, 1, 0.01)).toBeCloseTo(
      Math.sqrt((2 * Math.log(200)) / 1e4) + (2 * Math.log(200)) / 3e4,
    );
  });
});
