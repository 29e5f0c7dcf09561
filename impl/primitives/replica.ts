/**
 * A member's copy of a versioned map: clients' operations on it, entries taken over from others, what is durable, and
 * what an observer sees. How entries travel is the business of the protocol that holds the copy.
 */
import type { Context, Data, ProtocolEvent } from '../protocol.ts';
import { encodeVersion, HybridClock, type HybridTime, parseVersion } from './hybrid-clock.ts';
import { applied, isEntry, mapOperation } from './map-entry.ts';
import { type Entry, type StoredValue, VersionedMap } from './versioned-map.ts';

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

type Operation = Extract<ProtocolEvent<never>, { type: 'operation' }>;

/** Takes over an entry of another member's where its version is the newer one. True where it was taken. */
export function takeEntry(replica: Replica, entry: Entry, ctx: Ctx): boolean {
  if (!replica.map.wins(entry)) return false;
  const time = parseVersion(entry.version);
  if (time === undefined || !replica.writers.has(time.writer)) return false;
  replica.clock.observe(time);
  storeEntry(replica, entry, ctx, undefined);
  return true;
}

/** Takes the entry whatever is held. `operation`: where it is a client's own write. */
export function storeEntry(replica: Replica, entry: Entry, ctx: Ctx, operation: number | undefined): void {
  replica.map.put(entry);
  ctx.persist([entry.key, entry.version, entry.value]);
  ctx.emit(applied(entry.key, entry.version, entry.value, operation));
}

/** Takes up the records of this life, as `storeEntry` left them. */
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

/**
 * `write`, `read` and `delete`, answered at once from this copy. `write` does what the name says, a deletion being a
 * value of null; true where the map changed.
 */
export function operateReplica(
  replica: Replica,
  { id, f, value }: Operation,
  ctx: Ctx,
  write: typeof writeEntry = writeEntry,
): boolean {
  const operation = mapOperation(f, value);
  if (typeof operation === 'string') {
    ctx.reply(id, { type: 'fail', error: operation });
    return false;
  }
  if (operation.f !== 'read') {
    return write(replica, id, operation.key, operation.f === 'write' ? operation.value : null, ctx);
  }
  const entry = replica.map.get(operation.key);
  ctx.reply(id, { type: 'ok', value: { value: entry?.value ?? null, version: entry?.version ?? null } });
  return false;
}

function writeEntry(replica: Replica, id: number, key: string, value: StoredValue | null, ctx: Ctx): boolean {
  const time = nextTime(replica, id, ctx);
  if (time === undefined) return false;
  const version = encodeVersion(time, ctx.self, ctx.life);
  storeEntry(replica, { key, version, value }, ctx, id);
  ctx.reply(id, { type: 'ok', value: { version } });
  return true;
}

/** The time of a client's write; where the clock has none left, the operation is refused. */
export function nextTime(replica: Replica, operation: number, ctx: Pick<Ctx, 'now' | 'reply'>): HybridTime | undefined {
  const time = replica.clock.tick(ctx.now());
  if (time === undefined) ctx.reply(operation, { type: 'fail', error: 'the hybrid clock has reached its limit' });
  return time;
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
