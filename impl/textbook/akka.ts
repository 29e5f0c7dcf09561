/**
 * The textbook's Akka membership, its flaws kept. Selectable as any other protocol; not to be used.
 *
 * - Of two states the one with the later timestamp is taken, whatever the vector clocks say, which are kept, merged and
 *   never compared: of two changes made at the same time one is lost, and so is one under a clock that is behind.
 * - Who has seen a state is merged though the state has changed meanwhile: convergence is claimed of a state that some
 *   members have never heard of.
 * - There is no leader: whoever takes the state for converged moves members on by itself, and whoever lets a new
 *   incarnation in takes the former one out.
 * - Nobody is ever unreachable: the dead stay members, and hold up convergence for good.
 */
import { akkaBounds } from '../akka/bounds.ts';
import { akkaClaims } from '../akka/claims.ts';
import {
  changed,
  EXITING,
  foundingGossip,
  type Gossip,
  hasLater,
  idOf,
  JOINING,
  LEAVING,
  mergeSeen,
  parseId,
  REMOVED,
  type StatusCode,
  statusOf,
  UP,
  withoutMembers,
  withSeen,
  withStatus,
} from '../akka/gossip.ts';
import {
  decode as decodeReal,
  MAX_MESSAGE_BYTES,
  MAX_UID,
  messageBytes,
  type Message as RealMessage,
} from '../akka/messages.ts';
import { type AkkaSettings, akkaSettings } from '../akka/settings.ts';
import { lifecycleOf, type Origin } from '../akka/telling.ts';
import { knownSeeds, type MembershipView } from '../primitives/membership-protocol.ts';
import { mergeClocks } from '../primitives/vector-clock.ts';
import type { Context, Data, MemberStatus, Protocol, ProtocolEvent } from '../protocol.ts';
import { claimsLike } from './claims-like.ts';
import { answerMembers, lastTaken } from './naive-membership.ts';
import { quickAtPace } from './pace.ts';

type Settings = Pick<AkkaSettings, 'gossipIntervalMs'>;

/** `at`: when the state was last changed, ms of the wall clock of whoever changed it. */
type Stated = Extract<RealMessage, { k: 'welcome' | 'gossip' }> & { readonly at: number };
type Message = Extract<RealMessage, { k: 'join' }> | Stated;

interface State {
  readonly self: string;
  readonly life: number;
  readonly roster: ReadonlySet<string>;
  uid: number;
  /** `name/life.uid` */
  id: string;
  seeds: readonly string[];
  /** undefined until the member has been let in. */
  gossip: Gossip | undefined;
  at: number;
  /** What was last said of each id: where it stands, and its health. */
  readonly said: Map<string, { readonly status: StatusCode; readonly health: MemberStatus }>;
}

type Ctx = Context<Message, Settings>;

function asReal(own: Settings): AkkaSettings {
  return quickAtPace(akkaSettings, 'gossipIntervalMs', own.gossipIntervalMs);
}

export const textbookAkka: Protocol<State, Message, MembershipView, Settings> = {
  name: 'textbook/akka',
  summary: 'naive Akka membership: the later timestamp wins, seen sets outlive their state, no leader',
  source: 'own: the naive form of Akka',
  role: 'membership',
  workloads: ['membership'],
  settings: { gossipIntervalMs: akkaSettings.gossipIntervalMs },
  converges: true,
  claims: claimsLike(akkaClaims, asReal),
  bounds: (own, conditions) => akkaBounds(asReal(own), conditions),
  init: (ctx) => ({
    self: ctx.self,
    life: ctx.life,
    roster: new Set(ctx.roster),
    uid: 0,
    id: '',
    seeds: [],
    gossip: undefined,
    at: 0,
    said: new Map(),
  }),
  handle,
  view,
  decode,
  kindOf: (message) => message.k,
};

function decode(raw: unknown): Message | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return undefined;
  const { at, ...rest } = raw as { readonly at?: unknown };
  const message = decodeReal(rest);
  if (message?.k === 'join') return at === undefined ? message : undefined;
  if (message?.k !== 'welcome' && message?.k !== 'gossip') return undefined;
  return typeof at === 'number' && Number.isSafeInteger(at) && at >= 0 ? { ...message, at } : undefined;
}

function handle(state: State, event: ProtocolEvent<Message>, ctx: Ctx): void {
  switch (event.type) {
    case 'start':
      start(state, event.restored ?? [], event.seeds, ctx);
      return;
    case 'timer':
      ctx.setTimer(ctx.settings.gossipIntervalMs, 'round');
      round(state, ctx);
      return;
    case 'message':
      receive(state, event.from, event.fromLife, event.message, ctx);
      return;
    case 'operation':
      answerMembers(event, () => view(state), ctx);
      return;
    case 'leave':
      leave(state, ctx);
      return;
    case 'membership':
      return;
  }
}

/** Records are the uids of earlier boots. The plan's first member forms the cluster in its very first one. */
function start(state: State, records: readonly Data[], seeds: readonly string[], ctx: Ctx): void {
  state.uid = Math.min(lastTaken(records) + 1, MAX_UID);
  ctx.persist(state.uid);
  const { self, life, uid } = state;
  state.id = idOf({ name: self, life, uid });
  state.seeds = knownSeeds(seeds, self, state.roster);
  ctx.emit({ kind: 'status', subject: self, subjectLife: life, status: 'alive', incarnation: uid });
  if (ctx.roster[0] === self && life === 1 && uid === 1) change(state, foundingGossip(state.id), 'made', ctx);
  else ask(state, ctx);
  ctx.setTimer(ctx.random.next() * ctx.settings.gossipIntervalMs, 'round');
}

function ask(state: State, ctx: Ctx): void {
  for (const seed of state.seeds) ctx.send(seed, { k: 'join', f: state.id });
}

function round(state: State, ctx: Ctx): void {
  const { gossip } = state;
  if (gossip === undefined) {
    ask(state, ctx);
    return;
  }
  const others = gossip.m.map(([id]) => id).filter((id) => id !== state.id);
  const behind = others.filter((id) => !gossip.s.includes(id));
  for (const id of ctx.random.sample(behind.length > 0 ? behind : others, 1)) tell(state, id, 'gossip', ctx);
  moveOn(state, ctx);
}

function tell(state: State, id: string, k: Stated['k'], ctx: Ctx): void {
  if (state.gossip === undefined) return;
  const message: Stated = { k, f: state.id, o: id, g: state.gossip, at: state.at };
  if (messageBytes(message) + 12 <= MAX_MESSAGE_BYTES) ctx.send(parseId(id).name, message);
  else ctx.stream(parseId(id).name, message);
}

/** Where all members are among those who have seen the state, or an earlier one, it is taken for converged. */
function moveOn(state: State, ctx: Ctx): void {
  const { gossip } = state;
  if (gossip === undefined || !gossip.m.every(([id]) => gossip.s.includes(id))) return;
  let next = gossip;
  for (const [id, status] of gossip.m) {
    if (status === JOINING) next = withStatus(next, id, UP);
    else if (status === LEAVING) next = withStatus(next, id, EXITING);
    else if (status === EXITING) next = withoutMembers(next, [id]);
  }
  if (next !== gossip) change(state, changed(next, state.id), 'converged', ctx);
}

function receive(state: State, from: string, fromLife: number, message: Message, ctx: Ctx): void {
  const sender = parseId(message.f);
  if (!state.roster.has(from) || sender.name !== from || sender.life !== fromLife || from === state.self) return;
  if (message.k === 'join') {
    letIn(state, message.f, ctx);
    return;
  }
  if (message.o !== state.id) return;
  const local = state.gossip;
  if (local === undefined) {
    if (message.k === 'welcome') install(state, withSeen(message.g, state.id), message.at, 'heard', ctx);
    return;
  }
  const newer = message.at > state.at;
  const merged = { ...mergeSeen(newer ? message.g : local, newer ? local : message.g) };
  const next = { ...merged, c: mergeClocks(local.c, message.g.c) };
  install(state, withSeen(next, state.id), Math.max(message.at, state.at), 'heard', ctx);
}

function letIn(state: State, id: string, ctx: Ctx): void {
  const { gossip } = state;
  if (gossip === undefined) return;
  if (statusOf(gossip, id) === undefined) {
    const { name } = parseId(id);
    const former = gossip.m.map(([other]) => other).filter((other) => parseId(other).name === name);
    change(state, changed(withStatus(withoutMembers(gossip, former), id, JOINING), state.id), 'made', ctx);
  }
  tell(state, id, 'welcome', ctx);
}

function leave(state: State, ctx: Ctx): void {
  const { gossip } = state;
  if (gossip === undefined || statusOf(gossip, state.id) === undefined) return;
  change(state, changed(withStatus(gossip, state.id, LEAVING), state.id), 'made', ctx);
  const others = gossip.m.map(([id]) => id).filter((id) => id !== state.id);
  for (const id of ctx.random.sample(others, 3)) tell(state, id, 'gossip', ctx);
}

function change(state: State, next: Gossip, origin: Origin, ctx: Ctx): void {
  install(state, next, Math.max(0, Math.floor(ctx.now())), origin, ctx);
}

/** Makes `next` the state, and says what is new in it. */
function install(state: State, next: Gossip, at: number, origin: Origin, ctx: Ctx): void {
  state.gossip = next;
  state.at = at;
  for (const [id, status] of next.m) say(state, id, status, origin, ctx);
  for (const id of [...state.said.keys()]) {
    if (statusOf(next, id) === undefined) say(state, id, REMOVED, origin, ctx);
  }
}

function say(state: State, id: string, status: StatusCode, origin: Origin, ctx: Ctx): void {
  const before = state.said.get(id);
  if (before?.status === status) return;
  const health = status === REMOVED ? 'dead' : status >= LEAVING ? 'left' : 'alive';
  state.said.set(id, { status, health });
  const { name, life, uid } = parseId(id);
  ctx.emit(lifecycleOf(id, status, origin));
  if (name === state.self || health === before?.health || hasLater(state.said.keys(), id)) return;
  ctx.emit({ kind: 'status', subject: name, subjectLife: life, status: health, incarnation: uid });
  ctx.announce(name, life, health === 'alive');
}

function view(state: State): MembershipView {
  const members = state.gossip?.m.filter(([, status]) => status < LEAVING) ?? [];
  const alive = members.map(([id]) => id.slice(0, id.lastIndexOf('.')));
  return { alive: alive.sort(), suspect: [] };
}
