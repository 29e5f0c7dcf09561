/**
 * The textbook's anti-entropy, its flaws kept. Selectable as any other protocol; not to be used.
 *
 * - A key's version is a count of its writes, and equal counts with different values are taken for equal, whatever
 *   their timestamps: concurrent writes of one key diverge for ever.
 * - There are no tombstones: a deleted key comes back from whoever still has it, and the next write of it counts from
 *   one again.
 */
import { antiEntropyBounds, antiEntropyClaims } from '../anti-entropy/claims.ts';
import { type AntiEntropySettings, antiEntropySettings } from '../anti-entropy/settings.ts';
import { applied, isKey } from '../primitives/map-entry.ts';
import { packedTextBytes } from '../primitives/text-size.ts';
import type { Context, Data, Protocol, ProtocolEvent, SettingsSpec } from '../protocol.ts';
import { claimsLike } from './claims-like.ts';
import { type Counted, datagramsOf, isCount, isCounted, operateCounted, versionOf, viewOf } from './counted.ts';

interface Settings {
  readonly fanout: number;
  readonly intervalMs: number;
}

const settings: SettingsSpec<Settings> = {
  fanout: {
    default: 3,
    unit: 'members',
    doc: 'Partners of each round, uniformly at random.',
    source: 'own',
    min: 1,
    max: 64,
    integer: true,
  },
  intervalMs: antiEntropySettings.intervalMs,
};

/** Key, count and timestamp of everything the sender has. */
type Digest = readonly (readonly [key: string, count: number, stamp: number])[];

type Message =
  | { readonly type: 'digest'; readonly digest: Digest }
  | { readonly type: 'want'; readonly keys: readonly string[] }
  | { readonly type: 'entries'; readonly entries: readonly Counted[] };

/** Bytes of a digest or a wish, beyond which it goes over a stream. */
const DATAGRAM_BYTES = 1100;

interface State {
  readonly entries: Map<string, Counted>;
}

type Ctx = Context<Message, Settings>;

function asReal(own: Settings): AntiEntropySettings {
  return { ...own, mode: 'push-pull', tombstoneTtlMs: 0 };
}

export const textbookAntiEntropy: Protocol<State, Message, Data, Settings> = {
  name: 'textbook/anti-entropy',
  summary: 'naive anti-entropy: counts for versions, equal counts never merge, no tombstones',
  source: 'own: the naive form of anti-entropy',
  role: 'map',
  workloads: ['register'],
  settings,
  converges: true,
  claims: claimsLike(antiEntropyClaims, asReal),
  bounds: (own, conditions) => antiEntropyBounds(asReal(own), conditions),
  init: () => ({ entries: new Map() }),
  handle,
  view: (state) => viewOf(state.entries),
  decode,
  kindOf: (message) => message.type,
};

function decode(raw: unknown): Message | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined;
  const { type, digest, keys, entries } = raw as Record<string, unknown>;
  if (type === 'digest') return Array.isArray(digest) && digest.every(isDigestItem) ? { type, digest } : undefined;
  if (type === 'want') return Array.isArray(keys) && keys.every(isKey) ? { type, keys } : undefined;
  return type === 'entries' && Array.isArray(entries) && entries.every(isCounted) ? { type, entries } : undefined;
}

function isDigestItem(item: unknown): item is Digest[number] {
  return Array.isArray(item) && item.length === 3 && isKey(item[0]) && isCount(item[1], 12) && isCount(item[2], 14);
}

function handle(state: State, event: ProtocolEvent<Message>, ctx: Ctx): void {
  switch (event.type) {
    case 'start':
      for (const record of event.restored ?? []) {
        if (isCounted(record)) state.entries.set(record[0], record);
        else if (typeof record === 'string') state.entries.delete(record);
      }
      ctx.setTimer(ctx.random.next() * ctx.settings.intervalMs, 'round');
      return;
    case 'timer':
      compare(state, ctx);
      ctx.setTimer(ctx.settings.intervalMs, 'round');
      return;
    case 'message':
      receive(state, event.from, event.message, ctx);
      return;
    case 'operation':
      operateCounted(
        state.entries,
        event,
        ctx,
        (held) => (held?.[1] ?? 0) + 1,
        (entry) => store(state, entry, ctx, event.id),
      );
      return;
    case 'leave':
      compare(state, ctx);
      return;
    case 'membership':
      return;
  }
}

function compare(state: State, ctx: Ctx): void {
  const digest = [...state.entries.values()].map(([key, count, stamp]) => [key, count, stamp] as const);
  const bytes = digest.reduce((sum, [key]) => sum + packedTextBytes(key) + 19, 0);
  for (const peer of ctx.peers.sample(ctx.settings.fanout)) transfer(peer, { type: 'digest', digest }, bytes, ctx);
}

function transfer(to: string, message: Message, bytes: number, ctx: Ctx): void {
  if (bytes > DATAGRAM_BYTES) ctx.stream(to, message);
  else ctx.send(to, message);
}

function receive(state: State, from: string, message: Message, ctx: Ctx): void {
  switch (message.type) {
    case 'digest': {
      const theirs = new Map(message.digest.map(([key, count]) => [key, count]));
      const newer = [...state.entries.values()].filter((entry) => entry[1] > (theirs.get(entry[0]) ?? 0));
      give(from, newer, ctx);
      const keys = [...theirs.keys()].filter((key) => (theirs.get(key) ?? 0) > (state.entries.get(key)?.[1] ?? 0));
      const bytes = keys.reduce((sum, key) => sum + packedTextBytes(key), 0);
      if (keys.length > 0) transfer(from, { type: 'want', keys }, bytes, ctx);
      return;
    }
    case 'want':
      give(
        from,
        message.keys.map((key) => state.entries.get(key)).filter((entry) => entry !== undefined),
        ctx,
      );
      return;
    case 'entries':
      for (const entry of message.entries) {
        if (entry[1] > (state.entries.get(entry[0])?.[1] ?? 0)) store(state, entry, ctx, undefined);
      }
  }
}

function give(to: string, entries: readonly Counted[], ctx: Ctx): void {
  for (const group of datagramsOf(entries)) ctx.send(to, { type: 'entries', entries: group });
}

/** A deletion leaves nothing behind, neither in the map nor on disk. */
function store(state: State, entry: Counted, ctx: Ctx, operation: number | undefined): void {
  const [key, , , , , value] = entry;
  if (value === null) state.entries.delete(key);
  else state.entries.set(key, entry);
  ctx.persist(value === null ? key : entry);
  ctx.emit(applied(key, versionOf(entry), value, operation));
}
