import { describe, expect, it } from 'vitest';
import { varianceFactor } from '../../impl/theory/averaging.ts';
import { type AveragingRequest, PAIRS, simulateAveraging } from './averaging.ts';

const BASE: AveragingRequest = { n: 400, pairs: 'random', topology: 'complete', runs: 30, seed: 'test', cycles: 6 };

const factor = (over: Partial<AveragingRequest>): number =>
  simulateAveraging({ ...BASE, ...over }).varianceFactor.mean ?? Number.NaN;

describe('averaging', () => {
  it.each(PAIRS)('%s: the factor that theory gives', (pairs) => {
    const n = pairs === 'push-sum' ? 100 : 400;
    expect(Math.abs(factor({ pairs, n }) / varianceFactor(pairs, n) - 1)).toBeLessThan(0.04);
  });

  it('is a function of its request', () => {
    expect(simulateAveraging(BASE)).toEqual(simulateAveraging(BASE));
    expect(factor({})).not.toBe(factor({ seed: 'other' }));
  });

  it('is much slower on a ring, for push-sum too', () => {
    for (const pairs of ['sequential', 'push-sum'] as const) {
      expect(factor({ pairs, n: 100, topology: 'ring' })).toBeGreaterThan(factor({ pairs, n: 100 }) * 1.2);
    }
  });

  it('gives a factor for each cycle', () => {
    const { byCycle } = simulateAveraging(BASE);
    expect(byCycle).toHaveLength(6);
    for (const { mean } of byCycle) expect(mean).toBeGreaterThan(0);
  });
});
