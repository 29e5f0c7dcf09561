import { expect, test } from 'vitest';
import { historyDifference } from './history-difference.ts';

test('names the first line that differs', () => {
  expect(historyDifference(['a', 'b', 'c'], ['a', 'x', 'y'])).toEqual({ line: 2, first: 'b', second: 'x' });
});

test('a history that ends earlier differs where it ends', () => {
  expect(historyDifference(['a'], ['a', 'b'])).toEqual({ line: 2, first: undefined, second: 'b' });
  expect(historyDifference(['a', 'b'], ['a'])).toEqual({ line: 2, first: 'b', second: undefined });
});

test('equal histories do not differ', () => {
  expect(historyDifference(['a', 'b'], ['a', 'b'])).toBeUndefined();
  expect(historyDifference([], [])).toBeUndefined();
});
