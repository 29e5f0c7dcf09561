import { expect, test } from 'vitest';
import { betweenClocks } from './calibrate.ts';

test('times of one clock need no correction; those of two are off by both clocks at most', () => {
  const [here, there] = [
    { aheadMs: 0, uncertaintyMs: 0.2 },
    { aheadMs: 5000, uncertaintyMs: 0.5 },
  ];
  expect(betweenClocks(undefined, undefined)).toEqual({ aheadMs: 0, uncertaintyMs: 0 });
  expect(betweenClocks(there, there)).toEqual({ aheadMs: 0, uncertaintyMs: 0 });
  expect(betweenClocks(here, there)).toEqual({ aheadMs: 5000, uncertaintyMs: 0.7 });
  expect(betweenClocks(there, here)).toEqual({ aheadMs: -5000, uncertaintyMs: 0.7 });
  expect(betweenClocks(undefined, there)).toEqual({ aheadMs: 5000, uncertaintyMs: 0.5 });
});
