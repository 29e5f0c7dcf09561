import { expect, it } from 'vitest';
import { shareOf } from '../intervals.ts';
import { holds, randomLoss } from './modes.ts';

it('holds what was asked inside the interval only', () => {
  const { low, high } = shareOf(100, 1000);
  expect(holds({ value: 0.1, low, high }, 0.1)).toBe(true);
  expect(holds({ value: 0.1, low, high }, 0.05)).toBe(false);
  expect(holds({ value: 0.1, low, high }, 0.2)).toBe(false);
  expect(randomLoss(0.1).name).toBe('loss random 10 %');
});
