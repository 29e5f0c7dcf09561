/** What push gossip says: parts of a map, each in a datagram of its own, and the check of what arrives. */
import { groupsThatFit } from '../primitives/datagram-groups.ts';
import { areItems, entriesOf, entryBytes, type Items, itemsOf } from '../primitives/map-entry.ts';
import type { Entry } from '../primitives/versioned-map.ts';

/** Encoded bytes of a message's entries, such that the whole stays within 1,200 bytes. */
const DATAGRAM_BYTES = 1150;
/** More entries than this do not fit into a datagram. */
const ENTRIES_LIMIT = 200;

export interface Message {
  readonly type: 'state';
  readonly items: Items;
}

/** The entries in as few datagrams as hold them; each can be used without the others. */
export function stateMessages(entries: readonly Entry[]): Message[] {
  return groupsThatFit(entries, entryBytes, DATAGRAM_BYTES).map((group) => ({
    type: 'state',
    items: itemsOf(group),
  }));
}

export function entriesIn(message: Message): Generator<Entry> {
  return entriesOf(message.items);
}

/** Undefined for what is no message of this protocol. */
export function decodeMessage(raw: unknown): Message | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw) || Object.keys(raw).length !== 2) return undefined;
  const { type, items } = raw as Record<string, unknown>;
  return type === 'state' && areItems(items, ENTRIES_LIMIT) && items.length > 0 ? { type, items } : undefined;
}
