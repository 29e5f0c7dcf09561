/** Datagrams of one member, with the shim in front of its socket: faults are made where a datagram leaves. */
import type { RemoteInfo, Socket } from 'node:dgram';
import type { Random } from '../../impl/protocol.ts';
import { decodeFrame, encodeFrame, type Frame, MEASURE_AT, namedEpoch } from '../../impl/wire/frame.ts';
import { split } from '../model/rng.ts';
import { BETWEEN_EPOCHS, type PeerAddress } from './control.ts';
import { firstSequence } from './link-counts.ts';
import { accept, type LinkHost, whenFree } from './link-host.ts';

/** A sender hears of a change of faults at most so many changes before the receiver does. */
const EPOCHS_AHEAD = 8;

export class Datagrams {
  readonly #host: LinkHost;
  readonly #socket: Socket;
  readonly #flips: Random;
  readonly #sequences = new Map<string, number>();

  constructor(host: LinkHost, socket: Socket) {
    this.#host = host;
    this.#socket = socket;
    this.#flips = split(host.seed, 'flips', host.self, host.life, host.boot);
    // A slow member blocks after each receive: whatever it measures of a datagram, it measures then.
    socket.on('message', (bytes, sender) => whenFree(host, () => this.#arrive(bytes, sender)));
  }

  /** One that came before there was anybody to take it; `atNs`: when. */
  admit(bytes: Uint8Array, remote: RemoteInfo, atNs: number): void {
    this.#arrive(bytes, remote, atNs);
  }

  send(to: string, channel: string, message: unknown): void {
    const { self, traffic, links, book, cluster, life } = this.#host;
    if (to === self) return;
    const address = book.addressOf(to);
    if (address === undefined) {
      traffic.dropped('no-address');
      return;
    }
    const now = this.#host.now();
    const epoch = this.#host.epoch();
    const sequence = this.#nextSequence(to);
    const frame: Frame = { cluster, from: self, life, channel, epoch, sequence, sentAtNs: now, message };
    let bytes: Uint8Array;
    try {
      bytes = encodeFrame(frame, to, this.#host.authenticator(channel));
    } catch (error) {
      if (error instanceof RangeError) {
        traffic.dropped('oversized');
        return;
      }
      throw error;
    }
    traffic.sent(`${channel}.${this.#host.kindOf(channel, message)}`, bytes.length);
    links.sent(epoch, to, bytes.length);
    // A slow member blocks before each send: the time of sending is when its protocol sent.
    whenFree(this.#host, () => this.#leave(to, address, bytes, sequence));
  }

  #leave(to: string, address: PeerAddress, bytes: Uint8Array, sequence: number): void {
    const { self, shaper, base, alarms } = this.#host;
    const now = this.#host.now();
    const fate = shaper.fate(self, to, bytes.length, now);
    if (fate.corrupt) this.#flipBits(bytes);
    if (fate.delaysNs.length === 0) return;
    const baseNs = base.drawNs(self, to, sequence);
    for (const addedNs of fate.delaysNs) {
      const delayNs = baseNs + addedNs;
      if (delayNs > 0) alarms.at(now + delayNs, () => this.#put(bytes, address));
      else this.#put(bytes, address);
    }
  }

  #put(bytes: Uint8Array, address: PeerAddress): void {
    this.#socket.send(bytes, address.port, address.host, (error) => {
      // The socket closes under what is still to leave when the member stops; anything else is a loss of the machine's.
      if (error !== null) this.#host.traffic.dropped('unsent');
    });
  }

  /** A boot starts where no earlier boot of its life has been, so that receivers tell its first datagrams from copies. */
  #nextSequence(to: string): number {
    const sequence = this.#sequences.get(to) ?? firstSequence(this.#host.boot);
    this.#sequences.set(to, (sequence + 1) >>> 0);
    return sequence;
  }

  /**
   * The harness's own fields are spared: a damaged datagram still tells when it was sent, and so counts for the faults
   * that it met, however late it is read. The checksum covers them all the same.
   */
  #flipBits(bytes: Uint8Array): void {
    const bits: number[] = [];
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      if (bit < MEASURE_AT.from * 8 || bit >= MEASURE_AT.until * 8) bits.push(bit);
    }
    this.#flip(bytes, this.#flips.sample(bits, 1 + this.#flips.int(3)));
  }

  #flip(bytes: Uint8Array, bits: readonly number[]): void {
    for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
  }

  /** What no sender can have known of yet is damage from elsewhere, and belongs to no time but now. */
  #epochOfDamaged(bytes: Uint8Array): number {
    const now = this.#host.epoch();
    const named = namedEpoch(bytes) ?? now;
    if (named === BETWEEN_EPOCHS) return named;
    return named <= now + EPOCHS_AHEAD ? named : now;
  }

  #arrive(bytes: Uint8Array, remote: RemoteInfo, now = this.#host.now()): void {
    const { cluster, book, links } = this.#host;
    const sender = book.nameOf(remote.address, remote.port);
    const decoded = decodeFrame(bytes, cluster, (channel) => this.#host.authenticator(channel));
    if (sender !== undefined) {
      if ('frame' in decoded) {
        const { from, life, epoch, sequence, sentAtNs } = decoded.frame;
        const delayMs = (now - sentAtNs) / 1e6;
        if (from === sender) links.received(from, life, epoch, sequence, bytes.length, delayMs);
      } else if (decoded.dropped !== 'unauthentic') {
        // A member sends nothing but frames: one that is none has been damaged, wherever the damage struck.
        links.corrupted(this.#epochOfDamaged(bytes), sender);
      }
    }
    accept(this.#host, decoded, bytes.length, sender);
  }
}
