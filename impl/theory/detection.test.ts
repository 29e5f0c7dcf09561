import { describe, expect, it } from 'vitest';
import {
  chanceProbed,
  detectionPeriods,
  falseSuspicionPerProbe,
  falseSuspicionsPerPeriod,
  falseSuspicionWhenProbed,
  firstProbePeriods,
  firstProbePeriodsRoundRobin,
  longestProbeGap,
  probeMessagesPerPeriod,
  suspicionPeriods,
  uninformedAfterPiggyback,
} from './detection.ts';

describe('SWIM (literature, section 2)', () => {
  it.each([
    [8, 1.515, 1.46],
    [32, 1.567, 1.55],
    [128, 1.578, 1.57],
  ])('first probe of one of %i: %f periods at random, %f round-robin', (n, random, roundRobin) => {
    expect(firstProbePeriods(n)).toBeCloseTo(random, 3);
    expect(Math.abs(firstProbePeriodsRoundRobin(n) - roundRobin)).toBeLessThan(0.006);
  });

  it('both tend to e / (e - 1), and a list is never worse', () => {
    const limit = Math.E / (Math.E - 1);
    expect(firstProbePeriods(1e6)).toBeCloseTo(limit, 5);
    expect(firstProbePeriodsRoundRobin(5000)).toBeCloseTo(limit, 3);
    for (const n of [2, 3, 5, 20, 300]) {
      expect(firstProbePeriodsRoundRobin(n)).toBeLessThanOrEqual(firstProbePeriods(n) + 1e-12);
    }
    expect(firstProbePeriodsRoundRobin(2)).toBeCloseTo(1, 12);
    expect(chanceProbed(100_000, 0.5)).toBeCloseTo(1 - Math.exp(-0.5), 4);
    expect(longestProbeGap(8)).toBe(13);
  });

  it.each([
    [0.95, 0, 0.154],
    [0.95, 1, 0.0286],
    [0.95, 3, 9.8e-4],
    [0.9, 0, 0.301],
    [0.9, 1, 0.103],
    [0.9, 3, 0.0122],
  ])('false suspicions at q_ml = %f, k = %i: %f', (arrives, indirect, published) => {
    const measured = falseSuspicionWhenProbed({ arrives, alive: 1, indirect });
    expect(Math.abs(measured / published - 1)).toBeLessThan(0.006);
  });

  it('the factor of the paper conditions on being probed', () => {
    for (const alive of [1, 0.7]) {
      const conditions = { arrives: 0.9, alive, indirect: 2 };
      const whenProbed = falseSuspicionWhenProbed(conditions) * (1 - Math.exp(-alive));
      expect(whenProbed).toBeCloseTo(falseSuspicionsPerPeriod(conditions), 12);
      expect(falseSuspicionsPerPeriod(conditions)).toBeCloseTo(alive * falseSuspicionPerProbe(conditions), 12);
    }
    expect(falseSuspicionPerProbe({ arrives: 1, alive: 1, indirect: 0 })).toBe(0);
  });

  it('the rest: piggybacking, suspicion, load', () => {
    expect(uninformedAfterPiggyback(100, 3)).toBeCloseTo(1e-8, 12);
    expect([suspicionPeriods(1), suspicionPeriods(7), suspicionPeriods(100)]).toEqual([3, 9, 15]);
    expect(probeMessagesPerPeriod({ arrives: 1, alive: 1, indirect: 3 })).toBe(2);
    expect(probeMessagesPerPeriod({ arrives: 0.9, alive: 1, indirect: 3 })).toBeGreaterThan(2);
    const { first, all } = detectionPeriods(100);
    expect(first).toBeCloseTo(firstProbePeriodsRoundRobin(100) + 15, 12);
    expect(all - first).toBeGreaterThan(5);
    expect(detectionPeriods(100, 0.3).all).toBeGreaterThan(all);
  });
});
