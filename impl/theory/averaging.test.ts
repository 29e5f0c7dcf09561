import { describe, expect, it } from 'vitest';
import { cyclesToShare, varianceFactor } from './averaging.ts';

describe('averaging', () => {
  it('is 1/e, 1/(2√e), 1/4, and 1/2 - 1/(2n) for push-sum', () => {
    expect(varianceFactor('random', 1000)).toBeCloseTo(0.368, 3);
    expect(varianceFactor('sequential', 1000)).toBeCloseTo(0.303, 3);
    expect(varianceFactor('matching', 1000)).toBe(0.25);
    expect(varianceFactor('push-sum', 200)).toBeCloseTo(0.4975, 6);
  });

  it('tells how many cycles an accuracy takes', () => {
    expect(cyclesToShare('matching', 10, 1 / 64)).toBeCloseTo(3, 12);
    expect(cyclesToShare('random', 10, 1e-6)).toBeGreaterThan(cyclesToShare('sequential', 10, 1e-6));
  });
});
