/**
 * Consul's membership: SWIM (Das, Gupta, Motivala, DSN 2002) as HashiCorp's memberlist runs it, with Lifeguard (Dadgar,
 * Phillips, Currey, "Lifeguard: Local Health Awareness for More Accurate Failure Detection", arXiv 1707.00788), and Serf's
 * reconnect.
 *
 * Each interval a member pings the next one of its shuffled list; without an ack in time others ping it too, and a stream
 * is tried; without any ack it is suspected. A suspicion is long at first and shrinks as others confirm it. A member that
 * fails to be heard (missing nacks, suspicions of itself) takes it for its own fault and probes more slowly. News is
 * gossiped on a beat of its own and rides on probes; whole states are exchanged over the stream, with the dead too.
 *
 * Order of claims: primitives/membership-order.ts. Messages: messages.ts. Beliefs, suspicions and refutation: beliefs.ts.
 * Probes and health: probing.ts. Figures: suspicion.ts, settings.ts, profiles.ts.
 *
 * Liars: all but two may refuse to refute or repeat old messages, and refutation holds for the others; accusations,
 * forged incarnations and made-up lives are believed, as in memberlist, where whoever has the key may say anything.
 */
import {
  askSeeds,
  isHeard,
  knownUp,
  membershipView,
  ownUpdate,
  persistChanges,
} from '../primitives/membership-beliefs.ts';
import { updateBytes } from '../primitives/membership-claims.ts';
import { ALIVE } from '../primitives/membership-order.ts';
import {
  answerMembership,
  knownSeeds,
  type MembershipView,
  membershipHandler,
} from '../primitives/membership-protocol.ts';
import type { Data, Protocol, ProtocolEvent } from '../protocol.ts';
import { endSuspicion, learn, restore, sendLimit, sendSync, silence, updatesFor } from './beliefs.ts';
import { consulBounds } from './bounds.ts';
import { consulClaims, consulTolerates } from './claims.ts';
import { consulLies } from './lies.ts';
import { decode, kindOf, type Message } from './messages.ts';
import { askOthers, onProbeMessage, probeTick, reconnect, sendNack } from './probing.ts';
import { type ConsulSettings, checkConsulSettings, consulSettings, pushPullPeriodMs } from './settings.ts';
import { type ConsulContext, type ConsulState, initConsul, NO_QUIRKS, type Quirks, type Timer } from './state.ts';

export type ConsulProtocol = Protocol<ConsulState, Message, MembershipView, ConsulSettings>;

function start(
  state: ConsulState,
  restored: readonly Data[] | undefined,
  seeds: readonly string[],
  ctx: ConsulContext,
) {
  const { settings, random } = ctx;
  if (restored !== undefined) restore(state, restored, ctx);
  state.seeds = knownSeeds(seeds, state.self, state.roster);
  const own = ownUpdate(state);
  state.queue.put(state.self, own, updateBytes(own));
  // Random phases: members that start together do nothing in lock-step.
  ctx.setTimer(random.next() * settings.probeIntervalMs, { t: 'probe' } satisfies Timer);
  ctx.setTimer(random.next() * settings.gossipIntervalMs, { t: 'gossip' } satisfies Timer);
  ctx.setTimer(random.next() * settings.pushPullIntervalMs, { t: 'push-pull' } satisfies Timer);
  ctx.setTimer(random.next() * settings.reconnectIntervalMs, { t: 'reconnect' } satisfies Timer);
  join(state, ctx);
}

function join(state: ConsulState, ctx: ConsulContext): void {
  if (!askSeeds(state, (peer) => sendSync(state, peer, true, ctx))) return;
  ctx.setTimer(ctx.settings.joinRetryMs, { t: 'join' } satisfies Timer);
}

function gossipTick(state: ConsulState, ctx: ConsulContext): void {
  if (state.left) return;
  ctx.setTimer(ctx.settings.gossipIntervalMs, { t: 'gossip' } satisfies Timer);
  if (state.queue.size === 0) return;
  for (const peer of state.gossipPeers.sample(ctx.settings.gossipNodes)) gossipTo(state, peer, ctx);
}

/** Tells `to` what is to be told, where there is anything. */
function gossipTo(state: ConsulState, to: string, ctx: ConsulContext): void {
  const u = updatesFor(state, ctx);
  if (u.length > 0) ctx.send(to, { k: 'gossip', i: state.incarnation, u });
}

function pushPullTick(state: ConsulState, ctx: ConsulContext): void {
  if (state.left) return;
  ctx.setTimer(pushPullPeriodMs(ctx.settings, knownUp(state)), { t: 'push-pull' } satisfies Timer);
  for (const peer of state.up.sample(1)) sendSync(state, peer, true, ctx);
}

/** The member goes by its own will: it tells so many that the usual spreading does the rest. */
function leave(state: ConsulState, ctx: ConsulContext): void {
  if (state.left) return;
  state.left = true;
  state.whole = undefined;
  for (const peer of state.up.sample(sendLimit(state, ctx))) gossipTo(state, peer, ctx);
}

function onMessage(state: ConsulState, from: string, fromLife: number, message: Message, ctx: ConsulContext): void {
  if (!isHeard(state, from, fromLife)) return;
  const incarnation = state.incarnation;
  const whole = message.k === 'sync';
  learn(state, [from, fromLife, message.i, ALIVE], false, ctx);
  for (const update of message.u) learn(state, update, whole, ctx);
  if (message.k === 'sync') {
    state.joined = true;
    if (message.q) sendSync(state, from, false, ctx);
    // The answer to a push-pull accused this member: whoever gave it may hold it dead, and would not be gossiped to.
    else if (state.incarnation !== incarnation) sendSync(state, from, false, ctx);
  } else if (message.k !== 'gossip') {
    onProbeMessage(state, from, fromLife, message, ctx);
  }
}

function onTimer(state: ConsulState, timer: Timer, ctx: ConsulContext): void {
  switch (timer.t) {
    case 'probe':
      probeTick(state, ctx);
      break;
    case 'indirect':
      askOthers(state, timer.s, ctx);
      break;
    case 'nack':
      sendNack(state, timer.s, ctx);
      break;
    case 'suspicion':
      endSuspicion(state, timer, ctx);
      break;
    case 'silence':
      silence(state, timer);
      break;
    case 'gossip':
      gossipTick(state, ctx);
      break;
    case 'push-pull':
      pushPullTick(state, ctx);
      break;
    case 'reconnect':
      reconnect(state, ctx);
      break;
    case 'join':
      join(state, ctx);
      break;
  }
}

/** The view, and what only this member can know: its health score, and the round-trip times that it measured. */
function members(state: ConsulState): Data {
  const times = [...state.roundTripsMs].sort(([a], [b]) => (a < b ? -1 : 1));
  const roundTripsMs = times.map(([name, ms]) => [name, Math.round(ms * 1000) / 1000]);
  return { ...membershipView(state), health: state.health, roundTripsMs };
}

const step = membershipHandler<ConsulState, Message, Timer, ConsulSettings>({
  start,
  message: onMessage,
  timer: onTimer,
  operation: (state, event, ctx) => {
    const value = () => members(state);
    answerMembership('consul', event, value, () => leave(state, ctx), ctx);
  },
  leave,
});

function handle(state: ConsulState, event: ProtocolEvent<Message>, ctx: ConsulContext): void {
  step(state, event, ctx);
  persistChanges(state, ctx);
}

/** The protocol with the given flaws; without any it is `consul`. */
export function createConsul(quirks: Partial<Quirks> = {}): ConsulProtocol {
  const all: Quirks = { ...NO_QUIRKS, ...quirks };
  return {
    name: 'consul',
    summary: "SWIM as Consul's memberlist runs it, with Lifeguard's local health, shrinking suspicions and buddies",
    source: 'HashiCorp memberlist and Serf; Dadgar, Phillips, Currey, "Lifeguard", arXiv 1707.00788',
    role: 'membership',
    workloads: ['membership'],
    settings: consulSettings,
    converges: true,
    checkSettings: checkConsulSettings,
    claims: consulClaims,
    bounds: consulBounds,
    init: (ctx) => initConsul(all, ctx),
    handle,
    view: membershipView,
    decode,
    kindOf,
    lies: consulLies,
    tolerates: consulTolerates,
    sometimes: {
      'suspicion-confirmed': { doc: 'a second member confirms a suspicion and shortens it' },
      refuted: { doc: 'a member refutes what is said against it' },
    },
  };
}

export const consul: ConsulProtocol = createConsul();
