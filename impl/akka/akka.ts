/**
 * Akka Cluster membership: Akka 2.6, "Cluster Membership Service" and its classic implementation (akka.cluster: Gossip,
 * MembershipState, Reachability, VectorClock, ClusterDaemon, ClusterHeartbeat, split brain resolver), after Amazon's
 * Dynamo; phi accrual in its normal form (Hayashibara et al. 2004).
 *
 * One state is gossiped: members with their place in the life cycle, who holds whom unreachable, who has seen this very
 * state. A vector clock tells which of two states is newer; concurrent ones are merged. When all have seen it and nobody
 * is unreachable, the state has converged, and the leader, whom everybody can tell from it, moves members on.
 * Reachability is no verdict: whoever is unreachable stays a member until it is taken down, and reachable again otherwise.
 *
 * Differences from the product: one data centre; whoever was taken down joins anew by itself as the next incarnation;
 * the first member forms a cluster once only, and later needs to know from all others that there is none; exiting and
 * down members are removed without waiting for them to be found unreachable; removals are remembered for good; whom only
 * others hold unreachable is still told what is new now and then; one that was a member before asks everybody to be let in,
 * and not the seeds alone; members that one does not know, and clusters that do not know each other, are merged and not
 * passed over (strangers.ts).
 *
 * Liars: any number may be silent, always or at times, repeat old messages or send too many, and the order of the life cycle holds; whoever
 * says that others are unreachable or down is believed.
 */
import {
  answerMembership,
  knownSeeds,
  type MembershipView,
  membershipHandler,
} from '../primitives/membership-protocol.ts';
import type { Data, Protocol } from '../protocol.ts';
import { akkaBounds } from './bounds.ts';
import { akkaClaims, akkaTolerates } from './claims.ts';
import {
  ask,
  begin,
  downing,
  install,
  leaderActions,
  leave,
  letIn,
  receiveGossip,
  receiveStatus,
  sendGossip,
  sendStatus,
} from './cluster.ts';
import { LEAVING, parseId, rowOf, STATUS_NAMES, statusOf, unreachableIn, withSeen } from './gossip.ts';
import { akkaLies } from './lies.ts';
import { decode, kindOf, MAX_UID, type Message } from './messages.ts';
import { beat, hearPulse } from './monitoring.ts';
import { type AkkaSettings, akkaSettings } from './settings.ts';
import { type AkkaContext, type AkkaState, initAkka, NO_QUIRKS, type Quirks, type Timer } from './state.ts';
import { findOther, hearStranger, lookForOthers } from './strangers.ts';

/**
 * `alive`: members up to `up` in the life cycle that nobody holds unreachable, as sorted `name/life`, self among them; self
 * alone in a member that is in no cluster.
 * `unreachable`: those that somebody holds so; they are still members. Where each stands in the life cycle is left to the
 * operation `states`: the leader moves members on when all agree, so that agreement on it never lasts while there is
 * something to do.
 */
export type AkkaView = MembershipView & { readonly unreachable: readonly string[] };

export type AkkaProtocol = Protocol<AkkaState, Message, AkkaView, AkkaSettings>;

function start(
  state: AkkaState,
  restored: readonly Data[] | undefined,
  seeds: readonly string[],
  ctx: AkkaContext,
): void {
  for (const record of restored ?? []) {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) continue;
    const { u } = record as { readonly [key: string]: Data | undefined };
    if (typeof u === 'number' && Number.isInteger(u) && u > state.uid && u < MAX_UID) state.uid = u;
  }
  state.seeds = knownSeeds(seeds, state.self, state.roster);
  begin(state, ctx);
}

/** Whom to gossip to: reachable members, by preference those that have not seen the state. */
function gossipTick(state: AkkaState, ctx: AkkaContext): void {
  const gossip = state.gossip;
  if (gossip === undefined) return;
  const unreachable = unreachableIn(gossip);
  const valid = gossip.m.map(([id]) => id).filter((id) => id !== state.id && !unreachable.has(id));
  if (valid.length === 0) return;
  const seen = new Set(gossip.s);
  const behind = valid.filter((id) => !seen.has(id));
  const preferred = behind.length > 0 && ctx.random.next() < ctx.settings.differentViewProbability ? behind : valid;
  const target = preferred[ctx.random.int(preferred.length)];
  if (target === undefined) return;
  if (seen.has(target)) sendStatus(state, target, ctx);
  else sendGossip(state, target, ctx);
}

/**
 * Own: in Akka nobody gossips to one whom anybody holds unreachable. Two sides of which each has only outdated news of
 * the other's observers then never hear that these have changed their minds. So those whom this member does not hold
 * unreachable itself are contacted now and then.
 */
function gossipAcross(state: AkkaState, ctx: AkkaContext): void {
  const gossip = state.gossip;
  if (gossip === undefined) return;
  const unreachable = unreachableIn(gossip);
  if (unreachable.size === 0) return;
  const own = rowOf(gossip, state.id);
  const doubtful = gossip.m
    .map(([id]) => id)
    .filter((id) => unreachable.has(id) && id !== state.id && !own.includes(id));
  const reachable = gossip.m.length - unreachable.size;
  if (ctx.random.next() >= doubtful.length / Math.max(1, reachable)) return;
  const target = doubtful[ctx.random.int(doubtful.length)];
  if (target !== undefined) sendStatus(state, target, ctx);
}

function gossipRound(state: AkkaState, ctx: AkkaContext): void {
  const { gossipIntervalMs } = ctx.settings;
  const n = state.uid;
  ctx.setTimer(gossipIntervalMs, { t: 'gossip', n } satisfies Timer);
  if (state.gossip === undefined) return;
  gossipTick(state, ctx);
  gossipAcross(state, ctx);
  if (2 * state.gossip.s.length < state.gossip.m.length) {
    ctx.setTimer(gossipIntervalMs / 3, { t: 'extra', n } satisfies Timer);
    ctx.setTimer((2 * gossipIntervalMs) / 3, { t: 'extra', n } satisfies Timer);
  }
}

function onTimer(state: AkkaState, timer: Timer, ctx: AkkaContext): void {
  if (timer.n !== state.uid) return;
  switch (timer.t) {
    case 'join':
      ask(state, ctx);
      break;
    case 'gossip':
      gossipRound(state, ctx);
      break;
    case 'extra':
      gossipTick(state, ctx);
      break;
    case 'leader':
      ctx.setTimer(ctx.settings.leaderActionsIntervalMs, { t: 'leader', n: state.uid } satisfies Timer);
      leaderActions(state, ctx);
      downing(state, ctx);
      lookForOthers(state, ctx);
      break;
    case 'beat':
      beat(state, ctx);
      break;
  }
}

function onMessage(state: AkkaState, from: string, fromLife: number, message: Message, ctx: AkkaContext): void {
  const sender = parseId(message.f);
  const meant = !('o' in message) || message.o === state.id;
  if (!state.roster.has(from) || sender.name !== from || sender.life !== fromLife || !meant || from === state.self) {
    state.ignored++;
    return;
  }
  const gossip = state.gossip;
  switch (message.k) {
    case 'init': {
      const isIn = gossip !== undefined && (statusOf(gossip, state.id) ?? LEAVING) < LEAVING;
      ctx.send(from, { k: isIn ? 'yes' : 'no', f: state.id });
      break;
    }
    case 'yes':
      if (gossip !== undefined) findOther(state, from, message.f, ctx);
      else if (!state.left) ctx.send(from, { k: 'join', f: state.id });
      break;
    case 'no':
      state.refusals.add(from);
      break;
    case 'join':
      letIn(state, from, message.f, ctx);
      break;
    case 'welcome':
      if (gossip === undefined && !state.left && statusOf(message.g, state.id) !== undefined) {
        install(state, withSeen(message.g, state.id), 'heard', ctx);
        sendGossip(state, message.f, ctx);
      }
      break;
    case 'beat':
      if (gossip !== undefined) ctx.send(from, { k: 'pulse', f: state.id, o: message.f });
      break;
    case 'pulse':
      hearPulse(state, message.f, ctx);
      break;
    case 'gossip':
    case 'status': {
      const remote = message.k === 'gossip' ? message.g : undefined;
      if (gossip?.t.includes(message.f) === true) {
        // Own: it was removed and does not know; in Akka its connection would be quarantined.
        sendGossip(state, message.f, ctx);
      } else if (gossip === undefined || statusOf(gossip, message.f) === undefined) {
        hearStranger(state, message.f, remote, ctx);
      }
      // Those that this member itself holds unreachable are not listened to.
      else if (rowOf(gossip, state.id).includes(message.f)) state.ignored++;
      else if (message.k === 'gossip') receiveGossip(state, message.f, message.g, ctx);
      else receiveStatus(state, message.f, message, ctx);
      break;
    }
  }
}

/** Every member, as `name/life.uid`, and where it stands in the life cycle. */
function statesIn(state: AkkaState): readonly string[] {
  return (state.gossip?.m ?? []).map(([member, status]) => `${member} ${STATUS_NAMES[status]}`);
}

const handle = membershipHandler<AkkaState, Message, Timer, AkkaSettings>({
  start,
  message: onMessage,
  timer: onTimer,
  operation: (state, event, ctx) => {
    if (event.f === 'states') ctx.reply(event.id, { type: 'ok', value: statesIn(state) });
    else {
      const value = () => view(state);
      answerMembership('akka', event, value, () => leave(state, ctx), ctx);
    }
  },
  leave,
});

function view(state: AkkaState): AkkaView {
  const alive: string[] = [];
  const lost: string[] = [];
  const { gossip } = state;
  // Who is in no cluster knows itself: otherwise all that are in none would agree on an empty one.
  if (gossip === undefined && !state.left) alive.push(`${state.self}/${state.life}`);
  if (gossip !== undefined) {
    const unreachable = unreachableIn(gossip);
    for (const [id, status] of gossip.m) {
      const { name, life } = parseId(id);
      if (unreachable.has(id)) lost.push(id);
      else if (status < LEAVING) alive.push(`${name}/${life}`);
    }
  }
  return { alive: alive.sort(), suspect: [], unreachable: lost.sort() };
}

/** Akka's membership with the given flaws; without any it is `akka`. */
export function createAkka(quirks: Partial<Quirks> = {}): AkkaProtocol {
  const all: Quirks = { ...NO_QUIRKS, ...quirks };
  return {
    name: 'akka',
    summary: 'membership by one gossiped state: vector clock, seen table, leader actions on convergence',
    source: 'Akka 2.6 Cluster Membership Service (akka.cluster); Hayashibara et al., SRDS 2004',
    role: 'membership',
    workloads: ['membership'],
    settings: akkaSettings,
    converges: true,
    claims: akkaClaims,
    bounds: akkaBounds,
    init: (ctx) => initAkka(all, ctx),
    handle,
    view,
    decode,
    kindOf,
    lies: akkaLies,
    tolerates: akkaTolerates,
    sometimes: {
      'stranger-heard': { doc: 'one that was let in elsewhere is heard of from itself first' },
      'concurrent-merged': { doc: 'two states meet of which neither knows the other' },
      rejoined: { doc: 'a member that was taken down joins again as a new incarnation' },
    },
  };
}

export const akka: AkkaProtocol = createAkka();
