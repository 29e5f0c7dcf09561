import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWellFormed, packedTextBytes, utf8Bytes } from './text-size.ts';

describe('sizes of texts', () => {
  it('are those of UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(utf8Bytes(text)).toBe(new TextEncoder().encode(text).length);
      }),
    );
    expect(utf8Bytes('a\ud800b')).toBe(5);
    expect(utf8Bytes('\udc00\ud800')).toBe(6);
  });

  it('bound the encoded size', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        expect(encode(text).length).toBeLessThanOrEqual(packedTextBytes(text));
      }),
    );
  });

  it('find lone surrogates', () => {
    expect(isWellFormed('a😀b')).toBe(true);
    expect(isWellFormed('a\ud83db')).toBe(false);
    expect(isWellFormed('\ude00')).toBe(false);
  });
});
