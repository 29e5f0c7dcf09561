import { describe, expect, it } from 'vitest';
import { circulatedRounds, closedFormRounds, growthFactor } from './rounds.ts';
import { expectedCoverage, roundsUntilAll } from './rounds-distribution.ts';
import { roundsToAll } from './spread.ts';

/** Literature, section 5: n, mode, mean. */
const MEANS = [
  [100, 'push', 12.32],
  [100, 'pull', 9.77],
  [100, 'push-pull', 6.52],
  [1000, 'push', 18.03],
  [1000, 'pull', 13.78],
  [1000, 'push-pull', 9.16],
  [10_000, 'push', 23.61],
  [10_000, 'pull', 17.51],
  [10_000, 'push-pull', 11.61],
] as const;

describe('closed forms', () => {
  it.each(MEANS)('n = %i, %s: within a constant of about one of the mean %f', (n, mode, mean) => {
    const missing = mean - closedFormRounds(mode, n, 1).rounds;
    // The constant that the forms leave out: 1.1 for push, 1.0 for pull, 0.1 for push-pull, at every n.
    const constant = { push: 1.1, pull: 1.0, 'push-pull': 0.08 }[mode];
    expect(Math.abs(missing - constant)).toBeLessThan(0.1);
  });

  it('the formula in circulation is off by more, and by the more the larger n', () => {
    for (const n of [100, 1000, 10_000]) {
      const off = MEANS.filter(([size]) => size === n).map(([, , mean]) => Math.abs(circulatedRounds(n) - mean));
      expect(Math.max(...off)).toBeGreaterThan(2.5);
    }
  });

  it('loss slows push by less than 1 / (1 - loss), and pull by more', () => {
    const slower = (mode: 'push' | 'pull', loss: number): number =>
      closedFormRounds(mode, 10_000, 1, loss).rounds / closedFormRounds(mode, 10_000, 1).rounds;
    expect(slower('push', 0.3)).toBeLessThan(1 / 0.7);
    expect(slower('pull', 0.3)).toBeGreaterThan(1 / 0.7);
  });

  it('growth: doubling for push and pull, threefold for both; requests are lost too', () => {
    expect([growthFactor('push', 1, 0), growthFactor('pull', 1, 0), growthFactor('push-pull', 1, 0)]).toEqual([
      2, 2, 3,
    ]);
    expect(growthFactor('pull', 2, 0.5)).toBe(1.5);
    expect(closedFormRounds('push', 1, 3).rounds).toBe(0);
  });
});

describe('distribution of the rounds until all know', () => {
  it.each(MEANS)('n = %i, %s: the mean %f within 1 %', (n, mode, mean) => {
    const { expected } = roundsUntilAll({ n, mode, fanout: 1, loss: 0 });
    expect(Math.abs((expected ?? 0) / mean - 1)).toBeLessThan(0.01);
  });

  it.each([
    ['push', 1, 0],
    ['pull', 1, 0],
    ['push-pull', 1, 0],
    ['push', 3, 0],
    ['pull', 2, 50],
    ['push-pull', 1, 100],
  ] as const)('agrees with the exact chain: %s, fanout %i, %i absent of 300', (mode, fanout, absent) => {
    const { median, p99 } = roundsUntilAll({ n: 300, mode, fanout, loss: 0, absent });
    expect(Math.abs((median ?? 0) - roundsToAll(mode, 300, fanout, 0.5, absent))).toBeLessThanOrEqual(1);
    expect(Math.abs((p99 ?? 0) - roundsToAll(mode, 300, fanout, 0.01, absent))).toBeLessThanOrEqual(1);
  });

  it('the distance from mean to 99 % quantile does not grow with n: 1.5 times the mean is a guess', () => {
    for (const n of [100, 1000, 100_000]) {
      const { expected, p99 } = roundsUntilAll({ n, mode: 'push', fanout: 1, loss: 0 });
      expect((p99 ?? 0) - (expected ?? 0)).toBeGreaterThan(2.5);
      expect((p99 ?? 0) - (expected ?? 0)).toBeLessThan(5.5);
    }
  });

  it('few members, and a spread that takes for ever', () => {
    expect(roundsUntilAll({ n: 1, mode: 'push', fanout: 1, loss: 0 }).expected).toBe(0);
    expect(roundsUntilAll({ n: 2, mode: 'pull', fanout: 1, loss: 0 }).expected).toBeCloseTo(1, 6);
    expect(roundsUntilAll({ n: 2, mode: 'push', fanout: 1, loss: 0.5 }).expected).toBeCloseTo(2, 6);
    expect(roundsUntilAll({ n: 50, mode: 'pull', fanout: 1, loss: 0.999 }).expected).toBeUndefined();
  });

  it('coverage goes from one to all', () => {
    const shares = expectedCoverage({ n: 500, mode: 'push-pull', fanout: 2, loss: 0.1 }, 20) ?? [];
    expect(shares[0]).toBeCloseTo(1 / 500, 12);
    expect(shares.at(-1)).toBeCloseTo(1, 6);
    for (let round = 1; round < shares.length; round++) {
      expect(shares[round]).toBeGreaterThanOrEqual((shares[round - 1] ?? 0) - 1e-9);
    }
  });
});
