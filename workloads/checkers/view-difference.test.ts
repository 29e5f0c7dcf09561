import { describe, expect, it } from 'vitest';
import type { Data } from '../../impl/protocol.ts';
import { firstDifference } from './view-difference.ts';

describe('firstDifference', () => {
  it.each<[Data, Data, string, string, string]>([
    [{ b: 1, a: 2 }, { b: 2, a: 3 }, 'a', '2', '3'],
    [{ k1: ['v1', 'x'] }, {}, 'k1', '["v1","x"]', 'nothing'],
    [{ k1: ['v1', 'x'] }, { k1: ['v2', 'x'] }, 'k1', '["v1","x"]', '["v2","x"]'],
    [{ alive: ['n1', 'n2', 'n3'] }, { alive: ['n1', 'n3', 'n4'] }, 'alive[1]', '"n2"', '"n3"'],
    [{ alive: ['n1', 'n2', 'n3'] }, { alive: ['n1', 'n2'] }, 'alive[2]', '"n3"', 'nothing'],
    [1, '1', 'view', '1', '"1"'],
  ])('of %j and %j is at %s', (left, right, path, one, other) => {
    expect(firstDifference(left, right)).toEqual({ path, left: one, right: other });
  });

  it('is none where views are equal in another order, or missing', () => {
    expect(firstDifference({ a: 1, b: 2 }, { b: 2, a: 1 })).toBeUndefined();
    expect(firstDifference(undefined, {})).toBeUndefined();
  });
});
