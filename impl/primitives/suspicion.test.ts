import { expect, it } from 'vitest';
import { logarithmicLimit, suspicionTimeoutMs } from './suspicion.ts';

it.each([
  [0, 3],
  [1, 3],
  [2, 6],
  [7, 9],
  [19, 9],
  [20, 12],
  [100, 15],
  [1000, 21],
])('3⌈ln(n+1)⌉ for n = %i is %i (SWIM section 5)', (n, expected) => {
  expect(logarithmicLimit(3, n)).toBe(expected);
  expect(suspicionTimeoutMs(3, n, 200)).toBe(expected * 200);
});
