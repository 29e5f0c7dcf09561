/** Rounds and their three messages: SYN, ACK, ACK2 (Gossiper.GossipTask, GossipDigest*VerbHandler). */
import { checkStatus, hearEcho, learn } from './beliefs.ts';
import { compareGenerations, deltaAbove, digestOf, isEmpty, LOAD } from './endpoint.ts';
import {
  type Digest,
  type EndpointDelta,
  MAX_MESSAGE_BYTES,
  type Message,
  messageBytes,
  splitMessage,
} from './messages.ts';
import type { CassandraContext, CassandraState, Timer } from './state.ts';

/** As datagrams, several where one is not enough. Cassandra has TCP for all of it. */
function transmit(to: readonly string[], message: Message, ctx: CassandraContext): void {
  for (const part of splitMessage(message)) {
    const fits = messageBytes(part) <= MAX_MESSAGE_BYTES;
    for (const peer of to) {
      if (fits) ctx.send(peer, part);
      else ctx.stream(peer, part);
    }
  }
}

/** Raises the version of the member's own states; what is set next takes it. */
export function nextVersion(state: CassandraState): number {
  state.own.version++;
  state.own.digest = undefined;
  state.own.bare = undefined;
  return state.own.version;
}

export function setOwnState(state: CassandraState, key: string, value: string): void {
  state.own.states.set(key, [key, value, nextVersion(state)]);
}

export function gossipRound(state: CassandraState, ctx: CassandraContext): void {
  const { gossipIntervalMs, localPauseMs, loadIntervalMs } = ctx.settings;
  const now = ctx.monotonic();
  if (state.roundDue !== undefined && now - state.roundDue > localPauseMs) state.lastPause = now;
  state.roundDue = now + gossipIntervalMs;
  ctx.setTimer(gossipIntervalMs, { t: 'gossip' } satisfies Timer);
  state.own.heartbeat = nextVersion(state);
  if (now >= state.loadDue) {
    state.loadDue = now + loadIntervalMs;
    setOwnState(state, LOAD, String(state.handled));
  }
  const targets = chooseTargets(state, ctx);
  if (targets.length > 0) transmit(targets, { k: 'syn', d: allDigests(state) }, ctx);
  checkStatus(state, ctx);
}

/** A live one; with some chance an unreachable one; and a seed where it may be needed to hold the cluster together. */
function chooseTargets(state: CassandraState, ctx: CassandraContext): string[] {
  const { live, unreachable, seeds } = state;
  const targets = live.sample(1);
  if (state.quirks.forgetsUnreachable && targets.length > 0) return targets;
  if (unreachable.count > 0 && ctx.random.next() < unreachable.count / (live.count + 1)) {
    targets.push(...unreachable.sample(1));
  }
  const reachedSeed = targets[0] !== undefined && seeds.includes(targets[0]);
  if (seeds.length > 0 && (!reachedSeed || live.count < seeds.length)) {
    const chance = live.count === 0 ? 1 : seeds.length / (live.count + unreachable.count);
    if (ctx.random.next() < chance) {
      const seed = seeds[ctx.random.int(seeds.length)];
      if (seed !== undefined && !targets.includes(seed)) targets.push(seed);
    }
  }
  return targets;
}

function allDigests(state: CassandraState): Digest[] {
  const digests = [digestOf(state.own)];
  for (const endpoint of state.endpoints.values()) digests.push(digestOf(endpoint));
  return digests;
}

/** Every seed is asked for all it knows, before the member says anything of itself. */
export function shadowRound(state: CassandraState, ctx: CassandraContext): void {
  const { shadow } = state;
  if (shadow === undefined) return;
  if (ctx.monotonic() >= shadow.untilMs || state.seeds.length === 0) {
    endShadowRound(state, ctx);
    return;
  }
  transmit(state.seeds, { k: 'syn', d: [] }, ctx);
  ctx.setTimer(ctx.settings.gossipIntervalMs, { t: 'shadow' } satisfies Timer);
}

function endShadowRound(state: CassandraState, ctx: CassandraContext): void {
  state.shadow = undefined;
  gossipRound(state, ctx);
}

/** Gossiper.examineGossiper: for each endpoint, whose state is newer. */
function examine(state: CassandraState, digests: readonly Digest[]): { wanted: Digest[]; newer: EndpointDelta[] } {
  const wanted: Digest[] = [];
  const newer: EndpointDelta[] = [];
  for (const digest of digests) {
    const [name, life, generation, version] = digest;
    const held = name === state.self ? state.own : state.endpoints.get(name);
    if (held === undefined) {
      if (state.roster.has(name) && life > 0) wanted.push([name, life, generation, 0]);
      continue;
    }
    const order = compareGenerations(life, generation, held);
    if (state.quirks.ignoresGenerations && !isEmpty(held) && name !== state.self) {
      if (version > held.version) wanted.push([name, life, generation, 0]);
      else if (version < held.version) newer.push(deltaAbove(held, 0));
    } else if (order > 0) {
      // Nobody knows more of this member than itself: a later generation of it is none.
      if (name !== state.self) wanted.push([name, life, generation, 0]);
    } else if (order < 0) {
      if (!isEmpty(held)) newer.push(deltaAbove(held, 0));
    } else if (version > held.version) {
      if (name !== state.self) wanted.push([name, life, generation, held.version]);
    } else if (version < held.version) newer.push(deltaAbove(held, version));
  }
  return { wanted, newer };
}

/** All that is known, for a member that boots. */
function everything(state: CassandraState): EndpointDelta[] {
  const deltas = [deltaAbove(state.own, 0)];
  for (const endpoint of state.endpoints.values()) if (!isEmpty(endpoint)) deltas.push(deltaAbove(endpoint, 0));
  return deltas;
}

function onSyn(state: CassandraState, from: string, digests: readonly Digest[], ctx: CassandraContext): void {
  if (state.shadow !== undefined) {
    if (digests.length === 0) ctx.send(from, { k: 'ack', w: [], s: [], b: true });
    return;
  }
  if (digests.length === 0) {
    transmit([from], { k: 'ack', w: [], s: everything(state), b: false }, ctx);
    return;
  }
  const { wanted, newer } = examine(state, digests);
  if (wanted.length > 0 || newer.length > 0) transmit([from], { k: 'ack', w: wanted, s: newer, b: false }, ctx);
}

function onAck(
  state: CassandraState,
  from: string,
  message: Extract<Message, { k: 'ack' }>,
  ctx: CassandraContext,
): void {
  const { shadow } = state;
  for (const delta of message.s) learn(state, delta, ctx);
  if (shadow !== undefined) {
    if (message.b) shadow.booting.add(from);
    // All seeds boot at once: none of them will ever know more (Gossiper.maybeFinishShadowRound).
    if (!message.b || state.seeds.every((seed) => shadow.booting.has(seed))) endShadowRound(state, ctx);
    return;
  }
  const asked: EndpointDelta[] = [];
  for (const [name, life, generation, version] of message.w) {
    const held = name === state.self ? state.own : state.endpoints.get(name);
    if (held === undefined || isEmpty(held)) continue;
    const same = held.life === life && held.generation === generation;
    asked.push(deltaAbove(held, same ? version : 0));
  }
  if (asked.length > 0) transmit([from], { k: 'ack2', s: asked }, ctx);
}

export function onMessage(
  state: CassandraState,
  from: string,
  fromLife: number,
  message: Message,
  ctx: CassandraContext,
): void {
  if (from === state.self || !state.roster.has(from)) {
    state.ignored++;
    return;
  }
  state.handled++;
  switch (message.k) {
    case 'syn':
      onSyn(state, from, message.d, ctx);
      break;
    case 'ack':
      onAck(state, from, message, ctx);
      break;
    case 'ack2':
    case 'bye':
      if (state.shadow === undefined) for (const delta of message.s) learn(state, delta, ctx);
      break;
    case 'echo':
      if (!state.left) ctx.send(from, { k: 'here', g: state.own.generation });
      break;
    case 'here':
      hearEcho(state, from, fromLife, message.g, ctx);
      break;
  }
}

/** The good-bye of a member that goes for good, to every live one at once: its process has no time for rounds. */
export function sayGoodbye(state: CassandraState, ctx: CassandraContext): void {
  const peers = state.live.sample(state.live.count);
  transmit(peers, { k: 'bye', s: [deltaAbove(state.own, 0)] }, ctx);
}
