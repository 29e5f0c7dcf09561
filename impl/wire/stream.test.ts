import { describe, expect, it } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import { encodeStream, type Frame, MAX_STREAM_BYTES } from './frame.ts';
import { StreamDecoder } from './stream.ts';

const none = () => undefined;

function frame(message: unknown, cluster = 1): Frame {
  return { cluster, from: 'n1', life: 1, channel: 'map', epoch: 0, sequence: 0, sentAtNs: 5, message };
}

function joined(frames: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(frames.flatMap((bytes) => [...bytes]));
}

describe('StreamDecoder', () => {
  const messages = ['a', { list: [1, 2, 3] }, 'x'.repeat(5000), null];
  const bytes = joined(messages.map((message) => encodeStream(frame(message), 'n2')));

  it('gives back every frame in order, however the stream is cut', () => {
    const random = split('stream chunks');
    for (const most of [1, 2, 37, 1000, bytes.length]) {
      const decoder = new StreamDecoder(1, none);
      const got: unknown[] = [];
      for (let at = 0; at < bytes.length; ) {
        const size = 1 + random.int(most);
        for (const decoded of decoder.push(bytes.slice(at, at + size))) {
          got.push('frame' in decoded ? decoded.frame.message : decoded.dropped);
        }
        at += size;
      }
      expect(got).toEqual(messages);
      expect(decoder.pendingBytes).toBe(0);
      expect(decoder.broken).toBeUndefined();
    }
  });

  it('shows that a stream was cut', () => {
    const decoder = new StreamDecoder(1, none);
    expect(decoder.push(bytes.subarray(0, -1))).toHaveLength(messages.length - 1);
    expect(decoder.pendingBytes).toBeGreaterThan(0);
  });

  it('drops a frame of another cluster and goes on', () => {
    const decoder = new StreamDecoder(1, none);
    const got = decoder.push(joined([encodeStream(frame('other', 2), 'n2'), encodeStream(frame('mine'), 'n2')]));
    expect(got[0]).toEqual({ dropped: 'foreign' });
    expect(got[1]).toMatchObject({ frame: { message: 'mine' } });
  });

  it('breaks at a damaged byte, wherever it is, without accepting the frame or asking for more than the limit', () => {
    const [first = new Uint8Array()] = [encodeStream(frame('damaged'), 'n2')];
    for (let at = 0; at < first.length; at++) {
      const damaged = first.slice();
      damaged[at] = (damaged[at] as number) ^ 0x40;
      const decoder = new StreamDecoder(1, none);
      const got = decoder.push(joined([damaged, new Uint8Array(64)]));
      expect(got.some((decoded) => 'frame' in decoded)).toBe(false);
      // A length that grew by one bit waits for bytes that never come; the host sees them pending.
      expect(decoder.broken !== undefined || decoder.pendingBytes > 0).toBe(true);
      expect(decoder.pendingBytes).toBeLessThan(MAX_STREAM_BYTES);
      if (decoder.broken !== undefined) expect(decoder.push(encodeStream(frame('late'), 'n2'))).toEqual([]);
    }
  });

  it('refuses a frame above 16 MiB on both sides', () => {
    expect(() => encodeStream(frame('x'.repeat(MAX_STREAM_BYTES)), 'n2')).toThrow(RangeError);
    const header = encodeStream(frame('x'), 'n2');
    new DataView(header.buffer).setUint32(4, MAX_STREAM_BYTES + 1);
    expect(new StreamDecoder(1, none).push(header)).toEqual([{ dropped: 'oversized' }]);
  });

  it('carries 10 MB in small chunks in linear time', () => {
    const big = encodeStream(frame(new Array<string>(10_000).fill('x'.repeat(1000))), 'n2');
    const decoder = new StreamDecoder(1, none);
    let frames = 0;
    for (let at = 0; at < big.length; at += 1024) frames += decoder.push(big.subarray(at, at + 1024)).length;
    expect(frames).toBe(1);
  });
});
