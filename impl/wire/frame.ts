/**
 * The datagram and stream format of every cluster. A frame is a header of fixed size, a MessagePack body, and a tag
 * where the channel is authenticated:
 *
 *     0  magic 'HS'        2 bytes      12  cluster       uint32
 *     2  version           uint8        16  life          uint32
 *     3  tag length        uint8        20  epoch         uint32
 *     4  length of all     uint32       24  sequence      uint32
 *     8  CRC-32 of the     uint32       28  sent at, ns   float64
 *        rest of the frame              36  body: [from, channel, message], then the tag
 *
 * The length of a frame depends on sender, channel, message and tag length alone, so that a simulator can charge a
 * message its exact size once, whoever it goes to and whenever.
 */
import { Decoder, Encoder } from '@msgpack/msgpack';
import { crc32 } from './crc32.ts';
import { isWellFormed, MAX_DEPTH, messageBytes, stringBytes } from './data.ts';

export { messageBytes } from './data.ts';

export const MAX_DATAGRAM_BYTES = 1400;
export const MAX_STREAM_BYTES = 16 * 1024 * 1024;
export const HEADER_BYTES = 36;

/** Where a header holds what the harness measures by: epoch, sequence, time of sending. First byte, and first behind. */
export const MEASURE_AT = { from: 20, until: 36 } as const;

const MAGIC = 0x4853;
const VERSION = 1;
const CRC_AT = 8;

export interface Frame {
  /** uint32; tells runs that share a machine apart. */
  readonly cluster: number;
  readonly from: string;
  /** uint32, from 1: the sender's. */
  readonly life: number;
  readonly channel: string;
  /** uint32: the sender's fault epoch. */
  readonly epoch: number;
  /** uint32, per directed link; wraps. */
  readonly sequence: number;
  /** ns since the run's start. */
  readonly sentAtNs: number;
  readonly message: unknown;
}

/**
 * Why a frame was thrown away. `truncated`: shorter than it says. `oversized`: longer than may be. `foreign`: not ours,
 * or of another cluster. `version`: ours, of another version. `corrupted`: the checksum fails. `malformed`: intact, and
 * still no frame. `unauthentic`: the tag is missing, unasked for or wrong.
 */
export type DropReason = 'truncated' | 'oversized' | 'foreign' | 'corrupted' | 'malformed' | 'unauthentic' | 'version';

/** Tags frames for one receiver and checks those of one sender; keys are per pair of members. */
export interface Authenticator {
  /** 1 to 255. */
  readonly tagBytes: number;
  tag(to: string, bytes: Uint8Array): Uint8Array;
  /** False for an unknown sender. */
  verify(from: string, bytes: Uint8Array, tag: Uint8Array): boolean;
}

export type Decoded = { readonly frame: Frame } | { readonly dropped: DropReason };

// The body is one array around the message.
const encoder = new Encoder({ ignoreUndefined: true, maxDepth: MAX_DEPTH + 2 });
const decoder = new Decoder({ maxBinLength: 0, maxExtLength: 0, maxStrLength: MAX_STREAM_BYTES });

function encode(frame: Frame, to: string, authenticator: Authenticator | undefined, limit: number): Uint8Array {
  const tagBytes = authenticator?.tagBytes ?? 0;
  // Sizing first refuses what is no plain data before the encoder meets it.
  const length = frameBytes(frame.from, frame.channel, frame.message, tagBytes);
  if (length > limit) throw new RangeError(`a frame of ${length} bytes on ${frame.channel} exceeds ${limit}`);
  const body = encoder.encodeSharedRef([frame.from, frame.channel, frame.message]);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, MAGIC);
  bytes[2] = VERSION;
  bytes[3] = tagBytes;
  view.setUint32(4, length);
  view.setUint32(12, frame.cluster);
  view.setUint32(16, frame.life);
  view.setUint32(20, frame.epoch);
  view.setUint32(24, frame.sequence);
  view.setFloat64(28, frame.sentAtNs);
  bytes.set(body, HEADER_BYTES);
  if (authenticator !== undefined) {
    const end = length - tagBytes;
    bytes.set(authenticator.tag(to, bytes.subarray(CRC_AT + 4, end)), end);
  }
  view.setUint32(CRC_AT, checksum(bytes));
  return bytes;
}

function checksum(bytes: Uint8Array): number {
  return crc32(bytes, CRC_AT + 4, bytes.length, crc32(bytes, 0, CRC_AT));
}

/**
 * A datagram for `to`. Throws RangeError when it would exceed MAX_DATAGRAM_BYTES or the message is no plain data; the
 * host counts it and sends nothing.
 */
export function encodeFrame(frame: Frame, to: string, authenticator?: Authenticator): Uint8Array {
  return encode(frame, to, authenticator, MAX_DATAGRAM_BYTES);
}

/** As `encodeFrame`, for a stream: up to MAX_STREAM_BYTES. The header's length delimits it. */
export function encodeStream(frame: Frame, to: string, authenticator?: Authenticator): Uint8Array {
  return encode(frame, to, authenticator, MAX_STREAM_BYTES);
}

/** The exact length in bytes of what `encodeFrame` and `encodeStream` return, without encoding. */
export function frameBytes(from: string, channel: string, message: unknown, tagBytes: number): number {
  return HEADER_BYTES + 1 + stringBytes(from) + stringBytes(channel) + messageBytes(message) + tagBytes;
}

/** What a header announces: the length of the whole frame, or why it is none of ours. */
export function announcedBytes(bytes: Uint8Array, limit: number): number | DropReason {
  if (bytes.length < HEADER_BYTES) return 'truncated';
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  if (view.getUint16(0) !== MAGIC) return 'foreign';
  if (bytes[2] !== VERSION) return 'version';
  const length = view.getUint32(4);
  if (length > limit) return 'oversized';
  return length < HEADER_BYTES ? 'malformed' : length;
}

/** The epoch that a header names, whatever else is wrong with the frame; undefined where there is no whole header. */
export function namedEpoch(bytes: Uint8Array): number | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES).getUint32(MEASURE_AT.from);
}

/** Decodes one whole frame of at most `limit` bytes. Never throws. */
export function decodeWithin(
  bytes: Uint8Array,
  limit: number,
  cluster: number,
  authenticators: (channel: string) => Authenticator | undefined,
): Decoded {
  if (bytes.length > limit) return { dropped: 'oversized' };
  const length = announcedBytes(bytes, limit);
  if (typeof length === 'string') return { dropped: length };
  if (length > bytes.length) return { dropped: 'truncated' };
  if (length < bytes.length) return { dropped: 'malformed' };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(CRC_AT) !== checksum(bytes)) return { dropped: 'corrupted' };
  if (view.getUint32(12) !== cluster >>> 0) return { dropped: 'foreign' };
  const tagBytes = bytes[3] as number;
  const end = length - tagBytes;
  const life = view.getUint32(16);
  const sentAtNs = view.getFloat64(28);
  if (end <= HEADER_BYTES || life === 0 || !Number.isFinite(sentAtNs)) return { dropped: 'malformed' };
  if (!isWellFormed(bytes, HEADER_BYTES, end, MAX_DEPTH + 1)) return { dropped: 'malformed' };
  let body: unknown;
  try {
    body = decoder.decode(bytes.subarray(HEADER_BYTES, end));
  } catch {
    // A forbidden key (`__proto__`) is all that is left for the decoder to refuse.
    return { dropped: 'malformed' };
  }
  if (!Array.isArray(body) || body.length !== 3) return { dropped: 'malformed' };
  const [from, channel, message] = body as [unknown, unknown, unknown];
  if (typeof from !== 'string' || from === '' || typeof channel !== 'string') return { dropped: 'malformed' };
  const authenticator = authenticators(channel);
  if (tagBytes !== (authenticator?.tagBytes ?? 0)) return { dropped: 'unauthentic' };
  if (authenticator !== undefined && !authenticator.verify(from, bytes.subarray(CRC_AT + 4, end), bytes.subarray(end)))
    return { dropped: 'unauthentic' };
  const frame = {
    cluster,
    from,
    life,
    channel,
    epoch: view.getUint32(20),
    sequence: view.getUint32(24),
    sentAtNs,
    message,
  };
  return { frame };
}

/**
 * A datagram as it arrived. `authenticators` gives the one of a channel whose frames must carry a tag. Never throws,
 * whatever the bytes.
 */
export function decodeFrame(
  bytes: Uint8Array,
  cluster: number,
  authenticators: (channel: string) => Authenticator | undefined,
): Decoded {
  return decodeWithin(bytes, MAX_DATAGRAM_BYTES, cluster, authenticators);
}
