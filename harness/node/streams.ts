/**
 * Streams of one member: one connection to each peer that it has something large for, closed when it falls idle, and
 * destroyed at either end when a partition cuts the link in either direction (TCP needs both).
 */
import { createConnection, type Server, type Socket } from 'node:net';
import { encodeStream, type Frame, frameBytes, MAX_STREAM_BYTES } from '../../impl/wire/frame.ts';
import { StreamDecoder } from '../../impl/wire/stream.ts';
import { accept, type LinkHost, whenFree } from './link-host.ts';
import { ProgressReporter, ProgressWatch } from './stream-progress.ts';

const IDLE_MS = 5000;
/** One-way trips that a transfer takes: two to connect, one for the data. */
const TRIPS = 3;

interface Outgoing {
  readonly socket: Socket;
  readonly progress: ProgressWatch;
}

export class Streams {
  readonly #host: LinkHost;
  readonly #outgoing = new Map<string, Outgoing>();
  /** The sender of an incoming connection is known from its first frame on. */
  readonly #incoming = new Map<Socket, string | undefined>();

  constructor(host: LinkHost, server: Server) {
    this.#host = host;
    server.on('connection', (socket) => this.admit(socket));
  }

  send(to: string, channel: string, message: unknown): void {
    if (to !== this.#host.self) whenFree(this.#host, () => this.#leave(to, channel, message));
  }

  /** The faults changed: what is cut now breaks. */
  applyCuts(): void {
    for (const [peer, { socket }] of this.#outgoing) if (this.#isCut(peer)) socket.destroy();
    for (const [socket, peer] of this.#incoming) if (peer !== undefined && this.#isCut(peer)) socket.destroy();
  }

  #isCut(peer: string): boolean {
    const { shaper, self } = this.#host;
    return shaper.cut(self, peer) || shaper.cut(peer, self);
  }

  #leave(to: string, channel: string, message: unknown): void {
    const { self, traffic, cluster, life } = this.#host;
    const frame: Frame = {
      cluster,
      from: self,
      life,
      channel,
      epoch: this.#host.epoch(),
      sequence: 0,
      sentAtNs: this.#host.now(),
      message,
    };
    let bytes: Uint8Array;
    try {
      bytes = encodeStream(frame, to, this.#host.authenticator(channel));
    } catch (error) {
      if (error instanceof RangeError) {
        traffic.dropped('oversized');
        return;
      }
      throw error;
    }
    traffic.sent(`${channel}.${this.#host.kindOf(channel, message)}`, bytes.length);
    // Always the same for a link, so that transfers keep their order.
    const baseNs = TRIPS * this.#host.base.drawNs(self, to, 0);
    if (baseNs === 0 || this.#isCut(to)) this.#put(to, bytes);
    else this.#host.alarms.at(this.#host.now() + baseNs, () => this.#put(to, bytes));
  }

  #put(to: string, bytes: Uint8Array): void {
    const { traffic } = this.#host;
    if (this.#isCut(to)) {
      traffic.dropped('cut');
      return;
    }
    const connection = this.#connectionTo(to);
    // A peer that does not read (it may be paused) must not fill this member's memory.
    if (connection !== undefined && connection.socket.writableLength > MAX_STREAM_BYTES) {
      traffic.dropped('congested');
      return;
    }
    connection?.progress.write(bytes);
  }

  #connectionTo(to: string): Outgoing | undefined {
    const open = this.#outgoing.get(to);
    if (open !== undefined && !open.socket.destroyed && open.socket.writable) return open;
    const address = this.#host.book.addressOf(to);
    if (address === undefined) {
      this.#host.traffic.dropped('no-address');
      return undefined;
    }
    const socket = createConnection({ host: address.host, port: address.port, noDelay: true });
    const progress = new ProgressWatch(socket, () => {
      this.#host.traffic.dropped('stalled');
      socket.destroy();
    });
    const connection = { socket, progress };
    this.#outgoing.set(to, connection);
    socket.setTimeout(IDLE_MS, () => socket.end());
    // A peer that is down or has died resets the connection, and what was on the way is lost, as the contract says.
    socket.on('error', () => this.#host.traffic.dropped('unconnected'));
    socket.on('close', () => {
      if (this.#outgoing.get(to) === connection) this.#outgoing.delete(to);
    });
    return connection;
  }

  /** A connection from which nothing has been read yet. */
  admit(socket: Socket): void {
    const decoder = new StreamDecoder(this.#host.cluster, (channel) => this.#host.authenticator(channel));
    this.#incoming.set(socket, undefined);
    socket.setTimeout(4 * IDLE_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#incoming.delete(socket));
    const progress = new ProgressReporter(socket);
    socket.on('data', (chunk) => {
      progress.received(chunk.length);
      for (const decoded of decoder.push(chunk)) {
        if (socket.destroyed) return;
        const from = 'frame' in decoded ? decoded.frame.from : undefined;
        if (from !== undefined && this.#isCut(from)) {
          this.#host.traffic.dropped('cut');
          socket.destroy();
          return;
        }
        if (from !== undefined) this.#incoming.set(socket, from);
        const member = from !== undefined && this.#host.book.addressOf(from) !== undefined ? from : undefined;
        accept(this.#host, decoded, 'frame' in decoded ? this.#bytesOf(decoded.frame) : 0, member);
      }
      if (decoder.broken !== undefined) socket.destroy();
    });
  }

  #bytesOf(frame: Frame): number {
    const tagBytes = this.#host.authenticator(frame.channel)?.tagBytes ?? 0;
    return frameBytes(frame.from, frame.channel, frame.message, tagBytes);
  }
}
