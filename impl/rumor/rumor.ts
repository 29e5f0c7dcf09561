/**
 * Rumour mongering: Demers et al., "Epidemic Algorithms for Replicated Database Maintenance", 1987, section 1.4.
 *
 * Each rumour has a state of its own at each member: unknown (susceptible), hot (infective), or known and no longer
 * spread (removed). Every round a member contacts a few random others: it pushes its hot rumours, pulls theirs, or both,
 * and loses interest by the rules of stopping.ts. Nothing repairs the residue; that is anti-entropy's business.
 *
 * Liars: any number may keep rumours back, repeat them, send too many messages, deny that they are news, or tell two tales
 * of their own, and what is delivered of others is still theirs. That others are spoken for, or their words changed, is borne where `signed` is set:
 * the origin then signs origin, life, sequence and text.
 */

import { PeerLimiter } from '../primitives/rate-limit.ts';
import type { Context, Data, Protocol, ProtocolEvent } from '../protocol.ts';
import { rumorBounds, rumorClaims, rumorTolerates } from './claims.ts';
import { Contacts } from './contacts.ts';
import { findHot, type HotRumor, type HotRumors, heat, nextBatches } from './hot-rumors.ts';
import { rumorLies } from './lies.ts';
import {
  decodeMessage,
  isBroadcastValue,
  isRumor,
  type Message,
  type Rumor,
  signedText,
  VALUE_LIMIT_BYTES,
} from './messages.ts';
import { SequenceSet } from './sequence-set.ts';
import { checkRumorSettings, type RumorSettings, rumorSettings } from './settings.ts';
import { afterPulledCycle, afterPush, outOfRounds, REMOVED } from './stopping.ts';

/** Contacts whose feedback is still awaited, or so many rounds of them; the oldest are forgotten. */
const AWAITED_LIMIT = 512;
const AWAITED_ROUNDS = 4;

/** Ways in which a planted bug differs; the real protocol has none of them. */
export interface RumorQuirks {
  /** Every so many rumours from others are delivered twice. */
  readonly twiceEvery?: number;
  /** After every so many rumours from others one is delivered that nobody broadcast. */
  readonly inventsEvery?: number;
  /** This share of rumours from others is taken for known: neither delivered nor spread. */
  readonly drops?: number;
  /** Takes whatever is signed for well signed. */
  readonly trustsSignatures?: true;
  /** Takes all that peers send, whatever the limit. */
  readonly ignoresLimit?: true;
}

export interface RumorState {
  readonly members: ReadonlySet<string>;
  /** By origin, then its life: what this life of the member has delivered. */
  readonly known: Map<string, Map<number, SequenceSet>>;
  readonly hot: HotRumors;
  readonly contacts: Contacts;
  nextSequence: number;
  timerArmed: boolean;
  fromOthers: number;
  readonly limiter: PeerLimiter;
}

type Ctx = Context<Message, RumorSettings>;

export function createRumor(
  name: string,
  summary: string,
  quirks: RumorQuirks = {},
): Protocol<RumorState, Message, Data, RumorSettings> {
  return {
    name,
    summary,
    source: 'Demers et al. 1987, section 1.4',
    role: 'dissemination',
    workloads: ['broadcast'],
    settings: rumorSettings,
    converges: false,
    sparse: true,
    checkSettings: checkRumorSettings,
    claims: rumorClaims,
    bounds: rumorBounds,
    init: (ctx) => ({
      members: new Set(ctx.roster),
      known: new Map(),
      hot: new Map(),
      contacts: new Contacts(ctx.random.int(2 ** 31)),
      nextSequence: 1,
      timerArmed: false,
      fromOthers: 0,
      limiter: new PeerLimiter(),
    }),
    handle: (state, event, ctx) => handle(state, event, ctx, quirks),
    view,
    decode: decodeMessage,
    kindOf: (message) => message.type,
    lies: rumorLies,
    tolerates: rumorTolerates,
    sometimes: {
      'restarted-with-rumors': { doc: 'a member comes back with rumors that it had taken down' },
      'feedback-repeated': { doc: 'feedback comes for a contact that nobody waits for any more' },
      'more-than-a-round-carries': { doc: 'more is hot than the datagrams of one round carry' },
      limited: { doc: 'a message is dropped because its sender has sent more than `peerMessagesPerSecond`, where set' },
    },
  };
}

export const rumor = createRumor('rumor', 'rumour mongering: hot rumours spread until members lose interest');

function handle(state: RumorState, event: ProtocolEvent<Message>, ctx: Ctx, quirks: RumorQuirks): void {
  switch (event.type) {
    case 'start':
      for (const record of event.restored ?? []) restore(state, record, ctx);
      armTimer(state, ctx, ctx.random.next() * ctx.settings.intervalMs);
      return;
    case 'timer':
      state.timerArmed = false;
      closeRound(state, ctx);
      startRound(state, ctx);
      armTimer(state, ctx, ctx.settings.intervalMs);
      return;
    case 'message':
      if (isTooMuch(state, event.from, ctx, quirks)) return;
      receive(state, event.from, event.fromLife, event.message, ctx, quirks);
      return;
    case 'operation':
      if (event.f === 'broadcast') broadcast(state, event.id, event.value, ctx);
      else ctx.reply(event.id, { type: 'fail', error: `no operation ${event.f}` });
      return;
    case 'leave':
      startRound(state, ctx);
      return;
    case 'membership':
      return;
  }
}

function isTooMuch(state: RumorState, from: string, ctx: Ctx, quirks: RumorQuirks): boolean {
  if (quirks.ignoresLimit === true) return false;
  if (state.limiter.admits(from, ctx.settings.peerMessagesPerSecond, ctx.monotonic())) return false;
  ctx.reach('limited');
  return true;
}

/** Who only pushes needs no rounds while nothing is hot. */
function armTimer(state: RumorState, ctx: Ctx, delayMs: number): void {
  if (state.timerArmed || (ctx.settings.mode === 'push' && state.hot.size === 0)) return;
  state.timerArmed = true;
  ctx.setTimer(delayMs, 'round');
}

function broadcast(state: RumorState, id: number, value: Data, ctx: Ctx): void {
  if (!isBroadcastValue(value)) {
    ctx.reply(id, { type: 'fail', error: `value must be a text of at most ${VALUE_LIMIT_BYTES} bytes` });
    return;
  }
  const sequence = state.nextSequence++;
  ctx.emit({ kind: 'broadcast', operation: id, sequence });
  const signature = ctx.settings.signed ? ctx.signer?.sign(signedText(ctx.self, ctx.life, sequence, value)) : undefined;
  const own = [ctx.self, ctx.life, sequence, value] as const;
  learn(state, signature === undefined ? own : [...own, signature], ctx);
  ctx.reply(id, { type: 'ok', value: { origin: ctx.self, life: ctx.life, sequence } });
}

/** A rumour that was unknown until now. */
function learn(state: RumorState, rumor: Rumor, ctx: Ctx): void {
  const [origin, originLife, sequence, value] = rumor;
  knownOf(state, origin, originLife).add(sequence);
  ctx.persist(rumor);
  ctx.emit({ kind: 'deliver', origin, originLife, sequence, value });
  heat(state.hot, rumor);
  armTimer(state, ctx, ctx.random.next() * ctx.settings.intervalMs);
}

/** A restart spreads again what was hot at the crash, and knows again what had been delivered. */
function restore(state: RumorState, record: Data, ctx: Ctx): void {
  if (typeof record === 'string') {
    state.hot.delete(record);
    return;
  }
  if (!isRumor(record)) return;
  const [origin, life, sequence] = record;
  knownOf(state, origin, life).add(sequence);
  ctx.reach('restarted-with-rumors');
  if (origin === ctx.self && life === ctx.life) state.nextSequence = Math.max(state.nextSequence, sequence + 1);
  heat(state.hot, record);
}

function knownOf(state: RumorState, origin: string, life: number): SequenceSet {
  let lives = state.known.get(origin);
  if (lives === undefined) {
    lives = new Map();
    state.known.set(origin, lives);
  }
  let sequences = lives.get(life);
  if (sequences === undefined) {
    sequences = new SequenceSet();
    lives.set(life, sequences);
  }
  return sequences;
}

/** Where members only pull, their interest is decided once a round, on all who pulled in it. */
function closeRound(state: RumorState, ctx: Ctx): void {
  if (ctx.settings.mode !== 'pull') return;
  for (const [id, hot] of state.hot) {
    hot.rounds++;
    const counter = afterPulledCycle(ctx.settings, hot.counter, hot.answered, hot.needed, ctx.random.next);
    hot.answered = 0;
    hot.needed = 0;
    settle(state, id, hot, counter, ctx);
    if (outOfRounds(hot.rounds, ctx.settings.maxRounds)) remove(state, id, ctx);
  }
}

function startRound(state: RumorState, ctx: Ctx): void {
  const { mode, fanout, feedback, maxRounds } = ctx.settings;
  const batches = mode === 'pull' ? [] : batchesFor(state, undefined, ctx);
  for (const peer of ctx.peers.sample(fanout)) {
    if (batches.length === 0 && mode !== 'push') ctx.send(peer, { type: 'pull' });
    batches.forEach((told, i) => {
      ctx.send(peer, {
        type: 'push',
        contact: beginContact(state, told, feedback === 'feedback', ctx),
        feedback: feedback === 'feedback',
        // One answer for all of them: by the last the partner knows what it need not answer.
        pull: mode === 'push-pull' && i === batches.length - 1,
        rumors: told.map((hot) => hot.rumor),
      });
      if (feedback === 'blind') for (const hot of told) count(state, hot.id, false, ctx);
    });
  }
  if (mode === 'pull') return;
  for (const hot of state.hot.values()) {
    hot.rounds++;
    if (outOfRounds(hot.rounds, maxRounds)) remove(state, hot.id, ctx);
  }
}

/** What is told next, in the datagrams of one round. `to`, as `name/life`: what that one told is left out. */
function batchesFor(state: RumorState, to: string | undefined, ctx: Ctx): readonly (readonly HotRumor[])[] {
  const { batches, waiting } = nextBatches(state.hot, to, ctx.settings.maxDatagramsPerRound);
  if (waiting) ctx.reach('more-than-a-round-carries');
  return batches;
}

/** The number of a new contact. */
function beginContact(state: RumorState, told: readonly HotRumor[], wantsFeedback: boolean, ctx: Ctx): number {
  if (!wantsFeedback) return state.contacts.next();
  const { fanout, maxDatagramsPerRound } = ctx.settings;
  const ids = told.map((hot) => hot.id);
  return state.contacts.awaitFeedback(ids, Math.max(AWAITED_LIMIT, AWAITED_ROUNDS * fanout * maxDatagramsPerRound));
}

/** One more contact was told of a hot rumour. */
function count(state: RumorState, id: string, useful: boolean, ctx: Ctx): void {
  const hot = state.hot.get(id);
  if (hot !== undefined) settle(state, id, hot, afterPush(ctx.settings, hot.counter, useful, ctx.random.next), ctx);
}

function settle(state: RumorState, id: string, hot: HotRumor, counter: number, ctx: Ctx): void {
  if (counter === REMOVED) remove(state, id, ctx);
  else hot.counter = counter;
}

/** From several sides in one step, perhaps: only the first time counts. */
function remove(state: RumorState, id: string, ctx: Ctx): void {
  if (state.hot.delete(id)) ctx.persist(id);
}

function receive(
  state: RumorState,
  from: string,
  fromLife: number,
  message: Message,
  ctx: Ctx,
  quirks: RumorQuirks,
): void {
  // Where members only pull, interest goes by who pulls what it knows already.
  const teller = ctx.settings.mode === 'push-pull' ? `${from}/${fromLife}` : undefined;
  switch (message.type) {
    case 'push':
      hear(state, from, teller, message, ctx, quirks);
      if (message.pull) answerPull(state, from, teller, ctx);
      return;
    case 'pull':
      answerPull(state, from, teller, ctx);
      return;
    case 'answer':
      hear(state, from, teller, message, ctx, quirks);
      return;
    case 'feedback':
      takeFeedback(state, message, ctx);
  }
}

function hear(
  state: RumorState,
  from: string,
  teller: string | undefined,
  message: Message & { type: 'push' | 'answer' },
  ctx: Ctx,
  quirks: RumorQuirks,
): void {
  let known = '';
  for (const rumor of message.rumors) {
    const [origin, life, sequence] = rumor;
    // What claims to be this life's own and is not known was never broadcast.
    const impossible = !state.members.has(origin) || (origin === ctx.self && life === ctx.life);
    const knew =
      impossible || knownOf(state, origin, life).has(sequence) || !(quirks.trustsSignatures || isGenuine(rumor, ctx));
    known += knew ? '1' : '0';
    if (!knew) learnFromOther(state, rumor, ctx, quirks);
    if (teller !== undefined) findHot(state.hot, rumor)?.tellers.add(teller);
  }
  if (message.feedback) ctx.send(from, { type: 'feedback', contact: message.contact, known });
}

/** Where rumours are signed, whether this one is by its origin. */
function isGenuine([origin, life, sequence, value, signature]: Rumor, ctx: Ctx): boolean {
  if (!ctx.settings.signed) return true;
  return (
    signature !== undefined && ctx.signer?.verify(origin, signedText(origin, life, sequence, value), signature) === true
  );
}

function learnFromOther(state: RumorState, rumor: Rumor, ctx: Ctx, quirks: RumorQuirks): void {
  const [origin, originLife, sequence, value] = rumor;
  if (quirks.drops !== undefined && ctx.random.next() < quirks.drops) {
    knownOf(state, origin, originLife).add(sequence);
    return;
  }
  learn(state, rumor, ctx);
  state.fromOthers++;
  if (quirks.twiceEvery !== undefined && state.fromOthers % quirks.twiceEvery === 0) {
    ctx.emit({ kind: 'deliver', origin, originLife, sequence, value });
  }
  if (quirks.inventsEvery !== undefined && state.fromOthers % quirks.inventsEvery === 0) {
    ctx.emit({ kind: 'deliver', origin, originLife, sequence: sequence + 1_000_000, value: `${value}?` });
  }
}

function answerPull(state: RumorState, to: string, teller: string | undefined, ctx: Ctx): void {
  // Where members push as well, their interest goes by their pushes alone.
  const decides = ctx.settings.mode === 'pull';
  const feedback = decides && ctx.settings.feedback === 'feedback';
  for (const told of batchesFor(state, teller, ctx)) {
    const contact = beginContact(state, told, feedback, ctx);
    ctx.send(to, { type: 'answer', contact, feedback, rumors: told.map((hot) => hot.rumor) });
    if (decides && !feedback) for (const hot of told) hot.answered++;
  }
}

function takeFeedback(state: RumorState, message: Message & { type: 'feedback' }, ctx: Ctx): void {
  const told = state.contacts.toldIn(message.contact);
  if (told === undefined) ctx.reach('feedback-repeated');
  if (told === undefined || told.length !== message.known.length) return;
  // A duplicate of the datagram would bring a second, worthless feedback.
  state.contacts.end(message.contact);
  told.forEach((id, index) => {
    const useful = message.known[index] === '0';
    if (ctx.settings.mode !== 'pull') {
      count(state, id, useful, ctx);
      return;
    }
    const hot = state.hot.get(id);
    if (hot === undefined) return;
    hot.answered++;
    if (useful) hot.needed++;
  });
}

/** Delivered sequence numbers by origin and life, in order of names. */
function view(state: RumorState): Data {
  const out: Record<string, Data> = {};
  for (const origin of [...state.known.keys()].sort()) {
    const lives = state.known.get(origin);
    for (const life of [...(lives?.keys() ?? [])].sort((a, b) => a - b)) {
      const sequences = lives?.get(life);
      if (sequences !== undefined && sequences.size > 0) out[`${origin}/${life}`] = sequences.toString();
    }
  }
  return out;
}
