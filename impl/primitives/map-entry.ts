/** Entries of a replicated map as clients and messages bring them: limits, checks, sizes, and what clients ask for. */
import type { Data, Observation } from '../protocol.ts';
import { isVersion } from './hybrid-clock.ts';
import { isWellFormed, packedTextBytes, utf8Bytes } from './text-size.ts';
import type { Entry, StoredValue } from './versioned-map.ts';

/** Bytes of a key and of a text value, in UTF-8: an entry always fits into a datagram. */
export const KEY_LIMIT_BYTES = 128;
export const VALUE_LIMIT_BYTES = 512;

/** Entries as messages carry them: key, version, value, key, version, value, ...; a value of null is a deletion. */
export type Items = readonly (StoredValue | null)[];

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

/** At most `limit` entries. */
export function areItems(items: unknown, limit: number): items is Items {
  if (!Array.isArray(items) || items.length % 3 !== 0 || items.length > 3 * limit) return false;
  for (let i = 0; i < items.length; i += 3) if (!isEntry(items[i], items[i + 1], items[i + 2])) return false;
  return true;
}

export function itemsOf(entries: readonly Entry[]): Items {
  return entries.flatMap((entry) => [entry.key, entry.version, entry.value]);
}

export function* entriesOf(items: Items): Generator<Entry> {
  for (let i = 0; i + 2 < items.length; i += 3) {
    yield { key: items[i] as string, version: items[i + 1] as string, value: items[i + 2] as StoredValue | null };
  }
}

/** Upper bound of an entry's encoded size. */
export function entryBytes(entry: Entry): number {
  const value = typeof entry.value === 'string' ? packedTextBytes(entry.value) : 9;
  return packedTextBytes(entry.key) + packedTextBytes(entry.version) + value;
}

/** A client's operation on a map, its shape checked. */
export type MapOperation =
  | { readonly f: 'read' | 'delete'; readonly key: string }
  | { readonly f: 'write'; readonly key: string; readonly value: StoredValue };

/** The operation, or why it is none. */
export function mapOperation(f: string, raw: Data): MapOperation | string {
  const fields = typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? raw : {};
  const { key, value } = fields as { readonly [key: string]: Data | undefined };
  if (!isKey(key)) return `key must be a text of 1 to ${KEY_LIMIT_BYTES} bytes, not only digits`;
  if (f === 'read' || f === 'delete') return { f, key };
  if (f !== 'write') return `no operation ${f}`;
  if (isStoredValue(value)) return { f, key, value };
  return `value must be a number or a text of at most ${VALUE_LIMIT_BYTES} bytes`;
}

/** What a member says when its map takes a version of a key. `operation`: where it applies a client's own write. */
export function applied(
  key: string,
  version: string,
  value: StoredValue | null,
  operation: number | undefined,
): Observation {
  return {
    kind: 'apply',
    key,
    version,
    ...(value === null ? { deleted: true as const } : {}),
    ...(operation === undefined ? {} : { operation }),
  };
}
