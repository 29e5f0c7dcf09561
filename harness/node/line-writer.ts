/**
 * Lines that must outlive their writer: collected during a step, written synchronously at its end, so that a SIGKILL a
 * moment later cannot take them back.
 */
import { writeSync } from 'node:fs';

const sleeper = new Int32Array(new SharedArrayBuffer(4));

export class LineWriter {
  readonly #descriptor: number;
  #pending: string[] = [];

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  write(line: object): void {
    this.#pending.push(JSON.stringify(line));
  }

  /** Throws what the write throws, EAGAIN apart; EPIPE means that the reader is gone. */
  flush(): void {
    if (this.#pending.length === 0) return;
    const bytes = Buffer.from(`${this.#pending.join('\n')}\n`);
    this.#pending = [];
    let at = 0;
    while (at < bytes.length) {
      try {
        at += writeSync(this.#descriptor, bytes, at, bytes.length - at);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        // A full pipe that does not block: the reader is behind, and there is nothing better to do than to wait for it.
        Atomics.wait(sleeper, 0, 0, 1);
      }
    }
  }
}
