/**
 * Cassandra's gossip: A. Lakshman, P. Malik, "Cassandra: a decentralized structured storage system", 2010, section 5.2,
 * as in Apache Cassandra 4.1 (org.apache.cassandra.gms: Gossiper, EndpointState, FailureDetector); with the phi accrual
 * failure detector of Hayashibara et al. 2004 in its exponential form.
 *
 * Each round a member raises its heartbeat and compares digests with a live member, sometimes with an unreachable one
 * or a seed: SYN, ACK, ACK2. News of a heartbeat, by whatever way it came, feeds the failure detector of that endpoint.
 * Silence convicts; a conviction is one member's own opinion, which is not gossiped and which nobody has to refute: news
 * of a newer heartbeat, and an answer to an echo, end it.
 *
 * Differences from the product: generations are ordered by the member's life first (endpoint.ts); the mean interval is
 * never taken to be below the gossip interval, and after a pause of one's own nothing is learned from the queued burst;
 * one that was never listed counts as unreachable at once; evicted lives are remembered; messages are datagrams,
 * several where one is not enough.
 *
 * Liars: all but two may change application states on their way or send too many messages, and detection and
 * reinstatement hold for the others; whoever beats for others, or says that they have left, is believed.
 */
import {
  answerMembership,
  knownSeeds,
  type MembershipView,
  membershipHandler,
} from '../primitives/membership-protocol.ts';
import { isWellFormed } from '../primitives/text-size.ts';
import type { Data, Protocol } from '../protocol.ts';
import { cassandraBounds } from './bounds.ts';
import { cassandraClaims, cassandraTolerates } from './claims.ts';
import { createEndpoint, LOAD, leftStatus, NORMAL, STATUS } from './endpoint.ts';
import { gossipRound, onMessage, sayGoodbye, setOwnState, shadowRound } from './gossip.ts';
import { cassandraLies } from './lies.ts';
import { decode, isKey, isValue, kindOf, MAX_GENERATION, MAX_STATES, type Message } from './messages.ts';
import { type CassandraSettings, cassandraSettings, checkCassandraSettings } from './settings.ts';
import {
  type CassandraContext,
  type CassandraState,
  type Endpoint,
  initCassandra,
  NO_QUIRKS,
  type Quirks,
  type Timer,
} from './state.ts';

/**
 * Who is alive in whose eyes, as sorted `name/life`, self among them; the convicted and those who left are not listed, and
 * nobody is ever merely suspected. `states`: application states of the listed that clients set, as `name/life key=value`.
 */
export type CassandraView = MembershipView & { readonly states: readonly string[] };

export type CassandraProtocol = Protocol<CassandraState, Message, CassandraView, CassandraSettings>;

function start(
  state: CassandraState,
  restored: readonly Data[] | undefined,
  seeds: readonly string[],
  ctx: CassandraContext,
): void {
  const { settings, random } = ctx;
  const records = readRecords(restored ?? []);
  // In seconds, and above the last boot's whatever the clock says (SystemKeyspace.incrementAndGetGeneration).
  const seconds = Math.min(Math.max(1, Math.floor(ctx.now() / 1000)), MAX_GENERATION);
  const generation = Math.max(records.generation + 1, seconds);
  ctx.persist({ g: generation });
  state.own = createEndpoint(state.self, state.life, generation, settings);
  setOwnState(state, STATUS, NORMAL);
  for (const [key, value] of records.states) setOwnState(state, key, value);
  for (const name of records.names) {
    if (name === state.self || !state.roster.has(name)) continue;
    state.endpoints.set(name, createEndpoint(name, 0, 0, settings));
    state.unreachable.add(name);
  }
  ctx.emit({
    kind: 'status',
    subject: state.self,
    subjectLife: state.life,
    status: 'alive',
    incarnation: generation,
  });
  state.seeds = knownSeeds(seeds, state.self, state.roster);
  const now = ctx.monotonic();
  state.shadow = { untilMs: now + settings.shadowRoundMs, booting: new Set() };
  // Random phases: members that start together do not gossip in lock-step.
  ctx.setTimer(random.next() * settings.gossipIntervalMs, { t: 'shadow' } satisfies Timer);
}

/** What earlier boots of this life wrote down: generations, names that were known, states that clients set. */
function readRecords(records: readonly Data[]) {
  let generation = 0;
  const names = new Set<string>();
  const states = new Map<string, string>();
  for (const record of records) {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) continue;
    const { g, n, a } = record as { readonly [key: string]: Data | undefined };
    if (typeof g === 'number' && Number.isInteger(g) && g > generation && g < MAX_GENERATION) generation = g;
    if (typeof n === 'string') names.add(n);
    if (Array.isArray(a) && isKey(a[0]) && isValue(a[1])) states.set(a[0], a[1]);
  }
  return { generation, names, states };
}

/** Goes for good (decommission): STATUS becomes LEFT, and everybody is told. */
function leave(state: CassandraState, ctx: CassandraContext): void {
  if (state.left) return;
  state.left = true;
  setOwnState(state, STATUS, leftStatus(ctx.now() + ctx.settings.leftExpiryMs));
  sayGoodbye(state, ctx);
}

/** `set`: an application state of this member. Undefined where the value is none. */
function setState(state: CassandraState, value: Data, ctx: CassandraContext): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'set wants { key, value }';
  const { key, value: text } = value as { readonly [key: string]: Data | undefined };
  if (!isKey(key) || !isValue(text)) return 'set wants a key of 1 to 64 and a value of at most 256 characters';
  if (!isWellFormed(key) || !isWellFormed(text)) return 'set wants texts that can be encoded';
  if (key === STATUS || key === LOAD) return `${key} is set by the protocol itself`;
  const { states } = state.own;
  if (!states.has(key) && states.size >= MAX_STATES - 1) return `no more than ${MAX_STATES} states`;
  ctx.persist({ a: [key, text] });
  setOwnState(state, key, text);
  return undefined;
}

/** `get`: an application state as this member knows it; null where it knows none. */
function getState(state: CassandraState, value: Data): Data {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { member, key } = value as { readonly [key: string]: Data | undefined };
  if (typeof member !== 'string' || typeof key !== 'string') return null;
  const endpoint = member === state.self ? state.own : state.endpoints.get(member);
  return endpoint?.states.get(key)?.[1] ?? null;
}

/** Who is alive; application states are asked for one by one. */
function members(state: CassandraState): MembershipView {
  const { alive, suspect } = view(state);
  return { alive, suspect };
}

const handle = membershipHandler<CassandraState, Message, Timer, CassandraSettings>({
  start,
  message: onMessage,
  timer: (state, timer, ctx) => {
    if (timer.t === 'shadow') shadowRound(state, ctx);
    else gossipRound(state, ctx);
  },
  operation: (state, event, ctx) => {
    const { id, f, value } = event;
    if (f === 'set') {
      const error = setState(state, value, ctx);
      ctx.reply(id, error === undefined ? { type: 'ok' } : { type: 'fail', error });
    } else if (f === 'get') ctx.reply(id, { type: 'ok', value: getState(state, value) });
    else {
      const asked = () => members(state);
      answerMembership('cassandra', event, asked, () => leave(state, ctx), ctx);
    }
  },
  leave,
});

function view(state: CassandraState): CassandraView {
  const alive: string[] = [];
  const states: string[] = [];
  const list = (endpoint: Endpoint): void => {
    const name = `${endpoint.name}/${endpoint.life}`;
    alive.push(name);
    for (const [key, value] of endpoint.states.values()) {
      if (key !== STATUS && key !== LOAD) states.push(`${name} ${key}=${value}`);
    }
  };
  if (!state.left) list(state.own);
  for (const endpoint of state.endpoints.values()) if (endpoint.alive) list(endpoint);
  return { alive: alive.sort(), suspect: [], states: states.sort() };
}

/** Cassandra's gossip with the given flaws; without any it is `cassandra`. */
export function createCassandra(quirks: Partial<Quirks> = {}): CassandraProtocol {
  const all: Quirks = { ...NO_QUIRKS, ...quirks };
  return {
    name: 'cassandra',
    summary: 'membership by gossiped heartbeats in generations and phi accrual conviction, without refutation',
    source: 'Lakshman, Malik, "Cassandra", 2010; Apache Cassandra 4.1 gms; Hayashibara et al., SRDS 2004',
    role: 'membership',
    workloads: ['membership'],
    settings: cassandraSettings,
    converges: true,
    checkSettings: checkCassandraSettings,
    claims: cassandraClaims,
    bounds: cassandraBounds,
    init: (ctx) => initCassandra(all, ctx, () => createEndpoint(ctx.self, ctx.life, 0, ctx.settings)),
    handle,
    view,
    decode,
    kindOf,
    lies: cassandraLies,
    tolerates: cassandraTolerates,
    sometimes: {
      'found-alive': { doc: 'one that was not listed is found alive' },
      'generation-replaced': { doc: 'a later generation of a life replaces an earlier one' },
      'judged-nobody-after-a-pause': { doc: 'a member that stood still itself convicts nobody' },
    },
  };
}

export const cassandra: CassandraProtocol = createCassandra();
