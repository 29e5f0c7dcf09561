import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Data } from '../../impl/protocol.ts';
import { canonicalJson, digestOf } from './canonical.ts';

/** The same data with every object's keys set in the opposite order. */
function reversed(data: Data): Data {
  if (data === null || typeof data !== 'object') return data;
  if (Array.isArray(data)) return data.map((item: Data) => reversed(item));
  return Object.fromEntries(
    Object.entries(data)
      .reverse()
      .map(([key, value]) => [key, reversed(value as Data)]),
  );
}

const data = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as Data);

test('the order in which keys were set makes no difference, and nothing is lost', () => {
  fc.assert(
    fc.property(data, (value) => {
      const text = canonicalJson(value);
      expect(canonicalJson(reversed(value))).toBe(text);
      expect(JSON.parse(text)).toEqual(value);
    }),
  );
});

test('keys stand in order whichever way the data came, also inside lists', () => {
  const sorted = '[{"a":1,"b":{"c":[{"d":2,"e":3}]}}]';
  expect(canonicalJson([{ a: 1, b: { c: [{ d: 2, e: 3 }] } }])).toBe(sorted);
  expect(canonicalJson([{ b: { c: [{ e: 3, d: 2 }] }, a: 1 }])).toBe(sorted);
});

test('what is undefined is left out of objects', () => {
  expect(canonicalJson({ a: 1, b: undefined })).toBe('{"a":1}');
  expect(canonicalJson(undefined)).toBe('null');
});

test('different data have different digests', () => {
  expect(digestOf({ a: '1' })).not.toBe(digestOf({ a: 1 }));
  expect(digestOf({ a: [1], b: [] })).not.toBe(digestOf({ a: [], b: [1] }));
});
