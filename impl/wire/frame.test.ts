import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import { crc32 } from './crc32.ts';
import {
  type Authenticator,
  decodeFrame,
  encodeFrame,
  encodeStream,
  type Frame,
  frameBytes,
  HEADER_BYTES,
  MAX_DATAGRAM_BYTES,
} from './frame.ts';

const CLUSTER = 0xdeadbeef;
const none = () => undefined;

function frame(message: unknown, over: Partial<Frame> = {}): Frame {
  return {
    cluster: CLUSTER,
    from: 'n1',
    life: 1,
    channel: 'swim',
    epoch: 2,
    sequence: 7,
    sentAtNs: 1e9,
    message,
    ...over,
  };
}

/** Writes a checksum that fits again after a test has changed bytes on purpose. */
function sealed(bytes: Uint8Array): Uint8Array {
  new DataView(bytes.buffer).setUint32(8, crc32(bytes, 12, bytes.length, crc32(bytes, 0, 8)));
  return bytes;
}

/** Keys per pair of members, known to both and nobody else. */
function authenticatorOf(self: string, members: readonly string[]): Authenticator {
  const mac = (peer: string, bytes: Uint8Array): Uint8Array =>
    createHmac('sha256', `secret of ${[self, peer].sort().join(' and ')}`)
      .update(bytes)
      .digest()
      .subarray(0, 16);
  return {
    tagBytes: 16,
    tag: mac,
    verify: (from, bytes, tag) => members.includes(from) && from !== self && Buffer.from(mac(from, bytes)).equals(tag),
  };
}

describe('crc32', () => {
  it('gives the published check value, and the same in pieces', () => {
    const bytes = new TextEncoder().encode('123456789');
    expect(crc32(bytes)).toBe(0xcbf43926);
    for (let cut = 0; cut <= 9; cut++) expect(crc32(bytes, cut, 9, crc32(bytes, 0, cut))).toBe(0xcbf43926);
  });
});

describe('frames', () => {
  it('come back as they were, and are exactly as long as announced', () => {
    const message = fc.jsonValue({ maxDepth: 4 }).filter((value) => !JSON.stringify(value).includes('__proto__'));
    fc.assert(
      fc.property(
        message,
        fc.string({ minLength: 1, maxLength: 20 }),
        fc.nat(),
        fc.nat(),
        (value, from, epoch, sequence) => {
          const original = frame(value, { from, epoch, sequence, sentAtNs: sequence * 1.5 });
          fc.pre(frameBytes(from, 'swim', value, 0) <= MAX_DATAGRAM_BYTES);
          const bytes = encodeFrame(original, 'n2');
          expect(bytes.length).toBe(frameBytes(from, 'swim', value, 0));
          // -0 arrives as 0, as it does through JSON.
          expect(JSON.stringify(decodeFrame(bytes, CLUSTER, none))).toBe(JSON.stringify({ frame: original }));
        },
      ),
      { seed: 2, numRuns: 2000 },
    );
  });

  it('do not change their length with time, epoch, life or sequence', () => {
    const early = encodeFrame(frame('x', { epoch: 0, sequence: 0, sentAtNs: 0 }), 'n2');
    const late = encodeFrame(
      frame('x', { epoch: 2 ** 32 - 1, sequence: 2 ** 32 - 1, life: 2 ** 32 - 1, sentAtNs: 1e18 }),
      'n2',
    );
    expect(late.length).toBe(early.length);
  });

  it('are refused by the sender above 1,400 bytes, to the byte', () => {
    const room = MAX_DATAGRAM_BYTES - frameBytes('n1', 'swim', '', 0) - 2;
    expect(encodeFrame(frame('x'.repeat(room)), 'n2').length).toBe(MAX_DATAGRAM_BYTES);
    expect(() => encodeFrame(frame('x'.repeat(room + 1)), 'n2')).toThrow(RangeError);
    expect(encodeStream(frame('x'.repeat(room + 1)), 'n2').length).toBe(MAX_DATAGRAM_BYTES + 1);
  });

  it('are dropped with the reason', () => {
    const whole = () => encodeFrame(frame({ a: [1, 2, 3] }), 'n2');
    const reason = (bytes: Uint8Array) => {
      const decoded = decodeFrame(bytes, CLUSTER, none);
      return 'dropped' in decoded ? decoded.dropped : 'accepted';
    };
    const changed = (change: (bytes: Uint8Array) => void, seal = true) => {
      const bytes = whole();
      change(bytes);
      return seal ? sealed(bytes) : bytes;
    };
    expect(reason(whole())).toBe('accepted');
    expect(reason(new Uint8Array(0))).toBe('truncated');
    expect(reason(whole().subarray(0, HEADER_BYTES - 1))).toBe('truncated');
    expect(reason(whole().subarray(0, -1))).toBe('truncated');
    expect(reason(encodeStream(frame('x'.repeat(1400)), 'n2'))).toBe('oversized');
    expect(reason(changed((bytes) => bytes.fill(0, 0, 2)))).toBe('foreign');
    expect(reason(encodeFrame(frame(1, { cluster: 5 }), 'n2'))).toBe('foreign');
    expect(reason(changed((bytes) => bytes.fill(9, 2, 3)))).toBe('version');
    expect(reason(changed((bytes) => bytes.fill(1, 40, 41), false))).toBe('corrupted');
    expect(reason(changed((bytes) => bytes.fill(0xc1, 36, 37)))).toBe('malformed');
    expect(reason(changed((bytes) => bytes.fill(0xff, 28, 36)))).toBe('malformed');
    expect(reason(encodeFrame(frame(1, { life: 0 }), 'n2'))).toBe('malformed');
    expect(reason(encodeFrame(frame(1, { from: '' }), 'n2'))).toBe('malformed');
    expect(reason(changed((bytes) => bytes.fill(200, 3, 4)))).toBe('malformed');
    expect(reason(changed((bytes) => bytes.fill(1, 3, 4)))).toBe('malformed');
    expect(reason(encodeFrame(frame(JSON.parse('{"__proto__":1}')), 'n2'))).toBe('malformed');
    expect(reason(Uint8Array.from([...whole(), 0]))).toBe('malformed');
  });
});

describe('authentic channels', () => {
  const members = ['n1', 'n2', 'n3'];
  const of = (self: string) => authenticatorOf(self, members);
  const result = (bytes: Uint8Array, authenticator: Authenticator | undefined) => {
    const decoded = decodeFrame(bytes, CLUSTER, () => authenticator);
    return 'dropped' in decoded ? decoded.dropped : 'accepted';
  };

  it('accept a frame from its sender at its receiver', () => {
    const bytes = encodeFrame(frame({ vote: 1 }), 'n2', of('n1'));
    expect(bytes.length).toBe(frameBytes('n1', 'swim', { vote: 1 }, 16));
    expect(result(bytes, of('n2'))).toBe('accepted');
  });

  it('refuse a frame in another name, for another receiver, reflected, untagged, or tagged where no tag is due', () => {
    expect(result(encodeFrame(frame(1, { from: 'n3' }), 'n2', of('n1')), of('n2'))).toBe('unauthentic');
    expect(result(encodeFrame(frame(1), 'n2', of('n1')), of('n3'))).toBe('unauthentic');
    expect(result(encodeFrame(frame(1), 'n2', of('n1')), of('n1'))).toBe('unauthentic');
    expect(result(encodeFrame(frame(1), 'n2'), of('n2'))).toBe('unauthentic');
    expect(result(encodeFrame(frame(1), 'n2', of('n1')), undefined)).toBe('unauthentic');
    expect(result(encodeFrame(frame(1, { from: 'stranger' }), 'n2', of('stranger')), of('n2'))).toBe('unauthentic');
  });

  it('cover life, epoch, sequence and message', () => {
    for (let at = 12; at < 45; at++) {
      const bytes = encodeFrame(frame('message'), 'n2', of('n1'));
      bytes[at] = (bytes[at] as number) ^ 1;
      expect(result(sealed(bytes), of('n2'))).not.toBe('accepted');
    }
  });
});

describe('fuzz', () => {
  const random = split('wire fuzz');
  const messages: unknown[] = [
    { kind: 'ping', sequence: 3, updates: [['n1', 4, 'alive']] },
    'text',
    [1, -1, 0.5, null],
    {},
  ];

  it('50,000 datagrams of random bytes are all dropped', () => {
    for (let i = 0; i < 50_000; i++) {
      const bytes = new Uint8Array(random.int(120));
      for (let at = 0; at < bytes.length; at++) bytes[at] = random.int(256);
      expect('dropped' in decodeFrame(bytes, CLUSTER, none)).toBe(true);
    }
  });

  it('50,000 datagrams with one to sixteen bits flipped are all dropped', () => {
    for (let i = 0; i < 50_000; i++) {
      const bytes = encodeFrame(frame(messages[i % messages.length], { sequence: i }), 'n2');
      const flips = new Set<number>();
      for (let flip = 1 + random.int(16); flip > 0; flip--) flips.add(random.int(bytes.length * 8));
      for (const bit of flips) bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      expect('dropped' in decodeFrame(bytes, CLUSTER, none)).toBe(true);
    }
  });

  it('50,000 bodies of random bytes under a checksum that fits never throw', () => {
    let accepted = 0;
    for (let i = 0; i < 50_000; i++) {
      const bytes = encodeFrame(frame(messages[i % messages.length]), 'n2');
      for (let changes = 1 + random.int(4); changes > 0; changes--) {
        bytes[HEADER_BYTES + random.int(bytes.length - HEADER_BYTES)] = random.int(256);
      }
      if ('frame' in decodeFrame(sealed(bytes), CLUSTER, none)) accepted++;
    }
    expect(accepted).toBeGreaterThan(0);
    expect(accepted).toBeLessThan(50_000);
  });
});
