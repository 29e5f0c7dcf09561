import { describe, expect, it } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import { syncRounds } from './sync-rounds.ts';

/** Rounds that synchronous push-pull really takes. */
function spread(n: number, seed: string): number {
  const random = split(seed);
  const knows = new Array<boolean>(n).fill(false);
  knows[0] = true;
  for (let round = 1; ; round++) {
    const before = knows.slice();
    for (let i = 0; i < n; i++) {
      const j = (i + 1 + random.int(n - 1)) % n;
      if (before[i] || before[j]) {
        knows[i] = true;
        knows[j] = true;
      }
    }
    if (knows.every(Boolean)) return round;
  }
}

describe('syncRounds', () => {
  it.each([3, 7, 30, 100])('is not below the measured quantiles of push-pull, nor far above, n = %i', (n) => {
    const runs = Array.from({ length: 4000 }, (_, i) => spread(n, `${n}-${i}`));
    for (const miss of [0.5, 0.1, 0.01]) {
      const over = runs.filter((rounds) => rounds > syncRounds(n, miss)).length / runs.length;
      // Four standard errors of a share measured in 4,000 runs.
      expect(over).toBeLessThanOrEqual(miss + 4 * Math.sqrt((miss * (1 - miss)) / runs.length));
    }
    const median = runs.sort((a, b) => a - b)[2000] ?? 0;
    expect(syncRounds(n, 0.5)).toBeLessThanOrEqual(median + 2);
  });

  it('three spreadings take less than three times the rounds of one, and at least three times its median', () => {
    expect(syncRounds(7, 1e-11, 3)).toBeLessThan(3 * syncRounds(7, 1e-11));
    expect(syncRounds(7, 1e-11, 3)).toBeGreaterThanOrEqual(3 * syncRounds(7, 0.5));
  });

  it('grows with n, beyond the size of the chain too', () => {
    const rounds = [2, 8, 32, 128, 129, 512, 2048].map((n) => syncRounds(n, 1e-11));
    expect(rounds).toEqual([...rounds].sort((a, b) => a - b));
  });
});
