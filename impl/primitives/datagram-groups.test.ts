import fc from 'fast-check';
import { expect, it } from 'vitest';
import { groupsThatFit } from './datagram-groups.ts';

const size = (item: number) => item;

it('keeps all items in their order, and no group over its room that holds more than one', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50 })), fc.integer({ min: 1, max: 60 }), (items, room) => {
      const groups = groupsThatFit(items, size, room);
      expect(groups.flat()).toEqual(items);
      for (const group of groups) {
        expect(group.length).toBeGreaterThan(0);
        if (group.length > 1) expect(group.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(room);
      }
    }),
  );
});

it('begins a group only when the one before is full', () => {
  expect(groupsThatFit([4, 6, 1, 20, 5, 5], size, 10)).toEqual([[4, 6], [1], [20], [5, 5]]);
  expect(groupsThatFit([], size, 10)).toEqual([]);
});

it('leaves out what comes after the last group that is allowed', () => {
  expect(groupsThatFit([4, 6, 1, 20], size, 10, 2)).toEqual([[4, 6], [1]]);
  expect(groupsThatFit([4], size, 10, 0)).toEqual([]);
});
