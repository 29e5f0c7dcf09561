import { describe, expect, it } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import {
  chanceNotAll,
  circulatedFanout,
  circulatedReliability,
  floodCoverage,
  floodReliability,
  recommendedFanout,
} from './reliability.ts';

/** Everybody up passes it on once: whether all that are up hear it. */
function playFlood(n: number, fanout: number, loss: number, down: number, seed: string): boolean {
  const random = split(seed);
  const all = Array.from({ length: n }, (_, index) => index);
  const heard = new Set([0]);
  const queue = [0];
  for (let member = queue.pop(); member !== undefined; member = queue.pop()) {
    for (const target of random.sample(
      all.filter((each) => each !== member),
      fanout,
    )) {
      if (random.next() < loss || target >= n - down || heard.has(target)) continue;
      heard.add(target);
      queue.push(target);
    }
  }
  return heard.size === n - down;
}

describe('flood', () => {
  it.each([
    [60, 5, 0, 0],
    [60, 8, 0.2, 0],
    [60, 7, 0.1, 10],
  ])('reaches all of %i, fanout %i, loss %f, %i down, as often as play does', (n, fanout, loss, down) => {
    const runs = 1500;
    let all = 0;
    for (let run = 0; run < runs; run++) if (playFlood(n, fanout, loss, down, `${fanout} ${run}`)) all++;
    const expected = floodReliability({ n, fanout, loss, failed: down / n });
    // Four standard deviations of the share, and what the limit of large n costs.
    expect(Math.abs(all / runs - expected)).toBeLessThan(0.08);
  });

  it('covers 1 - e^-9 with fanout 10 under 10 % loss', () => {
    const coverage = floodCoverage({ n: 1_000_000, fanout: 10, loss: 0.1, failed: 0 });
    expect(Math.abs(coverage - (1 - Math.exp(-9)))).toBeLessThan(1e-4);
  });

  it('needs ln n and a constant; what is in circulation does not know n and is not enough', () => {
    for (const n of [100, 1000, 10_000, 100_000]) {
      const conditions = { loss: 0.05, failed: 0.05 };
      const fanout = recommendedFanout(n, 0.99, conditions) ?? 0;
      expect(floodReliability({ n, fanout, ...conditions })).toBeGreaterThanOrEqual(0.99);
      expect(floodReliability({ n, fanout: fanout - 1, ...conditions })).toBeLessThan(0.99);
      // ln n + ln 100 over what arrives.
      expect(Math.abs(fanout - (Math.log(n) + Math.log(100)) / 0.95 ** 2)).toBeLessThan(2);
      const circulated = circulatedFanout(0.1);
      expect(circulatedReliability(n, circulated, 0.1)).toBeGreaterThan(0.8);
      expect(floodReliability({ n, fanout: circulated, ...conditions })).toBeLessThan(0.01);
    }
  });

  it('the ends: everybody asked, nobody there, loss that no fanout makes good', () => {
    expect(floodReliability({ n: 50, fanout: 49, loss: 0, failed: 0 })).toBe(1);
    expect(floodReliability({ n: 50, fanout: 1, loss: 0, failed: 0 })).toBe(0);
    expect(recommendedFanout(1, 0.99, { loss: 0, failed: 0 })).toBe(0);
    expect(recommendedFanout(3, 0.9999, { loss: 0.5, failed: 0 })).toBeUndefined();
  });
});

describe('chance that not all know', () => {
  it('falls with rounds; n · loss^(k · fanout) would call it nothing long before', () => {
    const law = { n: 1000, mode: 'push', stop: 'never', feedback: 'feedback', k: 1, fanout: 3, loss: 0.1 } as const;
    const chances = [5, 8, 10, 14].map((rounds) => chanceNotAll(law, rounds));
    expect(chances[0]).toBeCloseTo(1, 6);
    for (let i = 1; i < chances.length; i++) expect(chances[i]).toBeLessThan(chances[i - 1] ?? 0);
    expect(1000 * 0.1 ** (5 * 3)).toBeLessThan(1e-11);
  });
});
