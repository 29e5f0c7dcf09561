/**
 * Anti-entropy: Demers, Greene, Hauser, Irish, Larson, Shenker, Sturgis, Swinehart, Terry: "Epidemic Algorithms for
 * Replicated Database Maintenance", 1987, sections 1.3 (push, pull, push-pull) and 2 (death certificates).
 *
 * Every interval a member compares its versioned map with those of a few random others and entries flow until both
 * hold the newer of each key. Writes, deletes and reads are answered from the member's own map, at once.
 *
 * Liars: any number may keep entries back, repeat old messages or claim versions that they have not, and no value is made
 * up and no version goes back; values changed on their way, or written in the name of others, are believed.
 */
import { encodeVersion, parseVersion } from '../primitives/hybrid-clock.ts';
import { entriesOf, itemsOf } from '../primitives/map-entry.ts';
import {
  createReplica,
  nextTime,
  operateReplica,
  type Replica,
  restoreReplica,
  storeEntry,
  viewReplica,
} from '../primitives/replica.ts';
import type { Entry, StoredValue } from '../primitives/versioned-map.ts';
import type { Context, Data, Protocol, ProtocolEvent } from '../protocol.ts';
import { antiEntropyBounds, antiEntropyClaims, antiEntropyTolerates } from './claims.ts';
import { answerDigest, answerProbe, answerWant, opening, type Reply } from './exchange.ts';
import { antiEntropyLies } from './lies.ts';
import { decodeMessage, type Flow, type Message } from './messages.ts';
import { type AntiEntropySettings, antiEntropySettings, checkAntiEntropySettings } from './settings.ts';

/** Ways in which a planted bug differs; the real protocol has none of them. */
export interface AntiEntropyQuirks {
  /** The first key in order is never sent to anybody. */
  readonly dropsKey?: boolean;
  /** Every so many of a member's own writes are acknowledged and not applied. */
  readonly forgetsEvery?: number;
  /** The older version wins a merge. */
  readonly takesOlder?: boolean;
  /** Orders writes by the writer's wall clock alone, whatever it has seen. */
  readonly wallClockOnly?: boolean;
  /** A tombstone gives way to any value. */
  readonly resurrects?: boolean;
  /** Of every so many text values taken from others, one is made up. */
  readonly inventsEvery?: number;
}

export interface AntiEntropyState extends Replica {
  ownWrites: number;
  taken: number;
}

type Ctx = Context<Message, AntiEntropySettings>;

const FLOWS: Readonly<Record<AntiEntropySettings['mode'], Flow>> = { push: 2, pull: 1, 'push-pull': 3 };

export function createAntiEntropy(
  name: string,
  summary: string,
  quirks: AntiEntropyQuirks = {},
): Protocol<AntiEntropyState, Message, Data, AntiEntropySettings> {
  return {
    name,
    summary,
    source: 'Demers et al. 1987, sections 1.3 and 2',
    role: 'map',
    workloads: ['register'],
    settings: antiEntropySettings,
    converges: true,
    sparse: true,
    checkSettings: checkAntiEntropySettings,
    claims: antiEntropyClaims,
    bounds: antiEntropyBounds,
    init: (ctx) => ({ ...createReplica(ctx.roster), ownWrites: 0, taken: 0 }),
    handle: (state, event, ctx) => handle(state, event, ctx, quirks),
    view: viewReplica,
    decode: decodeMessage,
    kindOf: (message) => message.type,
    lies: antiEntropyLies,
    tolerates: antiEntropyTolerates,
    sometimes: {
      'exchange-upon-leave': { doc: 'a member that leaves hands on what it has' },
      streamed: { doc: 'an answer takes more datagrams than are sent at once, and goes over a stream' },
      'older-refused': { doc: 'an entry is offered that is older than the one held' },
      'write-meets-tombstone': { doc: 'a value is offered for a key that is deleted here' },
    },
  };
}

export const antiEntropy = createAntiEntropy(
  'anti-entropy',
  'versioned map with tombstones, compared with random members every interval',
);

function handle(state: AntiEntropyState, event: ProtocolEvent<Message>, ctx: Ctx, quirks: AntiEntropyQuirks): void {
  switch (event.type) {
    case 'start':
      restoreReplica(state, event.restored ?? []);
      // Members start their rounds at times of their own.
      ctx.setTimer(ctx.random.next() * ctx.settings.intervalMs, 'round');
      return;
    case 'timer':
      dropOldTombstones(state, ctx);
      startRound(state, ctx);
      ctx.setTimer(ctx.settings.intervalMs, 'round');
      return;
    case 'message':
      receive(state, event.from, event.message, ctx, quirks);
      return;
    case 'operation':
      operateReplica(state, event, ctx, (_, id, key, value) => write(state, id, key, value, ctx, quirks));
      return;
    case 'leave':
      ctx.reach('exchange-upon-leave');
      // One last round, for what nobody else has yet.
      startRound(state, ctx);
      return;
    case 'membership':
      return;
  }
}

function startRound(state: AntiEntropyState, ctx: Ctx): void {
  for (const peer of ctx.peers.sample(ctx.settings.fanout)) {
    ctx.send(peer, opening(state.map, FLOWS[ctx.settings.mode]));
  }
}

function receive(state: AntiEntropyState, from: string, message: Message, ctx: Ctx, quirks: AntiEntropyQuirks): void {
  switch (message.type) {
    case 'probe':
      answer(state, from, answerProbe(state.map, message), ctx, quirks);
      return;
    case 'digest':
      answer(state, from, answerDigest(state.map, message), ctx, quirks);
      return;
    case 'want':
      answer(state, from, answerWant(state.map, message), ctx, quirks);
      return;
    case 'entries':
      for (const entry of entriesOf(message.items)) take(state, entry, ctx, quirks);
  }
}

function answer(
  state: AntiEntropyState,
  to: string,
  replies: readonly Reply[],
  ctx: Ctx,
  quirks: AntiEntropyQuirks,
): void {
  for (const reply of replies) {
    const message = quirks.dropsKey ? without(reply.message, state.map.sorted()[0]?.key) : reply.message;
    if (reply.stream) ctx.reach('streamed');
    if (reply.stream) ctx.stream(to, message);
    else ctx.send(to, message);
  }
}

/** Takes over an entry of another member's where it wins. */
function take(state: AntiEntropyState, offered: Entry, ctx: Ctx, quirks: AntiEntropyQuirks): void {
  const held = state.map.get(offered.key);
  if (held !== undefined && offered.version < held.version) ctx.reach('older-refused');
  if (held !== undefined && held.value === null && offered.value !== null) ctx.reach('write-meets-tombstone');
  const older = quirks.takesOlder === true && held !== undefined;
  const resurrected = quirks.resurrects === true && held?.value === null && offered.value !== null;
  if (resurrected) {
    storeEntry(state, offered, ctx, undefined);
    return;
  }
  if (older ? offered.version >= held.version : !state.map.wins(offered)) return;
  const time = parseVersion(offered.version);
  if (time === undefined || !state.writers.has(time.writer)) return;
  if (offered.value === null && held === undefined && isExpired(offered, ctx)) return;
  state.clock.observe(time);
  const entry = quirks.inventsEvery === undefined ? offered : invented(state, offered, quirks.inventsEvery);
  storeEntry(state, entry, ctx, undefined);
}

function write(
  state: AntiEntropyState,
  id: number,
  key: string,
  value: StoredValue | null,
  ctx: Ctx,
  quirks: AntiEntropyQuirks,
): boolean {
  const time = nextTime(state, id, ctx);
  if (time === undefined) return false;
  const physical = { wallMs: Math.floor(ctx.now()), counter: time.counter };
  const version = encodeVersion(quirks.wallClockOnly ? physical : time, ctx.self, ctx.life);
  state.ownWrites++;
  const loses = quirks.wallClockOnly === true && version < (state.map.get(key)?.version ?? '');
  const forgotten = loses || (quirks.forgetsEvery !== undefined && state.ownWrites % quirks.forgetsEvery === 0);
  if (!forgotten) storeEntry(state, { key, version, value }, ctx, id);
  ctx.reply(id, { type: 'ok', value: { version } });
  return !forgotten;
}

function isExpired(entry: Entry, ctx: Ctx): boolean {
  const ttl = ctx.settings.tombstoneTtlMs;
  return ttl > 0 && (parseVersion(entry.version)?.wallMs ?? 0) < ctx.now() - ttl;
}

function dropOldTombstones(state: AntiEntropyState, ctx: Ctx): void {
  if (ctx.settings.tombstoneTtlMs === 0) return;
  for (const entry of state.map.sorted()) if (entry.value === null && isExpired(entry, ctx)) state.map.drop(entry.key);
}

/** Planted bug: the message without one key's entry. */
function without(message: Message, key: string | undefined): Message {
  if (message.type !== 'entries') return message;
  return { type: 'entries', items: itemsOf([...entriesOf(message.items)].filter((entry) => entry.key !== key)) };
}

/** Planted bug: now and then the value is one that nobody wrote. */
function invented(state: AntiEntropyState, entry: Entry, every: number): Entry {
  state.taken++;
  return state.taken % every === 0 && entry.value !== null ? { ...entry, value: `${entry.value}?` } : entry;
}
