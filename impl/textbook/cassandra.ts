/**
 * The textbook's Cassandra gossip, its flaws kept. Selectable as any other protocol; not to be used.
 *
 * - The version never grows with the heartbeat: digests are equal, and no heartbeat but the first ever gets across.
 * - There is no ACK2: what an ACK asks for is never sent, so that states are pulled and never pushed.
 * - There is no failure detector: every endpoint that is known is live, for ever. None is ever unreachable, so that those
 *   10 % of the rounds that are for unreachable ones never come; and whoever leaves stays listed.
 */
import { cassandraBounds } from '../cassandra/bounds.ts';
import { cassandraClaims } from '../cassandra/claims.ts';
import {
  type AppState,
  type Digest,
  decode as decodeReal,
  type EndpointDelta,
  kindOf,
  MAX_GENERATION,
  type Message,
  splitMessage,
} from '../cassandra/messages.ts';
import { type CassandraSettings, cassandraSettings } from '../cassandra/settings.ts';
import { knownSeeds, type MembershipView } from '../primitives/membership-protocol.ts';
import type { Context, Data, Protocol, ProtocolEvent } from '../protocol.ts';
import { claimsLike } from './claims-like.ts';
import { answerMembers, lastTaken } from './naive-membership.ts';
import { quickAtPace } from './pace.ts';

type Settings = Pick<CassandraSettings, 'gossipIntervalMs'>;

interface Endpoint {
  readonly life: number;
  /** When it booted, s. */
  readonly generation: number;
  /** The highest of its application states: the heartbeat does not count. */
  readonly version: number;
  heartbeat: number;
  readonly states: readonly AppState[];
}

interface State {
  readonly self: string;
  readonly roster: ReadonlySet<string>;
  own: Endpoint;
  /** undefined: a seed, or named by a digest, and nothing is known of it. */
  readonly endpoints: Map<string, Endpoint | undefined>;
}

type Ctx = Context<Message, Settings>;

/** All that a member ever says of itself. */
const STATES: readonly AppState[] = [
  ['STATUS', 'NORMAL', 1],
  ['LOAD', '0', 2],
  ['SCHEMA', '1', 3],
  ['DC', 'dc1', 4],
  ['RACK', 'r1', 5],
];

function asReal(own: Settings): CassandraSettings {
  return quickAtPace(cassandraSettings, 'gossipIntervalMs', own.gossipIntervalMs);
}

export const textbookCassandra: Protocol<State, Message, MembershipView, Settings> = {
  name: 'textbook/cassandra',
  summary: 'naive Cassandra gossip: versions without heartbeats, no ACK2, no failure detector',
  source: 'own: the naive form of Cassandra',
  role: 'membership',
  workloads: ['membership'],
  settings: { gossipIntervalMs: cassandraSettings.gossipIntervalMs },
  converges: true,
  claims: claimsLike(cassandraClaims, asReal),
  bounds: (own, conditions) => cassandraBounds(asReal(own), conditions),
  init: (ctx) => ({
    self: ctx.self,
    roster: new Set(ctx.roster),
    own: { life: ctx.life, generation: 0, version: STATES.length, heartbeat: 0, states: STATES },
    endpoints: new Map(),
  }),
  handle,
  view,
  decode: (raw) => {
    const message = decodeReal(raw);
    return message?.k === 'syn' || message?.k === 'ack' ? message : undefined;
  },
  kindOf,
};

function handle(state: State, event: ProtocolEvent<Message>, ctx: Ctx): void {
  switch (event.type) {
    case 'start':
      start(state, event.restored ?? [], event.seeds, ctx);
      return;
    case 'timer':
      ctx.setTimer(ctx.settings.gossipIntervalMs, 'round');
      gossip(state, ctx);
      return;
    case 'message':
      receive(state, event.from, event.message, ctx);
      return;
    case 'operation':
      answerMembers(event, () => view(state), ctx);
      return;
    case 'leave':
    case 'membership':
      return;
  }
}

/** Records are the generations of earlier boots. */
function start(state: State, records: readonly Data[], seeds: readonly string[], ctx: Ctx): void {
  const seconds = Math.min(Math.max(1, Math.floor(ctx.now() / 1000)), MAX_GENERATION);
  const generation = Math.max(lastTaken(records) + 1, seconds);
  ctx.persist(generation);
  state.own = { ...state.own, generation };
  for (const seed of knownSeeds(seeds, state.self, state.roster)) state.endpoints.set(seed, undefined);
  say(state.self, state.own, ctx);
  ctx.setTimer(ctx.random.next() * ctx.settings.gossipIntervalMs, 'round');
}

function say(subject: string, { life, generation }: Endpoint, ctx: Ctx): void {
  ctx.emit({ kind: 'status', subject, subjectLife: life, status: 'alive', incarnation: generation });
}

function gossip(state: State, ctx: Ctx): void {
  state.own.heartbeat++;
  const digests: Digest[] = [digestOf(state.self, state.own)];
  for (const [name, endpoint] of state.endpoints) if (endpoint !== undefined) digests.push(digestOf(name, endpoint));
  for (const peer of ctx.random.sample([...state.endpoints.keys()], 1)) transmit(peer, { k: 'syn', d: digests }, ctx);
}

function digestOf(name: string, { life, generation, version }: Endpoint): Digest {
  return [name, life, generation, version];
}

function deltaOf(name: string, { life, generation, heartbeat, states }: Endpoint): EndpointDelta {
  return [name, life, generation, heartbeat, states];
}

function transmit(to: string, message: Message, ctx: Ctx): void {
  for (const part of splitMessage(message)) ctx.send(to, part);
}

function receive(state: State, from: string, message: Message, ctx: Ctx): void {
  if (from === state.self || !state.roster.has(from)) return;
  if (message.k === 'syn') compare(state, from, message.d, ctx);
  else if (message.k === 'ack') for (const delta of message.s) learn(state, delta, ctx);
}

function compare(state: State, from: string, digests: readonly Digest[], ctx: Ctx): void {
  const wanted: Digest[] = [];
  const newer: EndpointDelta[] = [];
  const named = new Set(digests.map(([name]) => name));
  for (const [name, life, generation, version] of digests) {
    if (!state.roster.has(name)) continue;
    const held = name === state.self ? state.own : state.endpoints.get(name);
    const order = held === undefined ? 1 : compareStates([life, generation, version], held);
    if (order < 0 && held !== undefined) newer.push(deltaOf(name, held));
    else if (order > 0 && name !== state.self) {
      if (!state.endpoints.has(name)) state.endpoints.set(name, undefined);
      wanted.push([name, life, generation, held?.version ?? 0]);
    }
  }
  if (!named.has(state.self)) newer.push(deltaOf(state.self, state.own));
  for (const [name, held] of state.endpoints) {
    if (held !== undefined && !named.has(name)) newer.push(deltaOf(name, held));
  }
  if (wanted.length > 0 || newer.length > 0) transmit(from, { k: 'ack', w: wanted, s: newer, b: false }, ctx);
}

/** Another generation is a restart; lives come first, as in the real protocol. */
function compareStates([life, generation, version]: readonly [number, number, number], held: Endpoint): number {
  return life - held.life || generation - held.generation || version - held.version;
}

function learn(state: State, [name, life, generation, heartbeat, states]: EndpointDelta, ctx: Ctx): void {
  if (name === state.self || !state.roster.has(name) || life === 0) return;
  const held = state.endpoints.get(name);
  const version = states.reduce((most, [, , own]) => Math.max(most, own), 0);
  if (held !== undefined && compareStates([life, generation, version], held) <= 0) return;
  const next = { life, generation, version, heartbeat, states };
  state.endpoints.set(name, next);
  say(name, next, ctx);
  if (held?.life === life) return;
  if (held !== undefined) ctx.announce(name, held.life, false);
  ctx.announce(name, life, true);
}

function view(state: State): MembershipView {
  const alive = [`${state.self}/${state.own.life}`];
  for (const [name, endpoint] of state.endpoints) if (endpoint !== undefined) alive.push(`${name}/${endpoint.life}`);
  return { alive: alive.sort(), suspect: [] };
}
