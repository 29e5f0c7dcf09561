/**
 * SWIM: A. Das, I. Gupta, A. Motivala, "SWIM: Scalable Weakly-consistent Infection-style Process Group Membership
 * Protocol", DSN 2002; with memberlist's revival of the dead and whole-state exchange, and Lifeguard's buddy system.
 *
 * Each period a member pings the next one of its shuffled list; without an ack in time it has k others ping it; without
 * any ack by the end of the period it suspects it; a suspicion that nobody refutes in time becomes a death. All that is
 * learned rides on these messages. What the piggybacking misses, a periodic exchange of whole states repairs, and the
 * dead are pinged now and then, so that the sides of a healed partition find each other again.
 *
 * Liars: with `signed` an incarnation needs its owner's signature, and fewer than a third of the members may accuse, forge,
 * replay or make members up; without it any accusation is believed, and nothing of that is survived (signing.ts,
 * claims.ts).
 *
 * Order of claims: order.ts. Messages: messages.ts. Beliefs and refutation: beliefs.ts. Probes: probing.ts.
 */
import { ALIVE, isUp, SUSPECT } from '../primitives/membership-order.ts';
import type { Data, Protocol, ProtocolEvent } from '../protocol.ts';
import {
  endSuspicion,
  knownUp,
  learn,
  ownUpdate,
  persistChanges,
  restore,
  retransmitLimit,
  sendNews,
  sendSync,
  sizeOf,
} from './beliefs.ts';
import { swimBounds } from './bounds.ts';
import { swimClaims, swimTolerates } from './claims.ts';
import { swimLies } from './lies.ts';
import { decode, kindOf, type Message } from './messages.ts';
import { askOthers, contactDead, onProbeMessage, pingNow, probePeriod } from './probing.ts';
import { checkSwimSettings, type SwimSettings, swimSettings, syncPeriodMs } from './settings.ts';
import { signed, verified } from './signing.ts';
import { initSwim, NO_QUIRKS, type Quirks, type SwimContext, type SwimState, type Timer } from './state.ts';

/** Who is up in whose eyes, as sorted `name/life`; self among the alive. Dead and left are not listed. */
export type SwimView = { readonly alive: readonly string[]; readonly suspect: readonly string[] };

export type SwimProtocol = Protocol<SwimState, Message, SwimView, SwimSettings>;

function start(state: SwimState, restored: readonly Data[] | undefined, seeds: readonly string[], ctx: SwimContext) {
  const { settings, random } = ctx;
  if (restored !== undefined) restore(state, restored, ctx);
  state.seeds = seeds.filter((seed) => seed !== state.self && state.roster.has(seed));
  const own = ownUpdate(state);
  state.queue.put(state.self, own, sizeOf(own, ctx));
  // Random phases: members that start together do not probe in lock-step.
  ctx.setTimer(random.next() * settings.probeIntervalMs, { t: 'probe' } satisfies Timer);
  ctx.setTimer(random.next() * settings.syncIntervalMs, { t: 'sync' } satisfies Timer);
  ctx.setTimer(random.next() * settings.deadContactIntervalMs, { t: 'contact' } satisfies Timer);
  join(state, ctx);
}

/**
 * Asks seeds for their whole state: all of them until somebody has given it, and those never heard of for as long as
 * that lasts, so that two groups that started apart meet.
 */
function join(state: SwimState, ctx: SwimContext): void {
  if (state.left) return;
  const wanted = state.seeds.filter((seed) => !state.joined || !state.beliefs.has(seed));
  if (wanted.length === 0) return;
  for (const seed of wanted) sendSync(state, seed, true, ctx);
  if (!state.joined) {
    // Known from an earlier boot: helps when no seed is up.
    for (const peer of state.up.sample(1)) if (!wanted.includes(peer)) sendSync(state, peer, true, ctx);
  }
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
  const before = state.beliefs.get(from);
  if (from === state.self || !state.roster.has(from) || (before !== undefined && before[1] > fromLife)) {
    state.ignored++;
    return;
  }
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

function onOperation(state: SwimState, id: number, f: string, ctx: SwimContext): void {
  if (f === 'members') {
    ctx.reply(id, { type: 'ok', value: view(state) });
  } else if (f === 'leave') {
    leave(state, ctx);
    ctx.reply(id, { type: 'ok' });
  } else {
    ctx.reply(id, { type: 'fail', error: `swim knows no operation ${f}` });
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
  return !state.limiter.admits(event.from, ctx.settings.peerMessagesPerSecond, ctx.monotonic());
}

function handle(state: SwimState, event: ProtocolEvent<Message>, plain: SwimContext): void {
  if (isTooMuch(state, event, plain)) return;
  const ctx = signing(state, plain);
  switch (event.type) {
    case 'start':
      start(state, event.restored, event.seeds, ctx);
      break;
    case 'message':
      onMessage(state, event.from, event.fromLife, event.message, ctx);
      break;
    case 'timer':
      onTimer(state, event.timer as Timer, ctx);
      break;
    case 'operation':
      onOperation(state, event.id, event.f, ctx);
      break;
    case 'leave':
      leave(state, ctx);
      break;
    case 'membership':
      // This protocol is where such news come from.
      break;
  }
  persistChanges(state, ctx);
}

function view(state: SwimState): SwimView {
  const alive = state.left ? [] : [`${state.self}/${state.life}`];
  const suspect: string[] = [];
  for (const [name, life, , status] of state.beliefs.values()) {
    if (status === ALIVE) alive.push(`${name}/${life}`);
    else if (status === SUSPECT) suspect.push(`${name}/${life}`);
  }
  return { alive: alive.sort(), suspect: suspect.sort() };
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
    view,
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
    },
  };
}

export const swim: SwimProtocol = createSwim();
