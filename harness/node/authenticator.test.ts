import { describe, expect, it } from 'vitest';
import { decodeFrame, encodeFrame, type Frame } from '../../impl/wire/frame.ts';
import { createAuthenticator, pairKey } from './authenticator.ts';

const NAMES = ['a', 'b', 'c'];
const keysOf = (self: string, secret = 'secret') =>
  Object.fromEntries(NAMES.map((peer) => [peer, pairKey(secret, self, peer)]));
const [a, b, c] = NAMES.map((name) => createAuthenticator(name, keysOf(name)));
const stranger = createAuthenticator('a', keysOf('a', 'another secret'));
const bytes = new TextEncoder().encode('what is said');

describe('authenticator', () => {
  it('lets the receiver, and nobody else, verify the sender', () => {
    const tag = a?.tag('b', bytes) ?? new Uint8Array();
    expect(tag).toHaveLength(a?.tagBytes ?? 0);
    expect(b?.verify('a', bytes, tag)).toBe(true);
    expect(c?.verify('a', bytes, tag)).toBe(false);
    expect(b?.verify('c', bytes, tag)).toBe(false);
    expect(b?.verify('nobody', bytes, tag)).toBe(false);
  });

  it('refuses what was changed, cut, sent back to its maker, or tagged under another secret', () => {
    const tag = a?.tag('b', bytes) ?? new Uint8Array();
    expect(
      b?.verify(
        'a',
        Uint8Array.from(bytes, (byte, i) => (i === 3 ? byte ^ 1 : byte)),
        tag,
      ),
    ).toBe(false);
    expect(b?.verify('a', bytes, tag.subarray(0, 8))).toBe(false);
    expect(a?.verify('b', bytes, tag)).toBe(false);
    expect(b?.verify('a', bytes, stranger.tag('b', bytes))).toBe(false);
  });

  it('keeps frames of a forger out', () => {
    const frame: Frame = {
      cluster: 1,
      from: 'a',
      life: 1,
      channel: 'x',
      epoch: 0,
      sequence: 0,
      sentAtNs: 0,
      message: 1,
    };
    expect(decodeFrame(encodeFrame(frame, 'b', a), 1, () => b)).toMatchObject({ frame });
    expect(decodeFrame(encodeFrame(frame, 'b', stranger), 1, () => b)).toEqual({ dropped: 'unauthentic' });
    expect(decodeFrame(encodeFrame({ ...frame, from: 'c' }, 'b', a), 1, () => b)).toEqual({ dropped: 'unauthentic' });
  });
});
