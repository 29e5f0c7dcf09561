/**
 * Adaptive push-pull: the push and the pull of Demers et al., "Epidemic Algorithms for Replicated Database Maintenance",
 * 1987, section 1.3, each done in a round with a chance of its own. That the chances and the fanout follow the measured
 * usefulness of the last exchanges is our own; how is told in adaptation.ts.
 *
 * A member keeps one store with two shelves: a versioned map, and the broadcasts it has delivered. A push tells a few
 * random others what the member has learnt lately, in its first few pushes after that. A pull compares both shelves with
 * a few random others by digests (as anti-entropy does) and takes what they have newer. Pushes make things quick; pulls
 * make them certain, since their chance and their fanout never fall below the least ones that are set.
 *
 * Liars: any number may keep things back, repeat old messages or send too many; whatever else they say is believed.
 */
import { answerDigest, answerProbe, answerWant, type Reply } from '../anti-entropy/exchange.ts';
import type { Message as Part } from '../anti-entropy/messages.ts';
import { ROOT } from '../primitives/digest.ts';
import { encodeVersion, parseVersion } from '../primitives/hybrid-clock.ts';
import { entriesOf } from '../primitives/map-entry.ts';
import {
  createReplica,
  nextTime,
  operateReplica,
  type Replica,
  restoreReplica,
  takeEntry,
  viewReplica,
} from '../primitives/replica.ts';
import type { Entry, VersionedMap } from '../primitives/versioned-map.ts';
import type { Context, Data, Protocol, ProtocolEvent } from '../protocol.ts';
import { isBroadcastValue, VALUE_LIMIT_BYTES } from '../rumor/messages.ts';
import { Adaptation, type Direction } from './adaptation.ts';
import { hybridBounds, hybridClaims, hybridTolerates } from './claims.ts';
import { Contacts, type Ended } from './contacts.ts';
import { Delivered, instanceOf, keyOf } from './delivered.ts';
import { hybridLies } from './lies.ts';
import {
  decodeMessage,
  type Item,
  itemsIn,
  kindOf,
  type Message,
  pushGroups,
  pushMessage,
  SHELVES,
  type Shelf,
} from './messages.ts';
import { checkHybridSettings, type HybridSettings, hybridSettings } from './settings.ts';

/** Ways in which a planted bug or a naive version differs; the real protocol has none of them. */
export interface HybridQuirks {
  /** Pulls nothing, ever. */
  readonly neverPulls?: boolean;
  /** Every so many broadcasts of others are delivered twice. */
  readonly twiceEvery?: number;
  /** Tells nobody of its broadcasts, whoever asks. */
  readonly hidesBroadcasts?: boolean;
  /** Takes the number of new items for an exchange's usefulness, and not their share. */
  readonly countsItems?: boolean;
}

interface Recent extends Item {
  /** Pushes in which it was told. */
  told: number;
}

export interface HybridState {
  readonly replica: Replica;
  readonly delivered: Delivered;
  /** What is still pushed, by shelf and key. */
  readonly recent: Map<string, Recent>;
  readonly contacts: Contacts;
  readonly adaptation: Adaptation;
  nextSequence: number;
  fromOthers: number;
  /** The last view and what it was made of, so that an unchanged store is not projected again. */
  shown: { readonly map: Data; readonly broadcasts: number; readonly view: Data } | undefined;
}

type Ctx = Context<Message, HybridSettings>;

/** What the answer of one whose store is the same brings. */
const NOTHING = { fresh: 0, items: 0 };

export function createHybrid(
  names: Pick<Protocol<HybridState, Message, Data, HybridSettings>, 'name' | 'summary' | 'source'>,
  quirks: HybridQuirks = {},
): Protocol<HybridState, Message, Data, HybridSettings> {
  return {
    ...names,
    role: 'map',
    workloads: ['register', 'broadcast'],
    settings: hybridSettings,
    converges: true,
    checkSettings: checkHybridSettings,
    lies: hybridLies,
    tolerates: hybridTolerates,
    claims: hybridClaims,
    bounds: hybridBounds,
    init: (ctx) => ({
      replica: createReplica(ctx.roster),
      delivered: new Delivered(),
      recent: new Map(),
      contacts: new Contacts(ctx.random.int(2 ** 31)),
      adaptation: new Adaptation(ctx.settings),
      nextSequence: 1,
      fromOthers: 0,
      shown: undefined,
    }),
    handle: (state, event, ctx) => handle(state, event, ctx, quirks),
    view,
    decode: decodeMessage,
    kindOf,
    sometimes: {
      'gap-closed-by-pull': {
        doc: 'a broadcast is pulled that pushes have missed, although the next one of its origin came',
      },
      'answered-too-late': { doc: 'an answer comes to a push or a pull that is forgotten already' },
      'restarted-with-broadcasts': {
        doc: 'a member comes back with broadcasts of its own: from here others must pull them',
      },
    },
  };
}

export const hybrid = createHybrid({
  name: 'hybrid',
  summary: 'push-pull of a versioned map and of broadcasts, its probabilities and fanout adapted to what is useful',
  source: 'Demers et al. 1987, section 1.3; that its probabilities and fanout follow recent usefulness: own',
});

function handle(state: HybridState, event: ProtocolEvent<Message>, ctx: Ctx, quirks: HybridQuirks): void {
  switch (event.type) {
    case 'start':
      restore(state, event.restored ?? [], ctx);
      // Members start their rounds at times of their own.
      ctx.setTimer(ctx.random.next() * ctx.settings.intervalMs, 'round');
      return;
    case 'timer':
      adapt(state, ctx, quirks);
      startRound(state, ctx, quirks);
      ctx.setTimer(ctx.settings.intervalMs, 'round');
      return;
    case 'message':
      receive(state, event.from, event.message, ctx, quirks);
      return;
    case 'operation':
      if (event.f === 'broadcast') broadcast(state, event.id, event.value, ctx);
      else operate(state, event, ctx);
      return;
    case 'leave':
      // For what nobody else has yet.
      push(state, ctx, quirks);
      return;
    case 'membership':
      return;
  }
}

function adapt(state: HybridState, ctx: Ctx, quirks: HybridQuirks): void {
  const { adaptation } = state;
  for (const ended of state.contacts.nextRound()) {
    adaptation.record(ended.direction, quirks.countsItems ? ended.fresh : usefulnessOf(ended));
  }
  if (!adaptation.adjust()) return;
  ctx.emit({
    kind: 'adapt',
    pushProbability: adaptation.probability('push'),
    pullProbability: adaptation.probability('pull'),
    fanout: adaptation.fanout,
    usefulness: adaptation.usefulness,
  });
}

/** A rate: an exchange of many items counts no more than one of few. */
function usefulnessOf({ fresh, items }: Ended): number {
  return items === 0 ? 0 : fresh / items;
}

function startRound(state: HybridState, ctx: Ctx, quirks: HybridQuirks): void {
  const { adaptation } = state;
  // Both coins fall in every round, whatever there is to tell.
  const pushes = ctx.random.next() < adaptation.probability('push');
  const pulls = ctx.random.next() < adaptation.probability('pull');
  if (pushes) push(state, ctx, quirks);
  if (!pulls || quirks.neverPulls) return;
  for (const peer of ctx.peers.sample(adaptation.fanout)) {
    const hashes = SHELVES.flatMap((shelf) => {
      const { tree } = shelfOf(state, shelf);
      return [tree.high(ROOT), tree.low(ROOT)];
    });
    ctx.send(peer, { type: 'pull', contact: state.contacts.begin('pull', peer), hashes });
  }
}

function push(state: HybridState, ctx: Ctx, quirks: HybridQuirks): void {
  const groups = pushGroups(nextItems(state, quirks), ctx.settings.maxDatagramsPerPush);
  if (groups.length === 0) return;
  for (const peer of ctx.peers.sample(state.adaptation.fanout)) {
    const contact = state.contacts.begin('push', peer);
    for (const group of groups) ctx.send(peer, pushMessage(contact, group));
  }
  for (const recent of groups.flat()) {
    recent.told++;
    if (recent.told >= ctx.settings.recentPushes) state.recent.delete(recentKey(recent.shelf, recent.entry));
  }
}

/** Those told least often come first, so that a new one is never held up by old ones. */
function nextItems(state: HybridState, quirks: HybridQuirks): Recent[] {
  const items = [...state.recent.values()].filter(({ shelf }) => !(quirks.hidesBroadcasts && shelf === 'broadcasts'));
  return items.sort((a, b) => a.told - b.told);
}

function recentKey(shelf: Shelf, entry: Entry): string {
  return `${shelf} ${entry.key}`;
}

/** A newer version of a key takes the older one's place, and is told as often as any other. */
function remember(state: HybridState, shelf: Shelf, entry: Entry): void {
  const key = recentKey(shelf, entry);
  state.recent.delete(key);
  state.recent.set(key, { shelf, entry, told: 0 });
}

function shelfOf(state: HybridState, shelf: Shelf): VersionedMap {
  return shelf === 'map' ? state.replica.map : state.delivered.entries;
}

function receive(state: HybridState, from: string, message: Message, ctx: Ctx, quirks: HybridQuirks): void {
  const { contact } = message;
  switch (message.type) {
    case 'push': {
      const { fresh, items } = takeAll(state, itemsIn(message), ctx, quirks);
      ctx.send(from, { type: 'taken', contact, fresh, of: items });
      return;
    }
    case 'taken':
      answered(state, 'push', contact, from, { fresh: message.fresh, items: message.of }, ctx);
      return;
    case 'pull':
      answerPull(state, from, contact, message.hashes, ctx, quirks);
      return;
    case 'same':
      answered(state, 'pull', contact, from, NOTHING, ctx);
      return;
    case 'compare':
      compare(state, from, contact, message.shelf, message.part, ctx, quirks);
  }
}

function answerPull(
  state: HybridState,
  from: string,
  contact: number,
  hashes: readonly number[],
  ctx: Ctx,
  quirks: HybridQuirks,
): void {
  let differs = false;
  SHELVES.forEach((shelf, i) => {
    if (quirks.hidesBroadcasts && shelf === 'broadcasts') return;
    const nodes = [ROOT, hashes[2 * i] ?? 0, hashes[2 * i + 1] ?? 0];
    const replies = answerProbe(shelfOf(state, shelf), { type: 'probe', flow: 1, nodes });
    if (replies.length > 0) differs = true;
    transmit(from, contact, shelf, replies, ctx);
  });
  if (!differs) ctx.send(from, { type: 'same', contact });
}

/** One step of a pull, this member's own or its partner's: only one of the two knows the contact. */
function compare(
  state: HybridState,
  from: string,
  contact: number,
  shelf: Shelf,
  part: Part,
  ctx: Ctx,
  quirks: HybridQuirks,
): void {
  const map = shelfOf(state, shelf);
  switch (part.type) {
    case 'probe':
      transmit(from, contact, shelf, answerProbe(map, part), ctx);
      break;
    case 'digest':
      transmit(from, contact, shelf, answerDigest(map, part), ctx);
      break;
    case 'want':
      // Only who pulls asks for keys: it is no answer to a pull of this member's.
      transmit(from, contact, shelf, answerWant(map, part), ctx);
      return;
    case 'entries': {
      const items = [...entriesOf(part.items)].map((entry) => ({ shelf, entry }));
      const closesGap = shelf === 'broadcasts' && items.some(({ entry }) => isGap(state.delivered, entry));
      const taken = takeAll(state, items, ctx, quirks);
      if (closesGap && taken.fresh > 0) ctx.reach('gap-closed-by-pull');
      answered(state, 'pull', contact, from, taken, ctx);
      return;
    }
  }
  state.contacts.answered('pull', contact, from, 0, 0);
}

/** Only who began a contact is answered like this, so that it must have forgotten one it does not know. */
function answered(
  state: HybridState,
  direction: Direction,
  contact: number,
  from: string,
  { fresh, items }: { readonly fresh: number; readonly items: number },
  ctx: Ctx,
): void {
  if (!state.contacts.answered(direction, contact, from, fresh, items)) ctx.reach('answered-too-late');
}

/** A broadcast that is not known here, although the next one of its origin is. */
function isGap(delivered: Delivered, entry: Entry): boolean {
  const instance = instanceOf(entry);
  if (instance === undefined || delivered.has(instance)) return false;
  return delivered.has({ ...instance, sequence: instance.sequence + 1 });
}

function transmit(to: string, contact: number, shelf: Shelf, replies: readonly Reply[], ctx: Ctx): void {
  for (const { message: part, stream } of replies) {
    const message: Message = { type: 'compare', contact, shelf, part };
    if (stream) ctx.stream(to, message);
    else ctx.send(to, message);
  }
}

function takeAll(
  state: HybridState,
  items: Iterable<Item>,
  ctx: Ctx,
  quirks: HybridQuirks,
): { fresh: number; items: number } {
  const count = { fresh: 0, items: 0 };
  for (const { shelf, entry } of items) {
    count.items++;
    const taken = shelf === 'map' ? takeEntry(state.replica, entry, ctx) : takeBroadcast(state, entry, ctx, quirks);
    if (!taken) continue;
    count.fresh++;
    remember(state, shelf, entry);
  }
  return count;
}

/** True where it was unknown until now. */
function takeBroadcast(state: HybridState, entry: Entry, ctx: Ctx, quirks: HybridQuirks): boolean {
  const instance = instanceOf(entry);
  if (instance === undefined || !state.replica.writers.has(instance.origin) || state.delivered.has(instance)) {
    return false;
  }
  // What claims to be this life's own and is not known was never broadcast.
  if (instance.origin === ctx.self && instance.life === ctx.life) return false;
  const time = parseVersion(entry.version);
  if (time !== undefined) state.replica.clock.observe(time);
  deliver(state, entry, ctx);
  state.fromOthers++;
  if (quirks.twiceEvery !== undefined && state.fromOthers % quirks.twiceEvery === 0) emitDelivery(entry, ctx);
  return true;
}

function deliver(state: HybridState, entry: Entry, ctx: Ctx): void {
  const instance = instanceOf(entry);
  if (instance === undefined) return;
  state.delivered.add(instance, entry);
  ctx.persist({ broadcast: [entry.key, entry.version, entry.value] });
  emitDelivery(entry, ctx);
}

function emitDelivery(entry: Entry, ctx: Ctx): void {
  const instance = instanceOf(entry);
  if (instance === undefined) return;
  const { origin, life: originLife, sequence } = instance;
  ctx.emit({ kind: 'deliver', origin, originLife, sequence, value: entry.value });
}

function broadcast(state: HybridState, id: number, value: Data, ctx: Ctx): void {
  if (!isBroadcastValue(value)) {
    ctx.reply(id, { type: 'fail', error: `value must be a text of at most ${VALUE_LIMIT_BYTES} bytes` });
    return;
  }
  const time = nextTime(state.replica, id, ctx);
  if (time === undefined) return;
  const instance = { origin: ctx.self, life: ctx.life, sequence: state.nextSequence++ };
  const entry = { key: keyOf(instance), version: encodeVersion(time, ctx.self, ctx.life), value };
  ctx.emit({ kind: 'broadcast', operation: id, sequence: instance.sequence });
  deliver(state, entry, ctx);
  remember(state, 'broadcasts', entry);
  ctx.reply(id, { type: 'ok', value: instance });
}

function operate(state: HybridState, event: ProtocolEvent<Message> & { type: 'operation' }, ctx: Ctx): void {
  if (!operateReplica(state.replica, event, ctx)) return;
  const { key } = event.value as { readonly key: string };
  const entry = state.replica.map.get(key);
  if (entry !== undefined) remember(state, 'map', entry);
}

/** What was durable is known again, and its broadcasts delivered already. What nobody was told of it others pull. */
function restore(state: HybridState, records: readonly Data[], ctx: Ctx): void {
  restoreReplica(state.replica, records);
  for (const record of records) {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) continue;
    const [key, version, value] = (record as { readonly broadcast?: readonly Data[] }).broadcast ?? [];
    if (typeof key !== 'string' || typeof version !== 'string' || typeof value !== 'string') continue;
    const entry = { key, version, value };
    const instance = instanceOf(entry);
    const time = parseVersion(version);
    if (instance === undefined || time === undefined) continue;
    state.replica.clock.observe(time);
    state.delivered.add(instance, entry);
    if (instance.origin !== ctx.self || instance.life !== ctx.life) continue;
    ctx.reach('restarted-with-broadcasts');
    state.nextSequence = Math.max(state.nextSequence, instance.sequence + 1);
  }
}

/**
 * Of the map, key to [version, value] in order of keys; of the broadcasts, under the empty key, which no entry of the map
 * can have, what was delivered of each origin's life.
 */
function view(state: HybridState): Data {
  const map = viewReplica(state.replica) as { readonly [key: string]: Data };
  const broadcasts = state.delivered.entries.size;
  const { shown } = state;
  if (shown !== undefined && shown.map === map && shown.broadcasts === broadcasts) return shown.view;
  const delivered = state.delivered.view();
  const projected = delivered === undefined ? map : { '': delivered, ...map };
  state.shown = { map, broadcasts, view: projected };
  return projected;
}
