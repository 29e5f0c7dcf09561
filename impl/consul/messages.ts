/** Consul's messages: shapes and checks on arrival. Keys are one letter, since every datagram pays for them. */
import { isName, isNumber, isUpdateList } from '../primitives/membership-claims.ts';
import type { Update } from '../primitives/membership-order.ts';

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

/** Fields of each kind beside `k`, `i` and `u`. */
const FIELDS: Readonly<Record<Message['k'], readonly ('s' | 't' | 'n' | 'l' | 'j' | 'q')[]>> = {
  ping: ['s'],
  ack: ['s'],
  req: ['s', 't', 'n'],
  iack: ['s', 't', 'l', 'j'],
  nack: ['s'],
  sping: ['s'],
  sack: ['s'],
  sync: ['q'],
  gossip: [],
};

function isField(field: string, value: unknown): boolean {
  if (field === 't') return isName(value);
  return field === 'q' || field === 'n' ? typeof value === 'boolean' : isNumber(value);
}

/** The message, where it is one: exactly its fields, each in its range. Never throws. */
export function decode(raw: unknown): Message | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return undefined;
  const fields = raw as Record<string, unknown>;
  const kind = fields.k;
  if (typeof kind !== 'string' || !Object.hasOwn(FIELDS, kind)) return undefined;
  const own = FIELDS[kind as Message['k']];
  if (Object.keys(fields).length !== own.length + 3) return undefined;
  if (!isNumber(fields.i) || !isUpdateList(fields.u)) return undefined;
  return own.every((field) => isField(field, fields[field])) ? (raw as Message) : undefined;
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
