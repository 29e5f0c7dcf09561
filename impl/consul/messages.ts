/** Consul's messages: shapes and checks on arrival. Keys are one letter, since every datagram pays for them. */
import { FAMILY_CHECKS, isFlag } from '../primitives/membership-claims.ts';
import type { Update } from '../primitives/membership-order.ts';
import { exactMessage } from '../primitives/message-shape.ts';

interface Common {
  /** The sender's own incarnation: it says "I am alive" under this one in everything it sends. */
  readonly i: number;
  /** Piggybacked updates, or the whole state in a sync. */
  readonly u: readonly Update[];
}

/** `s` names the probe at the member that started it. */
export type Message =
  | (Common & { readonly k: 'ping'; readonly s: number })
  | (Common & { readonly k: 'ack'; readonly s: number })
  /** Please ping `t` and tell me; `n`: also when it does not answer. */
  | (Common & { readonly k: 'req'; readonly s: number; readonly t: string; readonly n: boolean })
  /** An ack passed on: `t` answered in life `l` with incarnation `j`. */
  | (Common & { readonly k: 'iack'; readonly s: number; readonly t: string; readonly l: number; readonly j: number })
  /** The helper is well, and the one it was asked to ping has not answered. */
  | (Common & { readonly k: 'nack'; readonly s: number })
  /** The fallback probe and its answer, both over the stream. */
  | (Common & { readonly k: 'sping'; readonly s: number })
  | (Common & { readonly k: 'sack'; readonly s: number })
  /** The whole state, over the stream; `q`: the same is asked for in return. */
  | (Common & { readonly k: 'sync'; readonly q: boolean })
  | (Common & { readonly k: 'gossip' });

const CHECKS = { ...FAMILY_CHECKS, n: isFlag };
type Field = keyof typeof CHECKS;

const FIELDS: Readonly<Record<Message['k'], readonly Field[]>> = {
  ping: ['i', 'u', 's'],
  ack: ['i', 'u', 's'],
  req: ['i', 'u', 's', 't', 'n'],
  iack: ['i', 'u', 's', 't', 'l', 'j'],
  nack: ['i', 'u', 's'],
  sping: ['i', 'u', 's'],
  sack: ['i', 'u', 's'],
  sync: ['i', 'u', 'q'],
  gossip: ['i', 'u'],
};

/** The message, where it is one: exactly its fields, each in its range. Never throws. */
export function decode(raw: unknown): Message | undefined {
  return exactMessage<Message, Field>(raw, FIELDS, CHECKS);
}

const KIND_NAMES: Readonly<Record<Message['k'], string>> = {
  ping: 'ping',
  ack: 'ack',
  req: 'ping-req',
  iack: 'indirect-ack',
  nack: 'nack',
  sping: 'stream-ping',
  sack: 'stream-ack',
  sync: 'sync',
  gossip: 'gossip',
};

export function kindOf(message: Message): string {
  return KIND_NAMES[message.k];
}
