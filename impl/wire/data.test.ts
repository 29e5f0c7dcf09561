import { Encoder } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWellFormed, MAX_DEPTH, messageBytes } from './data.ts';

const encoder = new Encoder({ ignoreUndefined: true });

/** Numbers at and around every boundary between two encodings. */
const edges = [7, 8, 15, 16, 31, 32, 53].flatMap((bits) => [-1, 0, 1].map((step) => 2 ** bits + step));
const number = fc.oneof(
  fc.constantFrom(...edges, ...edges.map((edge) => -edge), 0, -0, -0x20, -0x21, 0.5, 1e300, Number.NaN, -Infinity),
  fc.maxSafeInteger(),
  fc.double(),
);
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  // Any UTF-16 code units, lone surrogates among them.
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 80 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom(31, 32, 255, 256, 65535, 65536).map((length) => 'x'.repeat(length)),
);
const key = fc.oneof(fc.string(), text).filter((name) => name !== '__proto__');
const { data } = fc.letrec((tie) => ({
  data: fc.oneof(
    { depthSize: 'medium' },
    fc.constantFrom(null, true, false, undefined),
    number,
    text,
    tie('list'),
    tie('map'),
  ),
  list: fc.array(tie('data'), { maxLength: 40 }),
  map: fc.dictionary(key, tie('data'), { maxKeys: 40 }),
}));

describe('messageBytes', () => {
  it('is the length that the encoder produces, and what is produced passes the scan', () => {
    fc.assert(
      fc.property(data, (value) => {
        const bytes = encoder.encode(value);
        expect(messageBytes(value)).toBe(bytes.length);
        expect(isWellFormed(bytes, 0, bytes.length)).toBe(true);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  it('agrees at the sizes where a container header grows', () => {
    for (const size of [15, 16, 65535, 65536]) {
      const list = new Array<number>(size).fill(1);
      expect(messageBytes(list)).toBe(encoder.encode(list).length);
      const map = Object.fromEntries(list.map((one, i) => [`k${i}`, one]));
      expect(messageBytes(map)).toBe(encoder.encode(map).length);
    }
  });

  it('leaves out keys whose value is undefined', () => {
    expect(messageBytes({ a: 1, b: undefined })).toBe(messageBytes({ a: 1 }));
  });

  it('refuses what is no plain data, and what is nested too deep', () => {
    expect(() => messageBytes({ a: 1n })).toThrow(RangeError);
    expect(() => messageBytes([() => 1])).toThrow(RangeError);
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    expect(messageBytes(nested(MAX_DEPTH))).toBe(MAX_DEPTH + 1);
    expect(() => messageBytes(nested(MAX_DEPTH + 1))).toThrow(RangeError);
  });
});

describe('isWellFormed', () => {
  const check = (...bytes: number[]) => isWellFormed(Uint8Array.from(bytes), 0, bytes.length);

  it('refuses cut, surplus and claimed bytes', () => {
    expect(check(0x92, 1, 2)).toBe(true);
    expect(check(0x92, 1)).toBe(false);
    expect(check(0x92, 1, 2, 3)).toBe(false);
    expect(check()).toBe(false);
    expect(check(0xa3, 0x61)).toBe(false);
    expect(check(0xdd, 0xff, 0xff, 0xff, 0xff, 1)).toBe(false);
    expect(check(0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1, 0x61, 1)).toBe(false);
  });

  it('refuses extensions, binary and keys that are no strings', () => {
    expect(check(0xc4, 0)).toBe(false);
    expect(check(0xd4, 0xff, 0)).toBe(false);
    expect(check(0xc7, 0, 1)).toBe(false);
    expect(check(0xc1)).toBe(false);
    expect(check(0x81, 0xa1, 0x61, 1)).toBe(true);
    expect(check(0x81, 1, 1)).toBe(false);
    expect(check(0x82, 0xa1, 0x61, 1, 0x90, 1)).toBe(false);
  });

  it('refuses what is nested deeper than stated', () => {
    const nested = (depth: number) => Uint8Array.from([...new Array<number>(depth).fill(0x91), 1]);
    expect(isWellFormed(nested(64), 0, 65, 64)).toBe(true);
    expect(isWellFormed(nested(65), 0, 66, 64)).toBe(false);
  });
});
