import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { UnnumberedFault } from '../harness/model/nemesis.ts';
import { split } from '../harness/model/rng.ts';
import { churn } from './churn.ts';
import { minorityOf } from './targets.ts';

function plan(rate: string, n: number, seed: string, windowMs = 60_000): UnnumberedFault[] {
  return churn.plan(churn.parse(rate), {
    members: Array.from({ length: n }, (_, i) => `n${i + 1}`),
    timeMs: windowMs + 2000,
    random: split(seed, 'nemesis', 'churn'),
    windows: [{ atMs: 1000, untilMs: 1000 + windowMs }],
    behaviours: new Map(),
    tolerated: () => ({ all: 0, some: 0 }),
    withoutState: false,
  });
}

/** How many are away at each start of an absence, that one included; and whether somebody left who was away. */
function away(faults: readonly UnnumberedFault[]): { most: number; twice: boolean } {
  let most = 0;
  let twice = false;
  for (const fault of faults) {
    const others = faults.filter((other) => other.atMs <= fault.atMs && other.untilMs > fault.atMs);
    most = Math.max(most, others.length);
    const victims = others.flatMap((other) => ('targets' in other ? other.targets : []));
    if (new Set(victims).size < victims.length) twice = true;
  }
  return { most, twice };
}

test('the rate is met and no more than a minority is away at once, for any size, rate and seed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 30 }), fc.integer({ min: 2, max: 60 }), fc.string(), (n, perMinute, seed) => {
      const faults = plan(`${perMinute}/min`, n, seed);
      expect(faults).toHaveLength(perMinute);
      const { most, twice } = away(faults);
      expect(most).toBeLessThanOrEqual(minorityOf(n));
      expect(twice).toBe(false);
      for (const { atMs, untilMs } of faults) {
        expect(atMs).toBeGreaterThanOrEqual(1000);
        expect(untilMs).toBeGreaterThan(atMs);
        expect(untilMs).toBeLessThanOrEqual(61_000);
      }
    }),
  );
});

test('all three ways to go occur', () => {
  const kinds = plan('60/min', 9, 'a').map((fault) => (fault.type === 'kill' ? fault.restart : fault.type));
  expect([...new Set(kinds)].sort()).toEqual(['leave', 'with-state', 'without-state']);
});

test('a rate that a minority cannot bear, and one that plans nothing, are mistakes', () => {
  expect(() => plan('10/s', 7, 'a')).toThrow(/more than a minority of 7.*at most 300\/min/);
  expect(() => plan('5/s', 7, 'a')).not.toThrow();
  expect(() => plan('1/h', 7, 'a')).toThrow(/plans nothing.*at least 1\/min/);
  expect(() => plan('6/min', 2, 'a')).toThrow(/needs 3 members/);
});
