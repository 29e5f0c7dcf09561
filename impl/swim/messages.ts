/** SWIM's messages: shapes, checks on arrival, and sizes. Keys are one letter, since every datagram pays for them. */
import { LEFT, type Update } from './order.ts';

interface Common {
  /** The sender's own incarnation: it says "I am alive" under this one in everything it sends. */
  readonly i: number;
  /** Piggybacked updates, or the whole state in a sync. */
  readonly u: readonly Update[];
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

/** Above what any honest run reaches; keeps sums exact and encoded numbers at five bytes. */
export const MAX_NUMBER = 2 ** 31 - 1;
const MAX_NAME_LENGTH = 64;
const MAX_UPDATES = 10_000;

/** What a datagram of ours is kept under, encoded; the wire adds its frame to it. */
export const MAX_MESSAGE_BYTES = 1200;
/** Everything but updates and names, rounded up. */
const HEADER_BYTES = 64;

/** Room for updates in a message that names `target` beside them, bytes. */
export function roomForUpdates(target = ''): number {
  return MAX_MESSAGE_BYTES - HEADER_BYTES - encodedNameBytes(target);
}

/** At least the size of a string as MessagePack has it, bytes. */
function encodedNameBytes(name: string): number {
  let bytes = 2;
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
  }
  return bytes;
}

/** At least the size of an update as MessagePack has it, bytes. */
export function updateBytes(update: Update): number {
  const by = update[4];
  return 1 + encodedNameBytes(update[0]) + 5 + 5 + 1 + (by === undefined ? 0 : encodedNameBytes(by));
}

function isNumber(value: unknown, max = MAX_NUMBER): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_NAME_LENGTH;
}

export function isUpdate(value: unknown): value is Update {
  if (!Array.isArray(value) || value.length < 4 || value.length > 5) return false;
  if (value.length === 5 && !isName(value[4])) return false;
  return isName(value[0]) && isNumber(value[1]) && isNumber(value[2]) && isNumber(value[3], LEFT);
}

/** Fields of each kind beside `k`, `i` and `u`. */
const FIELDS: Readonly<Record<Message['k'], readonly ('s' | 't' | 'l' | 'j' | 'q')[]>> = {
  ping: ['s'],
  req: ['s', 't'],
  ack: ['s'],
  iack: ['s', 't', 'l', 'j'],
  sync: ['q'],
  news: [],
};

/** The message, where it is one: exactly its fields, each in its range. Never throws. */
export function decode(raw: unknown): Message | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return undefined;
  const fields = raw as Record<string, unknown>;
  const kind = fields.k;
  if (typeof kind !== 'string' || !Object.hasOwn(FIELDS, kind)) return undefined;
  const own = FIELDS[kind as Message['k']];
  if (Object.keys(fields).length !== own.length + 3) return undefined;
  if (!isNumber(fields.i) || !Array.isArray(fields.u)) return undefined;
  for (const field of own) {
    const value = fields[field];
    const good = field === 't' ? isName(value) : field === 'q' ? typeof value === 'boolean' : isNumber(value);
    if (!good) return undefined;
  }
  if (fields.u.length > MAX_UPDATES || !fields.u.every(isUpdate)) return undefined;
  return raw as Message;
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
