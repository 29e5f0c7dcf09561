/** What adaptive push-pull members tell each other, its limits, and the check of what arrives. */
import { decodeMessage as decodePart, type Message as Part } from '../anti-entropy/messages.ts';
import { groupsThatFit } from '../primitives/datagram-groups.ts';
import { areItems, entriesOf, entryBytes, type Items, itemsOf } from '../primitives/map-entry.ts';
import { isWhole } from '../primitives/message-shape.ts';
import type { Entry } from '../primitives/versioned-map.ts';

/** Encoded bytes of a push's entries, such that the whole stays within 1,200 bytes. */
const PUSH_BYTES = 1130;
const ITEMS_LIMIT = 600;

/** The two halves of a member's store: the map's entries, and the broadcasts it has delivered. */
export type Shelf = 'map' | 'broadcasts';
export const SHELVES: readonly Shelf[] = ['map', 'broadcasts'];

/** `contact` is a number of the member that began the push or the pull, the same in all that follows from it. */
export type Message =
  /** What the sender has learnt lately. */
  | { readonly type: 'push'; readonly contact: number; readonly map: Items; readonly broadcasts: Items }
  /** So many of the entries of one datagram of that push were new. */
  | { readonly type: 'taken'; readonly contact: number; readonly fresh: number; readonly of: number }
  /** Asks for what the sender lacks: the hashes, high and low, of its map and of its broadcasts. */
  | { readonly type: 'pull'; readonly contact: number; readonly hashes: readonly number[] }
  /** Both hashes are the receiver's own. */
  | { readonly type: 'same'; readonly contact: number }
  /** A step of the comparison of a shelf, as anti-entropy has it. */
  | { readonly type: 'compare'; readonly contact: number; readonly shelf: Shelf; readonly part: Part };

/** A pushed entry and where it belongs. */
export interface Item {
  readonly shelf: Shelf;
  readonly entry: Entry;
}

/** In the order given, in at most `limit` datagrams; each can be used without the others. */
export function pushGroups<T extends Item>(items: readonly T[], limit: number): T[][] {
  return groupsThatFit(items, ({ entry }) => entryBytes(entry), PUSH_BYTES, limit);
}

export function pushMessage(contact: number, items: readonly Item[]): Message {
  const of = (wanted: Shelf) => itemsOf(items.flatMap(({ shelf, entry }) => (shelf === wanted ? [entry] : [])));
  return { type: 'push', contact, map: of('map'), broadcasts: of('broadcasts') };
}

export function* itemsIn(message: Message & { type: 'push' }): Generator<Item> {
  for (const shelf of SHELVES) for (const entry of entriesOf(message[shelf])) yield { shelf, entry };
}

/** Undefined for what is no message of this protocol. */
export function decodeMessage(raw: unknown): Message | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return undefined;
  const { type, contact, map, broadcasts, fresh, of, hashes, shelf, part } = raw as Record<string, unknown>;
  if (!isUint32(contact)) return undefined;
  switch (type) {
    case 'push':
      return areItems(map, ITEMS_LIMIT) && areItems(broadcasts, ITEMS_LIMIT) && map.length + broadcasts.length > 0
        ? { type, contact, map, broadcasts }
        : undefined;
    case 'taken':
      return isUint32(fresh) && isUint32(of) && of > 0 && of <= ITEMS_LIMIT && fresh <= of
        ? { type, contact, fresh, of }
        : undefined;
    case 'pull':
      return Array.isArray(hashes) && hashes.length === 2 * SHELVES.length && hashes.every(isUint32)
        ? { type, contact, hashes }
        : undefined;
    case 'same':
      return { type, contact };
    case 'compare': {
      const decoded = decodePart(part);
      return decoded !== undefined && (shelf === 'map' || shelf === 'broadcasts')
        ? { type, contact, shelf, part: decoded }
        : undefined;
    }
    default:
      return undefined;
  }
}

/** For the accounting of traffic. */
export function kindOf(message: Message): string {
  return message.type === 'compare' ? message.part.type : message.type;
}

function isUint32(value: unknown): value is number {
  return isWhole(value, 0, 0xffffffff);
}
