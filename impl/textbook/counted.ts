/** Entries whose version is a plain count, as naive replicated maps have them, and what clients do with them. */
import { groupsThatFit } from '../primitives/datagram-groups.ts';
import { isKey, isStoredValue, mapOperation } from '../primitives/map-entry.ts';
import { isWhole } from '../primitives/message-shape.ts';
import { packedTextBytes } from '../primitives/text-size.ts';
import type { StoredValue } from '../primitives/versioned-map.ts';
import type { Context, Data, ProtocolEvent } from '../protocol.ts';

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
  return isWhole(value, 0, 10 ** width - 1);
}

/** Entries in groups that each fit into a datagram. */
export function datagramsOf(entries: readonly Counted[]): Counted[][] {
  return groupsThatFit(entries, bytesOf, ENTRIES_BYTES);
}

function bytesOf([key, , , writer, , value]: Counted): number {
  const valueBytes = typeof value === 'string' ? packedTextBytes(value) : 9;
  return packedTextBytes(key) + packedTextBytes(writer) + 24 + valueBytes;
}

/**
 * `write`, `read` and `delete` on these entries. `countOf` is the count of a new version over what is held, and `store`
 * puts an entry in place.
 */
export function operateCounted(
  entries: ReadonlyMap<string, Counted>,
  { id, f, value }: Extract<ProtocolEvent<never>, { type: 'operation' }>,
  ctx: Pick<Context<never>, 'self' | 'life' | 'now' | 'reply'>,
  countOf: (held: Counted | undefined) => number,
  store: (entry: Counted) => void,
): void {
  const operation = mapOperation(f, value);
  if (typeof operation === 'string') {
    ctx.reply(id, { type: 'fail', error: `no such operation, key or value: ${f}` });
    return;
  }
  const held = entries.get(operation.key);
  if (operation.f === 'read') {
    ctx.reply(id, { type: 'ok', value: { value: held?.[5] ?? null, version: held ? versionOf(held) : null } });
    return;
  }
  const written = operation.f === 'write' ? operation.value : null;
  const stamp = Math.max(0, Math.floor(ctx.now()));
  const entry: Counted = [operation.key, countOf(held), stamp, ctx.self, ctx.life, written];
  store(entry);
  ctx.reply(id, { type: 'ok', value: { version: versionOf(entry) } });
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
