import { describe, expect, it } from 'vitest';
import { meanOf, shareOf } from './intervals.ts';

describe('intervals', () => {
  it('are those of Wilson', () => {
    // R, binom::binom.wilson(10, 100, 0.99).
    const share = shareOf(10, 100);
    expect(share.share).toBe(0.1);
    expect(share.low).toBeCloseTo(0.0459, 3);
    expect(share.high).toBeCloseTo(0.2041, 3);
  });

  it('hold what was counted, also at the ends, and everything where nothing was', () => {
    expect(shareOf(0, 50)).toMatchObject({ low: 0, share: 0 });
    expect(shareOf(50, 50)).toMatchObject({ high: 1, share: 1 });
    expect(shareOf(0, 0)).toMatchObject({ low: 0, high: 1 });
    expect(meanOf(5, 1, 0)).toMatchObject({ low: Number.NEGATIVE_INFINITY });
  });

  it('widen with dependence', () => {
    const alone = shareOf(200, 1000);
    const bursts = shareOf(200, 1000, undefined, 9);
    expect(bursts.high - bursts.low).toBeGreaterThan(2.5 * (alone.high - alone.low));
  });

  it('of a mean narrow with the root of the count', () => {
    expect(meanOf(20, 3, 900)).toEqual({ mean: 20, low: 20 - 0.25758, high: 20 + 0.25758 });
  });
});
