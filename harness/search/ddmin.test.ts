import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ddmin } from './ddmin.ts';

it('finds exactly what is needed, in order, whatever stands around it', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(200), { maxLength: 60 }), fc.nat(5), fc.nat(), (items, count, turn) => {
      const needed = items.filter((_, i) => (i * 7 + turn) % 11 < count);
      const test = (part: readonly number[]): boolean => needed.every((item) => part.includes(item));
      expect(ddmin(items, test)).toEqual(needed);
    }),
  );
});

it('leaves nothing out that alone could be left out, where parts depend on each other', () => {
  const items = Array.from({ length: 40 }, (_, i) => i);
  // Fails only with at least three even ones, and an even count of odd ones.
  const test = (part: readonly number[]): boolean =>
    part.filter((item) => item % 2 === 0).length >= 3 && part.filter((item) => item % 2 === 1).length % 2 === 0;
  const found = ddmin(items, test);
  expect(test(found)).toBe(true);
  for (const item of found) expect(test(found.filter((other) => other !== item))).toBe(false);
});

it('asks few questions where little is needed', () => {
  let asked = 0;
  const found = ddmin(
    Array.from({ length: 1024 }, (_, i) => i),
    (part) => {
      asked++;
      return part.includes(700);
    },
  );
  expect(found).toEqual([700]);
  expect(asked).toBeLessThan(50);
});

it('goes no deeper than it is asked to', () => {
  const items = Array.from({ length: 64 }, (_, i) => i);
  // Only in pieces of at most four could anything be left out.
  const test = (part: readonly number[]): boolean => part.length >= 60;
  expect(ddmin(items, test, 8)).toEqual(items);
  expect(ddmin(items, test)).toHaveLength(60);
});
