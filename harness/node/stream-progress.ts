/**
 * Whether a stream gets anywhere. A network that swallows everything resets no connection: its sender's system tries on,
 * at ever longer intervals, for minutes, also long after the network is whole again. So the receiver says how many bytes
 * have come (a float64 after each piece), and a sender that hears of no progress for a while gives the connection up.
 */
import type { Socket } from 'node:net';

/** Longer than the first repetitions of a system's SYN (1 s) and data (0.2, 0.6 and 1.4 s after the first). */
const STALL_MS = 1500;
const COUNT_BYTES = 8;

/** The receiver's side: to be told of every piece that came. */
export class ProgressReporter {
  readonly #socket: Socket;
  #received = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  received(bytes: number): void {
    this.#received += bytes;
    const count = Buffer.alloc(COUNT_BYTES);
    count.writeDoubleBE(this.#received);
    if (this.#socket.writable) this.#socket.write(count);
  }
}

/** The sender's side: calls `stalled` once, when what was written has not come for too long. */
export class ProgressWatch {
  readonly #socket: Socket;
  readonly #stalled: () => void;
  #written = 0;
  #heard: Buffer = Buffer.alloc(0);
  #alarm: NodeJS.Timeout | undefined;

  constructor(socket: Socket, stalled: () => void) {
    this.#socket = socket;
    this.#stalled = stalled;
    socket.on('data', (chunk) => this.#hear(chunk));
    socket.on('close', () => this.#disarm());
  }

  write(bytes: Uint8Array): void {
    this.#written += bytes.length;
    this.#socket.write(bytes);
    if (this.#alarm === undefined && !this.#socket.destroyed) this.#arm();
  }

  #hear(chunk: Buffer): void {
    const heard = Buffer.concat([this.#heard, chunk]);
    const whole = heard.length - (heard.length % COUNT_BYTES);
    this.#heard = heard.subarray(whole);
    if (whole === 0) return;
    const arrived = heard.readDoubleBE(whole - COUNT_BYTES);
    this.#disarm();
    if (arrived < this.#written) this.#arm();
  }

  #arm(): void {
    this.#alarm = setTimeout(() => {
      this.#alarm = undefined;
      this.#stalled();
    }, STALL_MS);
  }

  #disarm(): void {
    clearTimeout(this.#alarm);
    this.#alarm = undefined;
  }
}
