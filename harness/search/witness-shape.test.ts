import { expect, it } from 'vitest';
import { witnessShape } from './witness-shape.ts';

const shape = (summary: string): string => witnessShape({ reason: '', witness: { summary, lines: [] } });

it('is equal for failures that differ in names, figures and how many are listed', () => {
  const one = shape(
    'n5 went from suspect (life 1, incarnation 0) to alive (life 1, incarnation 0) about n1 at 0.911 s: no',
  );
  const two = shape(
    'n2 went from suspect (life 3, incarnation 12) to alive (life 3, incarnation 1) about n7 at 12 s: no',
  );
  expect(one).toBe(two);
  expect(shape('n1/1 and n2/1 differ')).toBe(shape('n4/2, n5/1 and n6/1 differ'));
  expect(shape('n1 holds "a" twice')).toBe(shape('n3 holds "b c" twice'));
});

it('tells different failures apart', () => {
  expect(shape('n5 delivered "x" twice')).not.toBe(shape('n5 never delivered "x"'));
});

it('takes the reason where there is no witness', () => {
  expect(witnessShape({ reason: '3 of 4 are wrong' })).toBe('# of # are wrong');
});
