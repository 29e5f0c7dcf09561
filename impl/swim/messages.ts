/** SWIM's messages: shapes and checks on arrival. Keys are one letter, since every datagram pays for them. */
import { FAMILY_CHECKS } from '../primitives/membership-claims.ts';
import type { Update } from '../primitives/membership-order.ts';
import { exactMessage } from '../primitives/message-shape.ts';

interface Common {
  /** The sender's own incarnation: it says "I am alive" under this one in everything it sends. */
  readonly i: number;
  /** Piggybacked updates, or the whole state in a sync. */
  readonly u: readonly Update[];
  /** Signed mode: the sender's signature of `i`, one for each of `u`, and in an `iack` the one of `j`. */
  readonly g?: readonly string[] | undefined;
}

/** `s` names the exchange at the member that started it. */
export type Message =
  | (Common & { readonly k: 'ping'; readonly s: number })
  /** Please ping `t` and tell me. */
  | (Common & { readonly k: 'req'; readonly s: number; readonly t: string })
  | (Common & { readonly k: 'ack'; readonly s: number })
  /** An ack passed on: `t` answered in life `l` with incarnation `j`. */
  | (Common & { readonly k: 'iack'; readonly s: number; readonly t: string; readonly l: number; readonly j: number })
  /** The whole state; `q`: the same is asked for in return. */
  | (Common & { readonly k: 'sync'; readonly q: boolean })
  /** Updates that nobody waits for: a refutation at its accuser's, a good-bye. */
  | (Common & { readonly k: 'news' });

type Field = keyof typeof FAMILY_CHECKS;

const FIELDS: Readonly<Record<Message['k'], readonly Field[]>> = {
  ping: ['i', 'u', 's'],
  req: ['i', 'u', 's', 't'],
  ack: ['i', 'u', 's'],
  iack: ['i', 'u', 's', 't', 'l', 'j'],
  sync: ['i', 'u', 'q'],
  news: ['i', 'u'],
};

/** The message, where it is one: exactly its fields, each in its range. Never throws. */
export function decode(raw: unknown): Message | undefined {
  const message = exactMessage<Message, Field>(raw, FIELDS, FAMILY_CHECKS, 'g');
  if (message === undefined || !Object.hasOwn(message, 'g')) return message;
  return areSignatures(message.g, message.u.length + (message.k === 'iack' ? 2 : 1)) ? message : undefined;
}

/** One for each claim; what is cut short or missing (an empty text) fails when it is checked. */
function areSignatures(value: unknown, count: number): boolean {
  if (!Array.isArray(value) || value.length !== count) return false;
  return value.every((text: unknown) => typeof text === 'string' && /^[\w-]{0,86}$/.test(text));
}

const KIND_NAMES: Readonly<Record<Message['k'], string>> = {
  ping: 'ping',
  req: 'ping-req',
  ack: 'ack',
  iack: 'indirect-ack',
  sync: 'sync',
  news: 'news',
};

export function kindOf(message: Message): string {
  return KIND_NAMES[message.k];
}
