/**
 * The encoded sizes of messages, each worked out once, however many peers it goes to in its step. A message must not be
 * changed once it is sent, and time goes on before anything else could reuse what it was made of.
 */
import { messageBytes } from '../../../impl/wire/frame.ts';

/** Below this, sizing a message again costs no more than looking it up. */
const LARGE_BYTES = 200;

export class MessageSizes {
  #last: unknown;
  #lastBytes = 0;
  /** Large messages of the moment `#at`, for steps that send several of them to several peers. */
  readonly #large = new Map<unknown, number>();
  #at = 0;

  /** Bytes of the message alone, as encoded. `now`: virtual time, ns. */
  of(message: unknown, now: number): number {
    if (now !== this.#at) {
      this.#at = now;
      this.#last = undefined;
      if (this.#large.size > 0) this.#large.clear();
    }
    if (message === this.#last && message !== undefined) return this.#lastBytes;
    let bytes = this.#large.get(message);
    if (bytes === undefined) {
      bytes = messageBytes(message);
      if (bytes >= LARGE_BYTES) this.#large.set(message, bytes);
    }
    this.#last = message;
    this.#lastBytes = bytes;
    return bytes;
  }
}
