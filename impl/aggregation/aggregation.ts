/**
 * Aggregation: average, sum, count, maximum and minimum of the members' inputs, after Jelasity, Montresor, Babaoglu:
 * "Gossip-Based Aggregation in Large Dynamic Networks", 2005 (push-pull averaging, counting instances, epochs), and
 * Kempe, Dobra, Gehrke: "Gossip-Based Computation of Aggregate Information", 2003 (push-sum).
 *
 * Both papers suppose exchanges that are atomic. Here messages are lost, so an exchange is a transfer with a number: the
 * responder applies its side once, keeps the answer, and gives it again when asked again; the initiator asks until it has
 * the answer. Transfers add, they do not overwrite, so neither side is locked meanwhile. A member starts no second
 * exchange with a peer before the first is settled, so one record per peer is enough. Where two offers cross, each made
 * for what its sender held before the other came, one of the two members gives nothing: else both would give, and what
 * they hold would change hands, for ever where their cycles run side by side.
 *
 * An epoch ends after so many cycles and all begin anew from their inputs: what a crash took with it, who joined and which
 * inputs changed shows in the next one. Whoever was part of an epoch at a crash takes no part in it afterwards.
 *
 * Liars: none is borne. One that makes mass up, or takes it and gives nothing, moves every estimate.
 */
import type { Context, Data, Protocol, ProtocolEvent } from '../protocol.ts';
import { aggregationBounds, aggregationClaims, aggregationTolerates } from './claims.ts';
import { aggregationLies } from './lies.ts';
import {
  add,
  countOf,
  halfDifference,
  isAmount,
  type Mass,
  NOTHING,
  type PackedMass,
  pack,
  totalParts,
  totalPartsMoved,
} from './mass.ts';
import { decodeMessage, type Message } from './messages.ts';
import { type AggregationSettings, aggregationSettings, checkAggregationSettings, WAIT_CYCLES } from './settings.ts';

/** Ways in which a planted bug differs; the real protocol has none of them. */
export interface AggregationQuirks {
  /** An exchange is forgotten where its answer did not come before the first retry: what the responder gave is lost. */
  readonly forgetsPending?: boolean;
  /** The responder applies each copy of an offer. */
  readonly appliesTwice?: boolean;
  /** Maximum and minimum are carried from one epoch into the next. */
  readonly keepsExtremes?: boolean;
  /** Of two members that ask each other at one time both give: they swap what they hold, and are no nearer. */
  readonly swaps?: boolean;
  /** Who is restarted in an epoch does not learn how old that is. */
  readonly keepsOwnAge?: boolean;
}

interface Answered {
  readonly life: number;
  readonly exchange: number;
  readonly given: PackedMass | undefined;
}

interface Result {
  readonly epoch: number;
  readonly average: number;
  readonly sum: number | null;
  readonly count: number | null;
  readonly max: number;
  readonly min: number;
}

/**
 * Each life numbers its exchanges from its own start: a late answer to an earlier life, which was in an epoch of the same
 * number, must settle nothing of this one.
 */
const EXCHANGES_PER_LIFE = 1_000_000;

interface AggregationState {
  input: number;
  epoch: number;
  /** Monotonic ms at which the epoch began, by the word of whoever brought it here. */
  begunMs: number;
  /** Part of the epoch; otherwise waiting for the next one. */
  active: boolean;
  mass: Mass;
  max: number;
  min: number;
  cycles: number;
  exchanges: number;
  /** Started and not settled, by peer. `moved`: push-sum, what has left. */
  readonly pending: Map<string, { readonly exchange: number; readonly moved: PackedMass | undefined }>;
  /** The last exchange of each initiator, so that a copy is answered and not applied. */
  readonly answered: Map<string, Answered>;
  /** Push-sum: who has shown to take part in the epoch, so that nothing is pushed to the dead. */
  readonly heard: Set<string>;
  /** Push-sum: who has been asked for that in this epoch; and who gets this cycle's push if the answer comes in time. */
  readonly called: Set<string>;
  awaited: string | undefined;
  result: Result | undefined;
}

type Ctx = Context<Message, AggregationSettings>;

const LARGEST_INPUT = 1e12;
/** Peers that are told at once of an epoch's start. */
const TOLD = 3;

export type AggregationProtocol = Protocol<AggregationState, Message, Data, AggregationSettings>;

export function createAggregation(name: string, summary: string, quirks: AggregationQuirks = {}): AggregationProtocol {
  return {
    name,
    summary,
    source: 'Jelasity, Montresor, Babaoglu 2005; Kempe, Dobra, Gehrke 2003',
    role: 'aggregation',
    workloads: ['aggregate'],
    settings: aggregationSettings,
    converges: false,
    sparse: true,
    checkSettings: checkAggregationSettings,
    claims: aggregationClaims,
    bounds: aggregationBounds,
    init: () => ({
      input: 0,
      epoch: 0,
      begunMs: 0,
      active: false,
      mass: { value: 0, weight: 0, parts: new Map() },
      max: 0,
      min: 0,
      cycles: 0,
      exchanges: 0,
      pending: new Map(),
      answered: new Map(),
      heard: new Set(),
      called: new Set(),
      awaited: undefined,
      result: undefined,
    }),
    handle: (state, event, ctx) => handle(state, event, ctx, quirks),
    view: (state) => (state.result === undefined ? null : { ...state.result }),
    decode: decodeMessage,
    kindOf: (message) => message.type,
    lies: aggregationLies,
    tolerates: aggregationTolerates,
    sometimes: {
      'exchange-retried': { doc: 'an exchange is asked for again, because its answer is late' },
      'answered-again': { doc: 'an offer that was answered already is answered again' },
      'epoch-missed': { doc: 'a member hears of an epoch too late to take part in it' },
    },
  };
}

export const aggregation = createAggregation(
  'aggregation',
  'average, sum, count, maximum and minimum by acknowledged exchanges, anew in every epoch',
);

function handle(state: AggregationState, event: ProtocolEvent<Message>, ctx: Ctx, quirks: AggregationQuirks): void {
  switch (event.type) {
    case 'start':
      start(state, event.restored, event.seeds, ctx);
      return;
    case 'timer':
      timer(state, event.timer, ctx, quirks);
      return;
    case 'message':
      receive(state, event.from, event.fromLife, event.message, ctx, quirks);
      return;
    case 'operation':
      operate(state, event.id, event.f, event.value, ctx);
      return;
    case 'membership':
    case 'leave':
      // Who leaves takes its mass along, as in a crash; the next epoch does without both.
      return;
  }
}

function start(
  state: AggregationState,
  restored: readonly Data[] | undefined,
  seeds: readonly string[],
  ctx: Ctx,
): void {
  for (const record of restored ?? []) {
    if (!Array.isArray(record)) continue;
    const [what, value] = record as readonly Data[];
    if (typeof value !== 'number') continue;
    if (what === 'input') state.input = value;
    else if (what === 'epoch') state.epoch = value;
  }
  state.begunMs = ctx.monotonic();
  // Somebody may be in an epoch already; an answer comes well before this member would start one by itself.
  for (const seed of seeds.slice(0, TOLD)) ctx.send(seed, { type: 'epoch', epoch: state.epoch, ageMs: 0 });
  ctx.setTimer(ctx.random.next() * ctx.settings.intervalMs, ['cycle']);
  const fresh = state.epoch === 0;
  const waitMs = fresh ? WAIT_CYCLES * ctx.settings.intervalMs : epochMs(ctx) + WAIT_CYCLES * ctx.settings.intervalMs;
  ctx.setTimer(waitMs, ['end', state.epoch]);
}

function epochMs(ctx: Ctx): number {
  return ctx.settings.cyclesPerEpoch * ctx.settings.intervalMs;
}

function ageMs(state: AggregationState, ctx: Ctx): number {
  return Math.max(0, ctx.monotonic() - state.begunMs);
}

function timer(state: AggregationState, data: Data, ctx: Ctx, quirks: AggregationQuirks): void {
  const [what, epoch, peer, exchange] = data as readonly Data[];
  if (what === 'cycle') {
    ctx.setTimer(ctx.settings.intervalMs, ['cycle']);
    if (state.active) startCycle(state, ctx);
  } else if (epoch !== state.epoch) return;
  else if (what === 'end') enter(state, state.epoch + 1, 0, ctx, quirks);
  else if (typeof peer === 'string' && state.pending.get(peer)?.exchange === exchange && state.active) {
    ctx.reach('exchange-retried');
    if (quirks.forgetsPending) state.pending.delete(peer);
    else ask(state, peer, ctx);
  }
}

/** Ends the epoch that this member is in and takes part in another one from here. */
function enter(state: AggregationState, epoch: number, age: number, ctx: Ctx, quirks: AggregationQuirks): void {
  endEpoch(state, ctx);
  const first = state.epoch === 0;
  state.epoch = epoch;
  state.begunMs = ctx.monotonic() - age;
  state.active = true;
  state.cycles = 0;
  state.exchanges = (ctx.life - 1) * EXCHANGES_PER_LIFE;
  state.mass = { value: state.input, weight: 1, parts: new Map() };
  if (ctx.random.next() * (ctx.peers.count + 1) < ctx.settings.leaders) {
    state.mass.parts.set(`${ctx.roster.indexOf(ctx.self)}/${ctx.life}`, 1);
  }
  const kept = quirks.keepsExtremes === true && !first;
  state.max = kept ? Math.max(state.max, state.input) : state.input;
  state.min = kept ? Math.min(state.min, state.input) : state.input;
  ctx.persist(['epoch', epoch]);
  ctx.emit({ kind: 'epoch', epoch, input: state.input, part: totalParts(state.mass) });
  ctx.setTimer(Math.max(0, epochMs(ctx) - age), ['end', epoch]);
  for (const peer of ctx.peers.sample(TOLD)) ctx.send(peer, { type: 'epoch', epoch, ageMs: age });
}

/** Too late for that epoch: waits for the next one, and starts it if nobody else does. */
function wait(state: AggregationState, epoch: number, age: number, ctx: Ctx): void {
  ctx.reach('epoch-missed');
  endEpoch(state, ctx);
  state.epoch = epoch;
  state.begunMs = ctx.monotonic() - age;
  ctx.persist(['epoch', epoch]);
  waitForNext(state, ctx);
}

/** A restart takes what a member knew of its epoch's age: it would miss the next one's start by as much. */
function learnAge(state: AggregationState, age: number, ctx: Ctx): void {
  if (state.active || age <= ageMs(state, ctx) + ctx.settings.intervalMs) return;
  state.begunMs = ctx.monotonic() - age;
  waitForNext(state, ctx);
}

/** Of two such timers for one epoch the earlier one ends it. */
function waitForNext(state: AggregationState, ctx: Ctx): void {
  const restMs = Math.max(0, epochMs(ctx) - ageMs(state, ctx));
  ctx.setTimer(restMs + WAIT_CYCLES * ctx.settings.intervalMs, ['end', state.epoch]);
}

function endEpoch(state: AggregationState, ctx: Ctx): void {
  if (state.active) {
    const { value, weight } = state.mass;
    // Weight is 1 in push-pull, and halved at most so often in push-sum that it never reaches 0.
    const average = weight > 0 ? value / weight : state.input;
    const count = countOf(state.mass);
    const sum = count === null ? null : average * count;
    state.result = { epoch: state.epoch, average, sum, count, max: state.max, min: state.min };
    const part = totalParts(state.mass);
    const pending = state.pending.size;
    ctx.emit({ kind: 'estimate', ...state.result, cycles: state.cycles, pending, value, weight, part });
  }
  state.active = false;
  state.pending.clear();
  state.answered.clear();
  state.heard.clear();
  state.called.clear();
  state.awaited = undefined;
}

function startCycle(state: AggregationState, ctx: Ctx): void {
  state.cycles++;
  state.awaited = undefined;
  // A few draws: whoever still owes an answer is passed over.
  for (const peer of ctx.peers.sample(4)) {
    if (state.pending.has(peer)) continue;
    if (ctx.settings.method === 'push-pull' || state.heard.has(peer)) {
      startExchange(state, peer, ctx);
      return;
    }
    // What is pushed has left for good, and the dead would keep it until the epoch is over: so first a call.
    ctx.send(peer, { type: 'call', epoch: state.epoch, ageMs: ageMs(state, ctx) });
    if (state.called.has(peer)) continue;
    state.called.add(peer);
    state.awaited = peer;
    return;
  }
}

function startExchange(state: AggregationState, peer: string, ctx: Ctx): void {
  const exchange = ++state.exchanges;
  const moved = ctx.settings.method === 'push-sum' ? pack(state.mass, 0.5) : undefined;
  state.pending.set(peer, { exchange, moved });
  if (moved !== undefined) apply(state, moved, -1, [ctx.self, ctx.life, peer, exchange], ctx);
  ask(state, peer, ctx);
}

/** Sends what a pending exchange needs, now and again after a while. */
function ask(state: AggregationState, peer: string, ctx: Ctx): void {
  const pending = state.pending.get(peer);
  if (pending === undefined) return;
  const { exchange, moved } = pending;
  const type = moved === undefined ? 'offer' : 'push';
  // An offer that is made again says what is held now: if the responder has seen none, that is the better one.
  const { epoch, max, min } = state;
  const age = ageMs(state, ctx);
  ctx.send(peer, { type, epoch, ageMs: age, exchange, max, min, mass: moved ?? pack(state.mass) });
  ctx.setTimer(ctx.settings.retryMs, ['retry', state.epoch, peer, exchange]);
}

function receive(
  state: AggregationState,
  from: string,
  fromLife: number,
  message: Message,
  ctx: Ctx,
  quirks: AggregationQuirks,
): void {
  if (message.epoch > state.epoch) {
    const entryMs = ctx.settings.entryCycles * ctx.settings.intervalMs;
    if (message.ageMs <= entryMs) enter(state, message.epoch, message.ageMs, ctx, quirks);
    else wait(state, message.epoch, message.ageMs, ctx);
  } else if (message.epoch === state.epoch) {
    if (!quirks.keepsOwnAge) learnAge(state, message.ageMs, ctx);
  } else {
    ctx.send(from, { type: 'epoch', epoch: state.epoch, ageMs: ageMs(state, ctx) });
    return;
  }
  // Who waits may have been part of this very epoch before a crash, and no longer knows what it has answered.
  if (!state.active || message.type === 'epoch') return;
  state.heard.add(from);
  if (message.type === 'here') {
    if (state.awaited !== from || state.pending.has(from)) return;
    state.awaited = undefined;
    startExchange(state, from, ctx);
  } else if (message.type === 'call') ctx.send(from, { type: 'here', epoch: state.epoch, ageMs: ageMs(state, ctx) });
  else if (message.type === 'offer' || message.type === 'push') respond(state, from, fromLife, message, ctx, quirks);
  else settle(state, from, message, ctx);
}

function respond(
  state: AggregationState,
  from: string,
  fromLife: number,
  message: Message & { type: 'offer' | 'push' },
  ctx: Ctx,
  quirks: AggregationQuirks,
): void {
  const { exchange } = message;
  const before = state.answered.get(from);
  const later = before === undefined || fromLife > before.life || exchange > before.exchange;
  if (before !== undefined && fromLife < before.life) return;
  if (!later && exchange < before.exchange) return;
  if (!later) ctx.reach('answered-again');
  let answered = before;
  if (answered === undefined || later || quirks.appliesTwice) {
    const given = message.type === 'offer' ? giftFor(state, from, message.mass, ctx, quirks) : undefined;
    apply(state, given ?? message.mass, given === undefined ? 1 : -1, [from, fromLife, ctx.self, exchange], ctx);
    answered = { life: fromLife, exchange, given };
    state.answered.set(from, answered);
  }
  // Extremes go both ways: the answer is made after the offer's are taken.
  takeExtremes(state, message);
  const { epoch, max, min } = state;
  const age = ageMs(state, ctx);
  const mass = answered.given;
  if (mass === undefined) ctx.send(from, { type: 'taken', epoch, ageMs: age, exchange, max, min });
  else ctx.send(from, { type: 'answer', epoch, ageMs: age, exchange, max, min, mass });
}

/** Makes both sides equal. Of two whose offers have crossed, the one whose name comes first gives nothing. */
function giftFor(
  state: AggregationState,
  from: string,
  theirs: PackedMass,
  ctx: Ctx,
  quirks: AggregationQuirks,
): PackedMass {
  const crossed = state.pending.has(from) && quirks.swaps !== true;
  return crossed && ctx.self < from ? NOTHING : halfDifference(state.mass, theirs);
}

function settle(
  state: AggregationState,
  from: string,
  message: Message & { type: 'answer' | 'taken' },
  ctx: Ctx,
): void {
  const pending = state.pending.get(from);
  if (pending?.exchange !== message.exchange) return;
  // What was pushed has left already; an answer to a push, or the other way round, settles nothing.
  if ((message.type === 'taken') !== (pending.moved !== undefined)) return;
  state.pending.delete(from);
  takeExtremes(state, message);
  if (message.type === 'answer') {
    apply(state, message.mass, 1, [ctx.self, ctx.life, from, message.exchange], ctx);
  }
}

/** `factor`: 1 for what comes, -1 for what goes. */
function apply(
  state: AggregationState,
  moved: PackedMass,
  factor: 1 | -1,
  ids: readonly [initiator: string, initiatorLife: number, responder: string, exchange: number],
  ctx: Ctx,
): void {
  add(state.mass, moved, factor);
  const [initiator, initiatorLife, responder, exchange] = ids;
  const value = factor * moved.value;
  const weight = factor * moved.weight;
  const part = factor * totalPartsMoved(moved);
  const { epoch } = state;
  ctx.emit({ kind: 'transfer', epoch, initiator, initiatorLife, responder, exchange, value, weight, part });
}

function takeExtremes(state: AggregationState, message: { readonly max: number; readonly min: number }): void {
  state.max = Math.max(state.max, message.max);
  state.min = Math.min(state.min, message.min);
}

function operate(state: AggregationState, id: number, f: string, value: Data, ctx: Ctx): void {
  if (f === 'read') {
    ctx.reply(id, { type: 'ok', value: state.result === undefined ? null : { ...state.result } });
  } else if (f !== 'set') ctx.reply(id, { type: 'fail', error: `no operation ${f}` });
  else if (!isAmount(value) || Math.abs(value) > LARGEST_INPUT || Object.is(value, -0)) {
    ctx.reply(id, { type: 'fail', error: `the input must be a number of at most ${LARGEST_INPUT} either way` });
  } else {
    state.input = value;
    ctx.persist(['input', value]);
    ctx.reply(id, { type: 'ok' });
  }
}
