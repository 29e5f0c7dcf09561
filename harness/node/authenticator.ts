/**
 * Authentic links: HMAC-SHA-256, cut to 128 bits, under a key that only the two members of a pair hold. The direction is
 * part of what is signed, so that a frame cannot be sent back to its maker as somebody else's.
 */
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Authenticator } from '../../impl/wire/frame.ts';

const TAG_BYTES = 16;

/** The key of a pair, hex; the same whichever member is named first. `secret` is the run's and stays with the controller. */
export function pairKey(secret: string, a: string, b: string): string {
  return createHmac('sha256', secret)
    .update(JSON.stringify([a, b].sort()))
    .digest('hex');
}

/** `keys`: by peer, hex, as `pairKey` makes them. */
export function createAuthenticator(self: string, keys: { readonly [peer: string]: string }): Authenticator {
  const secrets = new Map<string, KeyObject>();
  for (const [peer, key] of Object.entries(keys)) secrets.set(peer, createSecretKey(Buffer.from(key, 'hex')));
  const sign = (key: KeyObject, from: string, to: string, bytes: Uint8Array): Buffer =>
    createHmac('sha256', key)
      .update(JSON.stringify([from, to]))
      .update(bytes)
      .digest()
      .subarray(0, TAG_BYTES);
  return {
    tagBytes: TAG_BYTES,
    tag(to, bytes) {
      const key = secrets.get(to);
      if (key === undefined) throw new RangeError(`${self} shares no key with ${to}`);
      return sign(key, self, to, bytes);
    },
    verify(from, bytes, tag) {
      const key = secrets.get(from);
      return key !== undefined && tag.length === TAG_BYTES && timingSafeEqual(sign(key, from, self, bytes), tag);
    },
  };
}
