import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isUpdateList, MAX_NUMBER, sumOfRecords, updateBytes } from './membership-claims.ts';
import { ALIVE, beats, DEAD, SUSPECT, type Update } from './membership-order.ts';

it('updateBytes is at least the encoded size', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
  const number = fc.nat(MAX_NUMBER);
  fc.assert(
    fc.property(name, number, number, fc.option(name), (subject, life, incarnation, by) => {
      const update: Update =
        by === null ? [subject, life, incarnation, ALIVE] : [subject, life, incarnation, SUSPECT, by];
      expect(updateBytes(update)).toBeGreaterThanOrEqual(encode(update).byteLength);
    }),
  );
});

describe('sumOfRecords', () => {
  const known = (name: string) => name !== 'self';

  it('takes the highest incarnation and the greatest claim about each, whatever the order', () => {
    const u: readonly Update[] = [
      ['n2', 1, 0, DEAD, 'n3'],
      ['n2', 1, 1, ALIVE],
      ['n2', 1, 0, SUSPECT, 'n4'],
      ['self', 1, 9, DEAD],
    ];
    const orders = [u, [...u].reverse()];
    for (const order of orders) {
      const sum = sumOfRecords(
        [
          { i: 3, u: order },
          { i: 1, u: [] },
        ],
        known,
      );
      expect(sum.incarnation).toBe(3);
      expect([...sum.latest]).toEqual([['n2', ['n2', 1, 1, ALIVE]]]);
    }
    expect(beats(['n2', 1, 1, ALIVE], ['n2', 1, 0, DEAD])).toBe(true);
  });

  it('passes over whatever is no record', () => {
    const sum = sumOfRecords([null, 7, [1], 'x', { i: 1.5, u: [[1, 2, 3]] }, { u: {} }], known);
    expect(sum.incarnation).toBe(0);
    expect(sum.latest.size).toBe(0);
  });
});

it('a list of updates is refused whole for one that is none', () => {
  expect(isUpdateList([['n1', 1, 0, ALIVE]])).toBe(true);
  expect(
    isUpdateList([
      ['n1', 1, 0, ALIVE],
      ['n1', 1, 0, 4],
    ]),
  ).toBe(false);
  expect(isUpdateList({ length: 0 })).toBe(false);
});
