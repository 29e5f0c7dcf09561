/**
 * What comes to a member's sockets while its protocols do not run yet: the process is there, and has the sockets, before
 * it is told to start. What has come since the member was asked to start waits for it, as it would in a kernel's buffer;
 * what came before met a member that was down, and is counted as dropped.
 */
import type { Socket as Datagrams, RemoteInfo } from 'node:dgram';
import type { Server, Socket } from 'node:net';

/** Beyond these the oldest go first: they are the ones that most likely came before the member was asked to start. */
const MOST_BYTES = 4 * 1024 * 1024;
const MOST_DATAGRAMS = 8192;
const MOST_CONNECTIONS = 256;

interface EarlyDatagram {
  readonly bytes: Buffer;
  readonly remote: RemoteInfo;
  /** As process.hrtime.bigint() showed it. */
  readonly atNs: bigint;
}

export interface Early {
  /** In order of arrival. */
  readonly datagrams: readonly EarlyDatagram[];
  /** Nothing has been read from them yet. */
  readonly connections: readonly Socket[];
  /** Datagrams that came too early, or were too many. */
  readonly dropped: number;
}

export class EarlyArrivals {
  readonly #udp: Datagrams;
  readonly #tcp: Server;
  #datagrams: EarlyDatagram[] = [];
  #first = 0;
  #bytes = 0;
  #dropped = 0;
  #connections: { readonly socket: Socket; readonly atNs: bigint }[] = [];

  /** To be made before the sockets are bound. */
  constructor(udp: Datagrams, tcp: Server) {
    this.#udp = udp;
    this.#tcp = tcp;
    udp.on('message', this.#keep);
    tcp.on('connection', this.#hold);
  }

  /**
   * To be called once, and what the sockets bring from here on to be listened for before the event loop goes on. `sinceNs`:
   * when the member was asked to start, as process.hrtime.bigint() showed it.
   */
  take(sinceNs: bigint): Early {
    this.#udp.off('message', this.#keep);
    this.#tcp.off('connection', this.#hold);
    const kept = this.#datagrams.slice(this.#first);
    const datagrams = kept.filter(({ atNs }) => atNs >= sinceNs);
    const connections: Socket[] = [];
    for (const { socket, atNs } of this.#connections) {
      socket.off('error', ignore);
      if (atNs >= sinceNs && !socket.destroyed) connections.push(socket);
      else socket.destroy();
    }
    this.#datagrams = [];
    this.#connections = [];
    return { datagrams, connections, dropped: this.#dropped + kept.length - datagrams.length };
  }

  readonly #keep = (bytes: Buffer, remote: RemoteInfo): void => {
    this.#datagrams.push({ bytes, remote, atNs: process.hrtime.bigint() });
    this.#bytes += bytes.length;
    while (this.#bytes > MOST_BYTES || this.#datagrams.length - this.#first > MOST_DATAGRAMS) {
      this.#bytes -= this.#datagrams[this.#first]?.bytes.length ?? 0;
      this.#first++;
      this.#dropped++;
    }
    if (this.#first >= MOST_DATAGRAMS) {
      this.#datagrams = this.#datagrams.slice(this.#first);
      this.#first = 0;
    }
  };

  readonly #hold = (socket: Socket): void => {
    // One that its sender gives up meanwhile must not end the process.
    socket.on('error', ignore);
    this.#connections.push({ socket, atNs: process.hrtime.bigint() });
    if (this.#connections.length > MOST_CONNECTIONS) this.#connections.shift()?.socket.destroy();
  };
}

function ignore(): void {}
