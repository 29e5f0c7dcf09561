/** What anti-entropy members tell each other, its limits, and the check of what arrives. */
import { isNode } from '../primitives/digest.ts';
import { isVersion } from '../primitives/hybrid-clock.ts';
import { isWellFormed, utf8Bytes } from '../primitives/text-size.ts';
import type { Entry, StoredValue } from '../primitives/versioned-map.ts';

/** Bytes of a key and of a text value, in UTF-8: an entry always fits into a datagram. */
export const KEY_LIMIT_BYTES = 128;
export const VALUE_LIMIT_BYTES = 512;
/** Items in a message that came over a stream. */
const ITEMS_LIMIT = 200_000;

/**
 * Which way entries may flow as a result of a message, seen from its sender: 1 towards the sender, 2 towards the
 * receiver, 3 both. An initiator that pushes says 2, one that pulls says 1.
 */
export type Flow = 1 | 2 | 3;

/** The same flow, seen from the other side. */
export function turned(flow: Flow): Flow {
  return flow === 3 ? 3 : flow === 1 ? 2 : 1;
}

export type Message =
  /** The sender's hashes of nodes of the tree: node, high, low, node, high, low, ... */
  | { readonly type: 'probe'; readonly flow: Flow; readonly nodes: readonly number[] }
  /** All keys the sender has below these nodes, with their versions: key, version, key, version, ... */
  | {
      readonly type: 'digest';
      readonly flow: Flow;
      readonly nodes: readonly number[];
      readonly items: readonly string[];
    }
  /** Asks for these keys. */
  | { readonly type: 'want'; readonly keys: readonly string[] }
  /** Entries: key, version, value, ...; a value of null is a tombstone. */
  | { readonly type: 'entries'; readonly items: readonly (StoredValue | null)[] };

/** Undefined for what is no message of this protocol. */
export function decodeMessage(raw: unknown): Message | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return undefined;
  const { type, flow, nodes, items, keys } = raw as Record<string, unknown>;
  if (type === 'probe') {
    return isFlow(flow) && isList(nodes) && areHashes(nodes) ? { type, flow, nodes: nodes as number[] } : undefined;
  }
  if (type === 'digest') {
    if (!isFlow(flow) || !isList(nodes) || !nodes.every(isNode) || !isList(items) || !areVersions(items)) {
      return undefined;
    }
    return { type, flow, nodes: nodes as number[], items: items as string[] };
  }
  if (type === 'want') return isList(keys) && keys.every(isKey) ? { type, keys: keys as string[] } : undefined;
  if (type === 'entries') {
    return isList(items) && areEntries(items) ? { type, items: items as (StoredValue | null)[] } : undefined;
  }
  return undefined;
}

export function* entriesOf(items: readonly (StoredValue | null)[]): Generator<Entry> {
  for (let i = 0; i + 2 < items.length; i += 3) {
    yield { key: items[i] as string, version: items[i + 1] as string, value: items[i + 2] as StoredValue | null };
  }
}

/** Keys are texts that an object keeps in the order of insertion and under their own name. */
export function isKey(key: unknown): key is string {
  if (typeof key !== 'string' || key.length === 0 || key.length > KEY_LIMIT_BYTES) return false;
  return utf8Bytes(key) <= KEY_LIMIT_BYTES && isWellFormed(key) && key !== '__proto__' && !/^\d+$/.test(key);
}

/** Negative zero is left out: JSON would give back another number. */
export function isStoredValue(value: unknown): value is StoredValue {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'string' || value.length > VALUE_LIMIT_BYTES) return false;
  return utf8Bytes(value) <= VALUE_LIMIT_BYTES && isWellFormed(value);
}

export function isEntry(key: unknown, version: unknown, value: unknown): boolean {
  return isKey(key) && typeof version === 'string' && isVersion(version) && (value === null || isStoredValue(value));
}

function isFlow(flow: unknown): flow is Flow {
  return flow === 1 || flow === 2 || flow === 3;
}

function isList(list: unknown): list is unknown[] {
  return Array.isArray(list) && list.length <= ITEMS_LIMIT;
}

function areHashes(nodes: readonly unknown[]): boolean {
  if (nodes.length === 0 || nodes.length % 3 !== 0) return false;
  return nodes.every((item, index) => (index % 3 === 0 ? isNode(item) : isUint32(item)));
}

function isUint32(item: unknown): boolean {
  return typeof item === 'number' && Number.isInteger(item) && item >= 0 && item < 4294967296;
}

function areVersions(items: readonly unknown[]): boolean {
  if (items.length % 2 !== 0) return false;
  return items.every((item, index) => (index % 2 === 0 ? isKey(item) : typeof item === 'string' && isVersion(item)));
}

function areEntries(items: readonly unknown[]): boolean {
  if (items.length % 3 !== 0) return false;
  for (let i = 0; i < items.length; i += 3) if (!isEntry(items[i], items[i + 1], items[i + 2])) return false;
  return true;
}
