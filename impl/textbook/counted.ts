/** Entries whose version is a plain count, as naive replicated maps have them, and what clients do with them. */
import { isKey, isStoredValue } from '../anti-entropy/messages.ts';
import { packedTextBytes } from '../primitives/text-size.ts';
import type { StoredValue } from '../primitives/versioned-map.ts';
import type { Data } from '../protocol.ts';

/**
 * [key, count, stamp, writer, life, value]: `count` is the version that is compared; stamp (ms of the writer's wall
 * clock), writer and life only tell a reader which write it is. A value of null is a deletion.
 */
export type Counted = readonly [
  key: string,
  count: number,
  stamp: number,
  writer: string,
  life: number,
  value: StoredValue | null,
];

const COUNT_DIGITS = 12;
const STAMP_DIGITS = 14;
const ENTRIES_BYTES = 1100;

/** Sorts as the counts do; different for every write, so that no two are confused by a reader of the history. */
export function versionOf([, count, stamp, writer, life]: Counted): string {
  return `${digits(count, COUNT_DIGITS)}@${digits(stamp, STAMP_DIGITS)}!${writer}!${life}`;
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

export function isCounted(item: unknown): item is Counted {
  if (!Array.isArray(item) || item.length !== 6) return false;
  const [key, count, stamp, writer, life, value] = item as unknown[];
  if (!isKey(key) || !isCount(count, COUNT_DIGITS) || !isCount(stamp, STAMP_DIGITS) || !isCount(life, 9)) return false;
  if (typeof writer !== 'string' || writer.length === 0 || writer.length > 64) return false;
  return value === null || isStoredValue(value);
}

export function isCount(value: unknown, width: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 10 ** width;
}

/** Entries in groups that each fit into a datagram. */
export function datagramsOf(entries: readonly Counted[]): Counted[][] {
  const out: Counted[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    const [key, , , writer, , value] = entry;
    const own =
      packedTextBytes(key) + packedTextBytes(writer) + 24 + (typeof value === 'string' ? packedTextBytes(value) : 9);
    if (bytes + own > ENTRIES_BYTES) {
      out.push([]);
      bytes = 0;
    }
    out.at(-1)?.push(entry);
    bytes += own;
  }
  return out;
}

/** A client's operation, its shape checked. */
export type MapOperation =
  | { readonly f: 'read' | 'delete'; readonly key: string }
  | { readonly f: 'write'; readonly key: string; readonly value: StoredValue };

/** Undefined for what is no operation on a map. */
export function mapOperation(f: string, raw: Data): MapOperation | undefined {
  const fields = typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? raw : {};
  const { key, value } = fields as { readonly [key: string]: Data | undefined };
  if (!isKey(key)) return undefined;
  if (f === 'read' || f === 'delete') return { f, key };
  return f === 'write' && isStoredValue(value) ? { f, key, value } : undefined;
}

/** Key to [version, value], in order of keys. */
export function viewOf(entries: ReadonlyMap<string, Counted>): Data {
  const out: Record<string, Data> = {};
  for (const key of [...entries.keys()].sort()) {
    const entry = entries.get(key);
    if (entry !== undefined) out[key] = [versionOf(entry), entry[5]];
  }
  return out;
}
