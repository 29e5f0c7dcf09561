import { describe, expect, it } from 'vitest';
import { HEADER_BYTES } from '../../../harness/model/counters.ts';
import { decodeProbe, encodeProbe, MIN_PAYLOAD_BYTES } from './datagram.ts';
import { overrunOf, Tally } from './tally.ts';

const MS = 1_000_000n;

describe('what arrived', () => {
  it('counts copies, what was overtaken, damage, delays and bytes', () => {
    const tally = new Tally();
    const arrive = (sequence: number, sentMs: bigint, nowMs: bigint): void =>
      tally.arrived(sequence, sentMs * MS, nowMs * MS, 100);
    arrive(0, 0n, 10n);
    arrive(2, 2n, 12n);
    arrive(1, 1n, 31n);
    arrive(2, 2n, 32n);
    tally.damaged();
    expect(tally.arrivals(7)).toEqual({
      from: 7,
      received: 3,
      copies: 1,
      reordered: 1,
      damaged: 1,
      delay: {
        meanMs: 50 / 3,
        deviationMs: Math.sqrt((2 * (50 / 3 - 10) ** 2 + (30 - 50 / 3) ** 2) / 2),
        minMs: 10,
        p1Ms: 10,
        p50Ms: 10,
        p99Ms: 30,
        maxMs: 30,
      },
      bytes: 3 * (100 + HEADER_BYTES),
      spanMs: 22,
    });
  });

  it('is nothing where nothing came', () => {
    expect(new Tally().arrivals(0)).toMatchObject({ received: 0, bytes: 0, spanMs: 0, delay: { maxMs: 0 } });
  });
});

it('reads what sockets had no room for, and no other error', () => {
  const text = `Tcp: RtoAlgorithm RtoMin
Tcp: 1 200
Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors
Udp: 100 1 26 90 17 0 9
UdpLite: InDatagrams RcvbufErrors
UdpLite: 0 3
`;
  expect(overrunOf(text)).toBe(17);
  expect(overrunOf('')).toBe(0);
});

describe("a probe's datagram", () => {
  const datagram = { from: 3, to: 4, sequence: 70_000, sentNs: 123_456_789_012n };

  it('comes back as it was sent, filled to its size', () => {
    const bytes = encodeProbe(datagram, 200);
    expect(bytes.length).toBe(200);
    expect(decodeProbe(bytes)).toEqual(datagram);
    expect(encodeProbe(datagram, 1).length).toBe(MIN_PAYLOAD_BYTES);
  });

  it('is refused with any one bit flipped, and when it is cut', () => {
    const bytes = encodeProbe(datagram, 40);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decodeProbe(damaged), `bit ${bit}`).toBeUndefined();
    }
    expect(decodeProbe(bytes.subarray(0, 39))).toBeUndefined();
    expect(decodeProbe(Buffer.alloc(0))).toBeUndefined();
  });
});
