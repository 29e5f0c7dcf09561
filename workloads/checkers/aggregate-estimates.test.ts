import { expect, it } from 'vitest';
import { leaderlessChance } from './aggregate-estimates.ts';

it('an epoch without a leader is impossible, negligible or to be expected, by how many were left of how many', () => {
  expect(leaderlessChance(4, 4, 4)).toBe(0);
  expect(leaderlessChance(2, 4, 6)).toBe(0);
  // Two of seven, each of whom leads in six of seven epochs.
  expect(leaderlessChance(2, 7, 6)).toBeCloseTo(1 / 49);
  expect(leaderlessChance(100, 100, 24)).toBeLessThan(Math.exp(-24));
  expect(leaderlessChance(100, 100, 4)).toBeGreaterThan(0.01);
});
