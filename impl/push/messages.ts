/** What push gossip says: parts of a map, each in a datagram of its own, and the check of what arrives. */
import { entriesOf, isEntry } from '../anti-entropy/messages.ts';
import { packedTextBytes } from '../primitives/text-size.ts';
import type { Entry, StoredValue } from '../primitives/versioned-map.ts';

/** Encoded bytes of a message's entries, such that the whole stays within 1,200 bytes. */
const DATAGRAM_BYTES = 1150;
/** More entries than this do not fit into a datagram. */
const ENTRIES_LIMIT = 200;

/** Entries: key, version, value, ...; a value of null is a deletion. */
export interface Message {
  readonly type: 'state';
  readonly items: readonly (StoredValue | null)[];
}

/** The entries in as few datagrams as hold them; each can be used without the others. */
export function stateMessages(entries: readonly Entry[]): Message[] {
  const out: Message[] = [];
  let items: (StoredValue | null)[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const more = entryBytes(entry);
    if (items.length > 0 && (bytes + more > DATAGRAM_BYTES || items.length === 3 * ENTRIES_LIMIT)) {
      out.push({ type: 'state', items });
      items = [];
      bytes = 0;
    }
    items.push(entry.key, entry.version, entry.value);
    bytes += more;
  }
  if (items.length > 0) out.push({ type: 'state', items });
  return out;
}

export function entriesIn(message: Message): Generator<Entry> {
  return entriesOf(message.items);
}

/** Undefined for what is no message of this protocol. */
export function decodeMessage(raw: unknown): Message | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw) || Object.keys(raw).length !== 2) return undefined;
  const { type, items } = raw as Record<string, unknown>;
  if (type !== 'state' || !Array.isArray(items)) return undefined;
  if (items.length === 0 || items.length % 3 !== 0 || items.length > 3 * ENTRIES_LIMIT) return undefined;
  for (let i = 0; i < items.length; i += 3) if (!isEntry(items[i], items[i + 1], items[i + 2])) return undefined;
  return { type, items: items as (StoredValue | null)[] };
}

/** Upper bound of an entry's encoded size. */
export function entryBytes(entry: Entry): number {
  const value = typeof entry.value === 'string' ? packedTextBytes(entry.value) : 9;
  return packedTextBytes(entry.key) + packedTextBytes(entry.version) + value;
}
