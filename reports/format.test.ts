import { expect, test } from 'vitest';
import { figure, nameList, percent, plural, seconds } from './format.ts';

test('runs of numbered names are drawn together, others are not', () => {
  expect(nameList(['n1', 'n2', 'n3', 'n5', 'n6', 'x'])).toBe('n1–n3, n5, n6, x');
  expect(nameList(['n9', 'n10', 'n11', 'm12'])).toBe('n9–n11, m12');
  const odd = Array.from({ length: 20 }, (_, index) => `n${index * 2}`);
  expect(nameList(odd, 3)).toBe('n0, n2, n4 and others (20 in all)');
});

test('figures', () => {
  expect(figure(1234567)).toBe('1,234,567');
  expect(figure(12.345)).toBe('12.3');
  expect(figure(0.012345)).toBe('0.0123');
  expect(percent(0.1)).toBe('10 %');
  expect(plural(1, 'member')).toBe('1 member');
  expect(seconds(8.12e9)).toBe('8.1 s');
  expect(seconds(Number.POSITIVE_INFINITY)).toBe('the end');
});
