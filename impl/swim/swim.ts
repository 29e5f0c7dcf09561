/**
 * SWIM: A. Das, I. Gupta, A. Motivala, "SWIM: Scalable Weakly-consistent Infection-style Process Group Membership
 * Protocol", DSN 2002; with memberlist's revival of the dead and whole-state exchange, and Lifeguard's buddy system.
 *
 * Each period a member pings the next one of its shuffled list; without an ack in time it has k others ping it; without
 * any ack by the end of the period it suspects it; a suspicion that nobody refutes in time becomes a death. All that is
 * learned rides on these messages. What the piggybacking misses, a periodic exchange of whole states repairs, and the
 * dead are pinged now and then, so that the sides of a healed partition find each other again.
 *
 * Liars: all but two of the members may let accusations of themselves stand, repeat old messages or send too many; none
 * may withhold or flap, as who is not heard is rightly suspected. With `signed` an incarnation needs its owner's signature,
 * and all but two may accuse, forge, cut signatures short or make members up; without it any accusation is believed, and
 * nothing of that is survived (signing.ts, claims.ts).
 *
 * Order of claims: order.ts. Messages: messages.ts. Beliefs and refutation: beliefs.ts. Probes: probing.ts.
 */
import {
  askSeeds,
  isHeard,
  knownUp,
  membershipView,
  ownUpdate,
  persistChanges,
} from '../primitives/membership-beliefs.ts';
import { ALIVE, isUp, SUSPECT } from '../primitives/membership-order.ts';
import {
  answerMembership,
  knownSeeds,
  type MembershipView,
  membershipHandler,
} from '../primitives/membership-protocol.ts';
import type { Data, Protocol, ProtocolEvent } from '../protocol.ts';
import { endSuspicion, learn, restore, retransmitLimit, sendNews, sendSync, sizeOf } from './beliefs.ts';
import { swimBounds } from './bounds.ts';
import { swimClaims, swimTolerates } from './claims.ts';
import { swimLies } from './lies.ts';
import { decode, kindOf, type Message } from './messages.ts';
import { askOthers, contactDead, onProbeMessage, pingNow, probePeriod } from './probing.ts';
import { checkSwimSettings, type SwimSettings, swimSettings, syncPeriodMs } from './settings.ts';
import { signed, verified } from './signing.ts';
import { initSwim, NO_QUIRKS, type Quirks, type SwimContext, type SwimState, type Timer } from './state.ts';

export type SwimProtocol = Protocol<SwimState, Message, MembershipView, SwimSettings>;

function start(state: SwimState, restored: readonly Data[] | undefined, seeds: readonly string[], ctx: SwimContext) {
  const { settings, random } = ctx;
  if (restored !== undefined) restore(state, restored, ctx);
  state.seeds = knownSeeds(seeds, state.self, state.roster);
  const own = ownUpdate(state);
  state.queue.put(state.self, own, sizeOf(own, ctx));
  // Random phases: members that start together do not probe in lock-step.
  ctx.setTimer(random.next() * settings.probeIntervalMs, { t: 'probe' } satisfies Timer);
  ctx.setTimer(random.next() * settings.syncIntervalMs, { t: 'sync' } satisfies Timer);
  ctx.setTimer(random.next() * settings.deadContactIntervalMs, { t: 'contact' } satisfies Timer);
  join(state, ctx);
}

function join(state: SwimState, ctx: SwimContext): void {
  if (!askSeeds(state, (peer) => sendSync(state, peer, true, ctx))) return;
  ctx.setTimer(ctx.settings.joinRetryMs, { t: 'join' } satisfies Timer);
}

function syncPeriod(state: SwimState, ctx: SwimContext): void {
  if (state.left) return;
  ctx.setTimer(syncPeriodMs(ctx.settings, knownUp(state)), { t: 'sync' } satisfies Timer);
  for (const peer of state.up.sample(1)) sendSync(state, peer, true, ctx);
}

/** The member goes by its own will: it tells so many that the usual spreading does the rest. */
function leave(state: SwimState, ctx: SwimContext): void {
  if (state.left) return;
  state.left = true;
  state.whole = undefined;
  for (const peer of state.up.sample(retransmitLimit(state, ctx))) sendNews(state, peer, ctx);
}

function onMessage(state: SwimState, from: string, fromLife: number, arrived: Message, ctx: SwimContext): void {
  if (!isHeard(state, from, fromLife)) return;
  const before = state.beliefs.get(from);
  const message = ctx.settings.signed ? verified(state, from, fromLife, arrived, ctx) : arrived;
  if (message === undefined) {
    state.ignored++;
    return;
  }
  const incarnation = state.incarnation;
  const whole = message.k === 'sync';
  learn(state, [from, fromLife, message.i, ALIVE], false, ctx);
  for (const update of message.u) learn(state, update, whole, ctx);
  if (message.k === 'sync') {
    if (state.left) ctx.reach('sync-races-leave');
    state.joined = true;
    if (message.q) sendSync(state, from, false, ctx);
  } else if (message.k !== 'news') {
    onProbeMessage(state, from, fromLife, message, ctx);
  }
  // Pings and asked-for syncs have been answered, with the new incarnation on board.
  const answered = message.k === 'ping' || (message.k === 'sync' && message.q);
  if (state.incarnation !== incarnation && !answered) sendNews(state, from, ctx);
  if (before !== undefined && !isUp(before) && isUp(state.beliefs.get(from)) && !whole) meetAgain(state, from, ctx);
  if (ctx.settings.signed) askSuspects(state, ctx);
}

/** Signed mode: whoever this message made a suspect is asked itself, with the accusation on board. */
function askSuspects(state: SwimState, ctx: SwimContext): void {
  for (const name of state.changed) if (state.beliefs.get(name)?.[3] === SUSPECT) pingNow(state, name, ctx);
}

/** One that was held dead has spoken: its side and this one exchange all they know, at most once a period. */
function meetAgain(state: SwimState, name: string, ctx: SwimContext): void {
  const now = ctx.monotonic();
  if (now - state.lastRevivalSync < ctx.settings.probeIntervalMs) return;
  state.lastRevivalSync = now;
  sendSync(state, name, true, ctx);
}

function onTimer(state: SwimState, timer: Timer, ctx: SwimContext): void {
  switch (timer.t) {
    case 'probe':
      probePeriod(state, ctx);
      break;
    case 'indirect':
      askOthers(state, timer.s, ctx);
      break;
    case 'suspicion':
      endSuspicion(state, timer, ctx);
      break;
    case 'join':
      join(state, ctx);
      break;
    case 'sync':
      syncPeriod(state, ctx);
      break;
    case 'contact':
      contactDead(state, ctx);
      break;
  }
}

/** Signed mode: the same context, where whatever leaves carries its signatures. */
function signing(state: SwimState, ctx: SwimContext): SwimContext {
  if (!ctx.settings.signed) return ctx;
  return {
    ...ctx,
    send: (to, message) => ctx.send(to, signed(state, message, ctx)),
    stream: (to, message) => ctx.stream(to, signed(state, message, ctx)),
  };
}

function isTooMuch(state: SwimState, event: ProtocolEvent<Message>, ctx: SwimContext): boolean {
  if (event.type !== 'message' || state.quirks.ignoresLimit) return false;
  if (state.limiter.admits(event.from, ctx.settings.peerMessagesPerSecond, ctx.monotonic())) return false;
  ctx.reach('limited');
  return true;
}

const step = membershipHandler<SwimState, Message, Timer, SwimSettings>({
  start,
  message: onMessage,
  timer: onTimer,
  operation: (state, event, ctx) => {
    const value = () => membershipView(state);
    answerMembership('swim', event, value, () => leave(state, ctx), ctx);
  },
  leave,
});

function handle(state: SwimState, event: ProtocolEvent<Message>, plain: SwimContext): void {
  if (isTooMuch(state, event, plain)) return;
  const ctx = signing(state, plain);
  step(state, event, ctx);
  persistChanges(state, ctx);
}

/** SWIM with the given flaws; without any it is `swim`. */
export function createSwim(quirks: Partial<Quirks> = {}): SwimProtocol {
  const all: Quirks = { ...NO_QUIRKS, ...quirks };
  return {
    name: 'swim',
    summary: 'membership by probes, suspicion, refutation and piggybacked gossip',
    source: 'Das, Gupta, Motivala, "SWIM", DSN 2002; memberlist; Lifeguard (arXiv 1707.00788)',
    role: 'membership',
    workloads: ['membership'],
    settings: swimSettings,
    converges: true,
    checkSettings: checkSwimSettings,
    claims: swimClaims,
    bounds: swimBounds,
    init: (ctx) => initSwim(all, ctx),
    handle,
    view: membershipView,
    decode,
    kindOf,
    lies: swimLies,
    tolerates: swimTolerates,
    sometimes: {
      'suspicion-refuted': { doc: 'a suspect is found alive at a higher incarnation' },
      'refuted-while-partitioned': { doc: 'a suspicion is refuted while members are cut off', during: ['partition'] },
      'dead-revived': { doc: 'one declared dead is found alive, in the same life' },
      'suspicion-prolonged': { doc: 'a suspicion is prolonged because the accuser itself stood still' },
      'saved-by-another': { doc: 'the direct probe is lost, and the answer comes through another member' },
      'sync-races-leave': { doc: 'a whole-state exchange (push-pull) reaches a member that is leaving' },
      limited: { doc: 'a message is dropped because its sender has sent more than `peerMessagesPerSecond`, where set' },
    },
  };
}

export const swim: SwimProtocol = createSwim();
