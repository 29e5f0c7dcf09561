/**
 * A member's copy of a versioned map: clients' operations on it, entries taken over from others, what is durable, and
 * what an observer sees. How entries travel is the business of the protocol that holds the copy.
 */
import { isEntry, isKey, isStoredValue, KEY_LIMIT_BYTES, VALUE_LIMIT_BYTES } from '../anti-entropy/messages.ts';
import { encodeVersion, HybridClock, parseVersion } from '../primitives/hybrid-clock.ts';
import { type Entry, type StoredValue, VersionedMap } from '../primitives/versioned-map.ts';
import type { Context, Data, ProtocolEvent } from '../protocol.ts';

export interface Replica {
  readonly map: VersionedMap;
  readonly clock: HybridClock;
  readonly writers: ReadonlySet<string>;
  /** The last view and the entries it shows, so that an unchanged map is not projected again. */
  shown: { readonly entries: readonly Entry[]; readonly view: Data } | undefined;
}

export function createReplica(roster: readonly string[]): Replica {
  return { map: new VersionedMap(), clock: new HybridClock(), writers: new Set(roster), shown: undefined };
}

/** What a replica needs of any protocol's context. */
type Ctx = Pick<Context<never>, 'self' | 'life' | 'now' | 'persist' | 'emit' | 'reply'>;

/** Takes over an entry of another member's where its version is the newer one. True where it was taken. */
export function takeEntry(replica: Replica, entry: Entry, ctx: Ctx): boolean {
  if (!replica.map.wins(entry)) return false;
  const time = parseVersion(entry.version);
  if (time === undefined || !replica.writers.has(time.writer)) return false;
  replica.clock.observe(time);
  store(replica, entry, ctx, undefined);
  return true;
}

function store(replica: Replica, entry: Entry, ctx: Ctx, operation: number | undefined): void {
  replica.map.put(entry);
  ctx.persist([entry.key, entry.version, entry.value]);
  ctx.emit({
    kind: 'apply',
    key: entry.key,
    version: entry.version,
    ...(entry.value === null ? { deleted: true as const } : {}),
    ...(operation === undefined ? {} : { operation }),
  });
}

/** Takes up the records of this life, as `store` left them. */
export function restoreReplica(replica: Replica, records: readonly Data[]): void {
  for (const record of records) {
    if (!Array.isArray(record)) continue;
    const [key, version, value] = record as readonly Data[];
    if (!isEntry(key, version, value)) continue;
    const time = parseVersion(version as string);
    if (time !== undefined) replica.clock.observe(time);
    replica.map.put({ key: key as string, version: version as string, value: value as StoredValue | null });
  }
}

/** `write`, `read` and `delete`, answered at once from this copy. True where the map changed. */
export function operateReplica(
  replica: Replica,
  event: Extract<ProtocolEvent<never>, { type: 'operation' }>,
  ctx: Ctx,
): boolean {
  const { id, f, value } = event;
  const fields = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  const { key, value: written } = fields as { readonly [key: string]: Data | undefined };
  if (!isKey(key)) {
    ctx.reply(id, { type: 'fail', error: `key must be a text of 1 to ${KEY_LIMIT_BYTES} bytes, not only digits` });
  } else if (f === 'read') {
    const entry = replica.map.get(key);
    ctx.reply(id, { type: 'ok', value: { value: entry?.value ?? null, version: entry?.version ?? null } });
  } else if (f === 'delete') return write(replica, id, key, null, ctx);
  else if (f !== 'write') ctx.reply(id, { type: 'fail', error: `no operation ${f}` });
  else if (isStoredValue(written)) return write(replica, id, key, written, ctx);
  else {
    ctx.reply(id, { type: 'fail', error: `value must be a number or a text of at most ${VALUE_LIMIT_BYTES} bytes` });
  }
  return false;
}

function write(replica: Replica, id: number, key: string, value: StoredValue | null, ctx: Ctx): boolean {
  const time = replica.clock.tick(ctx.now());
  if (time === undefined) {
    ctx.reply(id, { type: 'fail', error: 'the hybrid clock has reached its limit' });
    return false;
  }
  const version = encodeVersion(time, ctx.self, ctx.life);
  store(replica, { key, version, value }, ctx, id);
  ctx.reply(id, { type: 'ok', value: { version } });
  return true;
}

/** Key to [version, value], in order of keys; the value of a deleted one is null. */
export function viewReplica(replica: Replica): Data {
  const entries = replica.map.sorted();
  if (replica.shown?.entries === entries) return replica.shown.view;
  const out: Record<string, Data> = {};
  for (const entry of entries) out[entry.key] = [entry.version, entry.value];
  replica.shown = { entries, view: out };
  return out;
}
