/** A limit on what a member takes from each peer: a bucket per peer that a second fills (token bucket). */
import type { Setting } from '../protocol.ts';

/** As a setting of a protocol. */
export const peerLimit: Setting<number> = {
  default: 0,
  unit: 'messages',
  doc: 'Messages a second taken from each peer, with bursts of as many; those above are dropped. 0: no limit.',
  source: 'own',
  min: 0,
  max: 1_000_000,
  integer: true,
  alternatives: [50, 100, 200, 500],
};

interface Bucket {
  tokens: number;
  atMs: number;
}

export class PeerLimiter {
  /** Peers are members of the plan, so their number is bounded. */
  readonly #buckets = new Map<string, Bucket>();

  /** Whether one more message of `peer` may be taken now. `perSecond` of 0: always. A burst of a second's worth passes. */
  admits(peer: string, perSecond: number, nowMs: number): boolean {
    if (perSecond === 0) return true;
    let bucket = this.#buckets.get(peer);
    if (bucket === undefined) {
      bucket = { tokens: perSecond, atMs: nowMs };
      this.#buckets.set(peer, bucket);
    }
    const gained = (Math.max(0, nowMs - bucket.atMs) * perSecond) / 1000;
    bucket.tokens = Math.min(perSecond, bucket.tokens + gained);
    bucket.atMs = nowMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }
}
