/** Frames out of a byte stream (TCP): chunks of any size go in, whole frames come out. */
import {
  type Authenticator,
  announcedBytes,
  type Decoded,
  type DropReason,
  decodeWithin,
  HEADER_BYTES,
  MAX_STREAM_BYTES,
} from './frame.ts';

export class StreamDecoder {
  readonly #cluster: number;
  readonly #authenticators: (channel: string) => Authenticator | undefined;
  #chunks: Uint8Array[] = [];
  #pending = 0;
  /** Bytes the frame in progress needs; a header's, until the header is there. */
  #needed = HEADER_BYTES;
  #broken: DropReason | undefined;

  constructor(cluster: number, authenticators: (channel: string) => Authenticator | undefined) {
    this.#cluster = cluster;
    this.#authenticators = authenticators;
  }

  /**
   * Why frames can no longer be told apart; the host closes the connection, and whatever is pushed later is ignored.
   * Frames that are intact and refused (another cluster's, unauthentic, malformed) do not break a stream.
   */
  get broken(): DropReason | undefined {
    return this.#broken;
  }

  /** Bytes of a frame that is not whole yet: when the stream ends on more than 0, it was cut. */
  get pendingBytes(): number {
    return this.#pending;
  }

  /** The frames that this chunk completes, in order. Keeps the chunk: it must not be written to afterwards. */
  push(chunk: Uint8Array): Decoded[] {
    const out: Decoded[] = [];
    if (this.#broken !== undefined || chunk.length === 0) return out;
    this.#chunks.push(chunk);
    this.#pending += chunk.length;
    // Joined only when there is enough, so that many small chunks cost linear time.
    if (this.#pending < this.#needed) return out;
    const bytes = this.#joined();
    let at = 0;
    for (;;) {
      this.#needed = HEADER_BYTES;
      if (bytes.length - at < HEADER_BYTES) break;
      const length = announcedBytes(bytes.subarray(at), MAX_STREAM_BYTES);
      if (typeof length === 'string') return this.#break(out, length);
      this.#needed = length;
      if (bytes.length - at < length) break;
      const decoded = decodeWithin(
        bytes.subarray(at, at + length),
        MAX_STREAM_BYTES,
        this.#cluster,
        this.#authenticators,
      );
      // Where the checksum fails, the length may be what was damaged.
      if ('dropped' in decoded && decoded.dropped === 'corrupted') return this.#break(out, 'corrupted');
      out.push(decoded);
      at += length;
    }
    this.#pending = bytes.length - at;
    this.#chunks = this.#pending === 0 ? [] : [bytes.subarray(at)];
    return out;
  }

  #joined(): Uint8Array {
    const [only] = this.#chunks;
    if (this.#chunks.length === 1 && only !== undefined) return only;
    const bytes = new Uint8Array(this.#pending);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }

  #break(out: Decoded[], reason: DropReason): Decoded[] {
    this.#broken = reason;
    this.#chunks = [];
    this.#pending = 0;
    out.push({ dropped: reason });
    return out;
  }
}
