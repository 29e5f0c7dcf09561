/** Akka's messages: shapes, checks on arrival, and sizes. `f`: the sender's unique address; `o`: for whom it is meant. */
import { exactMessage, isWhole } from '../primitives/message-shape.ts';
import { packedTextBytes } from '../primitives/text-size.ts';
import { isVectorClock, type VectorClock } from '../primitives/vector-clock.ts';
import { DOWN, type Gossip } from './gossip.ts';

export type Message =
  /** Is there a cluster at your place? */
  | { readonly k: 'init'; readonly f: string }
  | { readonly k: 'yes'; readonly f: string }
  | { readonly k: 'no'; readonly f: string }
  | { readonly k: 'join'; readonly f: string }
  | { readonly k: 'welcome'; readonly f: string; readonly o: string; readonly g: Gossip }
  | { readonly k: 'gossip'; readonly f: string; readonly o: string; readonly g: Gossip }
  /** The clock alone, to one that has seen the state. */
  | { readonly k: 'status'; readonly f: string; readonly o: string; readonly c: VectorClock; readonly t: number }
  | { readonly k: 'beat'; readonly f: string; readonly o: string }
  | { readonly k: 'pulse'; readonly f: string; readonly o: string };

export const MAX_UID = 2 ** 31 - 1;
const MAX_MEMBERS = 5000;
const MAX_VERSION = 2 ** 40;
/** What a datagram of ours is kept under, encoded; what is larger goes as a stream. */
export const MAX_MESSAGE_BYTES = 1200;

const ID = /^.{1,64}\/([1-9][0-9]{0,9}|0)\.([1-9][0-9]{0,9}|0)$/s;

export function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length < 100 && ID.test(value);
}

/** A sorted list of distinct ids. */
function isIds(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length > MAX_MEMBERS) return false;
  return value.every((id: unknown, i) => isId(id) && (i === 0 || (value[i - 1] as string) < id));
}

function isSortedBy(value: unknown, isItem: (item: readonly unknown[]) => boolean): boolean {
  if (!Array.isArray(value) || value.length > MAX_MEMBERS) return false;
  return value.every((item: unknown, i) => {
    if (!Array.isArray(item) || !isId(item[0]) || !isItem(item)) return false;
    return i === 0 || ((value[i - 1] as readonly unknown[])[0] as string) < item[0];
  });
}

function isGossip(value: unknown): value is Gossip {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { m, s, r, c, t } = value as Record<string, unknown>;
  if (Object.keys(value).length !== 5) return false;
  return (
    isSortedBy(m, (item) => item.length === 2 && isWhole(item[1], 0, DOWN)) &&
    isSortedBy(r, (item) => item.length === 3 && isWhole(item[1], 0, MAX_VERSION) && isIds(item[2])) &&
    isIds(s) &&
    isIds(t) &&
    isVectorClock(c, MAX_MEMBERS) &&
    c.every(([node, counter]) => isId(node) && counter <= MAX_VERSION)
  );
}

type Field = 'f' | 'o' | 'g' | 'c' | 't';

const FIELDS: Readonly<Record<Message['k'], readonly Field[]>> = {
  init: ['f'],
  yes: ['f'],
  no: ['f'],
  join: ['f'],
  welcome: ['f', 'o', 'g'],
  gossip: ['f', 'o', 'g'],
  status: ['f', 'o', 'c', 't'],
  beat: ['f', 'o'],
  pulse: ['f', 'o'],
};

const CHECKS: Readonly<Record<Field, (value: unknown) => boolean>> = {
  f: isId,
  o: isId,
  g: isGossip,
  c: (value) => isVectorClock(value, MAX_MEMBERS) && value.every(([node, n]) => isId(node) && n <= MAX_VERSION),
  t: (value) => isWhole(value, 0, MAX_MEMBERS),
};

/** The message, where it is one: exactly its fields, each in its range. Never throws. */
export function decode(raw: unknown): Message | undefined {
  return exactMessage<Message, Field>(raw, FIELDS, CHECKS);
}

const KIND_NAMES: Readonly<Record<Message['k'], string>> = {
  init: 'init-join',
  yes: 'init-join-ack',
  no: 'init-join-nack',
  join: 'join',
  welcome: 'welcome',
  gossip: 'gossip',
  status: 'gossip-status',
  beat: 'heartbeat',
  pulse: 'heartbeat-reply',
};

export function kindOf(message: Message): string {
  return KIND_NAMES[message.k];
}

const idsBytes = (ids: readonly string[]) => ids.reduce((sum, id) => sum + packedTextBytes(id), 0);
const clockBytes = (clock: VectorClock) => clock.reduce((sum, [node]) => sum + packedTextBytes(node) + 10, 0);

/** At least the encoded size, bytes. */
export function messageBytes(message: Message): number {
  let bytes = 40 + packedTextBytes(message.f) + ('o' in message ? packedTextBytes(message.o) : 0);
  if (message.k === 'status') bytes += clockBytes(message.c);
  if (message.k === 'gossip' || message.k === 'welcome') {
    const { m, s, r, c, t } = message.g;
    for (const [id] of m) bytes += packedTextBytes(id) + 2;
    for (const [observer, , subjects] of r) bytes += packedTextBytes(observer) + 13 + idsBytes(subjects);
    bytes += idsBytes(s) + idsBytes(t) + clockBytes(c);
  }
  return bytes;
}
