import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Data } from '../../../impl/protocol.ts';
import { durableCopy } from './durable.ts';

const throughJson = (data: Data): unknown => JSON.parse(JSON.stringify(data));

describe('durableCopy', () => {
  it('is what a round trip through JSON is, for all plain data', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(durableCopy(value as Data)).toStrictEqual(throughJson(value as Data));
      }),
    );
  });

  it.each<[string, Data]>([
    ['what is undefined', { a: undefined, b: [1, undefined as unknown as Data] }],
    ['numbers that are not finite', [Number.NaN, Number.POSITIVE_INFINITY, { x: Number.NEGATIVE_INFINITY }]],
    ['the other zero', [-0, { zero: -0 }]],
    ['keys that an object has already', JSON.parse('{"__proto__":{"a":1},"toString":2}')],
  ])('also of %s', (_what, data) => {
    const copy = durableCopy(data);
    expect(copy).toStrictEqual(throughJson(data));
    expect(JSON.stringify(copy)).toBe(JSON.stringify(data));
  });

  it('no later change of what was written reaches it', () => {
    const votes: Data[] = [[1, 'a']];
    const record = { votes };
    const copy = durableCopy(record);
    votes.push([2, 'b']);
    (votes[0] as Data[])[1] = 'c';
    expect(copy).toStrictEqual({ votes: [[1, 'a']] });
  });
});
