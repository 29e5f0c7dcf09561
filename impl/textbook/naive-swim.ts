/**
 * What the naive versions of the SWIM family share: probes of members drawn at random, indirect probes, suspicions that
 * run for a time, a short queue of updates that ride on probes. The rules by which they differ, flaws included, are each
 * version's own. The dead are never contacted again, whatever the version.
 */
import { membershipView, tellBelief } from '../primitives/membership-beliefs.ts';
import { MAX_NUMBER, sumOfRecords } from '../primitives/membership-claims.ts';
import {
  ALIVE,
  DEAD,
  isUp,
  LEFT,
  STATUS_NAMES,
  type StatusCode,
  SUSPECT,
  type Update,
} from '../primitives/membership-order.ts';
import { knownSeeds, type MembershipView } from '../primitives/membership-protocol.ts';
import type { Context, Data, Protocol, ProtocolEvent } from '../protocol.ts';
import { answerMembers } from './naive-membership.ts';
import { decode, type Message } from './swim-messages.ts';
import type { ProbeSettings } from './swim-settings.ts';

type Timer =
  | { readonly t: 'period' }
  | { readonly t: 'indirect'; readonly s: number }
  | { readonly t: 'suspicion'; readonly n: string; readonly l: number; readonly i: number };

type Rules = Pick<Variant<ProbeSettings>, 'probes' | 'isNews' | 'answersClear' | 'raisesAt' | 'timesAnswers'> & {
  readonly suspicionMs: (known: number) => number;
};

interface State {
  readonly rules: Rules;
  readonly self: string;
  readonly life: number;
  readonly roster: ReadonlySet<string>;
  incarnation: number;
  left: boolean;
  joined: boolean;
  seeds: readonly string[];
  readonly beliefs: Map<string, Update>;
  readonly queue: Update[];
  /** Starts at random, so that acks of an earlier boot match nothing. */
  sequence: number;
  probe: { readonly target: string; readonly sequence: number; readonly sentAt: number; acked: boolean } | undefined;
  /** Probes for others, by own sequence number. */
  readonly relays: Map<number, { readonly asker: string; readonly sequence: number; readonly target: string }>;
  /** Of the last answer of each member, monotonic ms. */
  readonly roundTripsMs: Map<string, number>;
}

type Ctx = Context<Message, ProbeSettings>;

/** In what the naive versions of this family differ. */
export interface Variant<Settings extends ProbeSettings>
  extends Pick<
    Protocol<State, Message, MembershipView, Settings>,
    'name' | 'summary' | 'source' | 'settings' | 'claims' | 'bounds' | 'checkSettings'
  > {
  /** How long a suspicion lasts where so many members are known to be up, ms. */
  readonly suspicionMs: (settings: Settings, known: number) => number;
  readonly probes: (status: StatusCode) => boolean;
  /** Whether `update` replaces what is held of its member. */
  readonly isNews: (update: Update, held: Update) => boolean;
  /** An answer turns a suspect alive at the incarnation that was suspected. */
  readonly answersClear: boolean;
  /** A member raises its incarnation where somebody says this of it, at that incarnation or a higher one. */
  readonly raisesAt: (status: StatusCode) => boolean;
  /** The operation `members` gives the round-trip times too. */
  readonly timesAnswers: boolean;
}

export type NaiveSwim<Settings extends ProbeSettings> = Protocol<State, Message, MembershipView, Settings>;

export function createNaiveSwim<Settings extends ProbeSettings>(variant: Variant<Settings>): NaiveSwim<Settings> {
  const { suspicionMs, probes, isNews, answersClear, raisesAt, timesAnswers, ...described } = variant;
  return {
    ...described,
    role: 'membership',
    workloads: ['membership'],
    converges: true,
    init: (ctx) => ({
      rules: {
        probes,
        isNews,
        answersClear,
        raisesAt,
        timesAnswers,
        suspicionMs: (known) => suspicionMs(ctx.settings, known),
      },
      self: ctx.self,
      life: ctx.life,
      roster: new Set(ctx.roster),
      incarnation: 0,
      left: false,
      joined: false,
      seeds: [],
      beliefs: new Map(),
      queue: [],
      sequence: ctx.random.int(2 ** 30),
      probe: undefined,
      relays: new Map(),
      roundTripsMs: new Map(),
    }),
    handle,
    view: membershipView,
    decode,
    kindOf: (message) => message.k,
  };
}

function handle(state: State, event: ProtocolEvent<Message>, ctx: Ctx): void {
  switch (event.type) {
    case 'start':
      start(state, event.restored ?? [], event.seeds, ctx);
      return;
    case 'message':
      receive(state, event.from, event.fromLife, event.message, ctx);
      return;
    case 'timer':
      onTimer(state, event.timer as Timer, ctx);
      return;
    case 'operation':
      answerMembers(event, () => members(state), ctx);
      return;
    case 'leave':
      state.left = true;
      for (const [name, held] of state.beliefs) if (isUp(held)) say(state, name, { k: 'leave' }, ctx);
      return;
    case 'membership':
      return;
  }
}

function start(state: State, records: readonly Data[], seeds: readonly string[], ctx: Ctx): void {
  const { incarnation, latest } = sumOfRecords(records, (name) => name !== state.self && state.roster.has(name));
  state.incarnation = incarnation;
  for (const [name, update] of latest) {
    state.beliefs.set(name, update);
    const [, life, incarnation, status] = update;
    ctx.emit({ kind: 'recall', subject: name, subjectLife: life, status: STATUS_NAMES[status], incarnation });
    if (isUp(update)) ctx.announce(name, life, true);
    if (update[3] === SUSPECT) watch(state, update, ctx);
  }
  state.seeds = knownSeeds(seeds, state.self, state.roster);
  queue(state, [state.self, state.life, state.incarnation, ALIVE], ctx);
  join(state, ctx);
  ctx.setTimer(ctx.random.next() * ctx.settings.probeIntervalMs, { t: 'period' } satisfies Timer);
}

function join(state: State, ctx: Ctx): void {
  for (const seed of state.seeds) say(state, seed, { k: 'join' }, ctx);
}

type Said =
  | { readonly k: 'ping' | 'ack'; readonly s: number }
  | { readonly k: 'req' | 'iack'; readonly s: number; readonly t: string }
  | { readonly k: 'join' | 'leave' };

/** Sends with a few updates on board; those sent go to the back of the queue. */
function say(state: State, to: string, said: Said, ctx: Ctx): void {
  const u = state.queue.splice(0, ctx.settings.piggybackEntries);
  state.queue.push(...u);
  ctx.send(to, { ...said, i: state.incarnation, u });
}

function queue(state: State, update: Update, ctx: Ctx): void {
  state.queue.unshift(update);
  state.queue.splice(ctx.settings.queueEntries);
}

function onTimer(state: State, timer: Timer, ctx: Ctx): void {
  if (state.left) return;
  if (timer.t === 'period') {
    ctx.setTimer(ctx.settings.probeIntervalMs, { t: 'period' } satisfies Timer);
    if (!state.joined) join(state, ctx);
    period(state, ctx);
  } else if (timer.t === 'indirect') {
    if (state.probe?.sequence !== timer.s || state.probe.acked) return;
    const { target, sequence } = state.probe;
    const helpers = ctx.random
      .sample(
        names(state, (status) => status === ALIVE),
        ctx.settings.indirectProbes + 1,
      )
      .filter((name) => name !== target);
    for (const helper of helpers.slice(0, ctx.settings.indirectProbes)) {
      say(state, helper, { k: 'req', s: sequence, t: target }, ctx);
    }
  } else {
    const held = state.beliefs.get(timer.n);
    if (held === undefined || held[1] !== timer.l || held[2] !== timer.i || held[3] !== SUSPECT) return;
    believe(state, [timer.n, timer.l, timer.i, DEAD, state.self], ctx);
  }
}

function period(state: State, ctx: Ctx): void {
  const { probe } = state;
  const held = probe === undefined ? undefined : state.beliefs.get(probe.target);
  if (probe !== undefined && !probe.acked && held !== undefined && held[3] === ALIVE) {
    believe(state, [held[0], held[1], held[2], SUSPECT, state.self], ctx);
  }
  state.probe = undefined;
  const [target] = ctx.random.sample(names(state, state.rules.probes), 1);
  if (target === undefined) return;
  const sequence = nextSequence(state);
  state.probe = { target, sequence, sentAt: ctx.monotonic(), acked: false };
  say(state, target, { k: 'ping', s: sequence }, ctx);
  ctx.setTimer(ctx.settings.probeTimeoutMs, { t: 'indirect', s: sequence } satisfies Timer);
}

function nextSequence(state: State): number {
  state.sequence = (state.sequence + 1) % 2 ** 30;
  return state.sequence;
}

function names(state: State, has: (status: StatusCode) => boolean): string[] {
  return [...state.beliefs.values()].filter((update) => has(update[3])).map((update) => update[0]);
}

function receive(state: State, from: string, fromLife: number, message: Message, ctx: Ctx): void {
  if (from === state.self || !state.roster.has(from) || (state.beliefs.get(from)?.[1] ?? 0) > fromLife) return;
  learn(state, [from, fromLife, message.i, ALIVE], ctx);
  for (const update of message.u) learn(state, update, ctx);
  switch (message.k) {
    case 'ping':
      say(state, from, { k: 'ack', s: message.s }, ctx);
      return;
    case 'req': {
      if (message.t === state.self || !state.roster.has(message.t)) return;
      const sequence = nextSequence(state);
      if (state.relays.size >= 64) state.relays.clear();
      state.relays.set(sequence, { asker: from, sequence: message.s, target: message.t });
      say(state, message.t, { k: 'ping', s: sequence }, ctx);
      return;
    }
    case 'ack': {
      if (state.probe?.sequence === message.s) state.roundTripsMs.set(from, ctx.monotonic() - state.probe.sentAt);
      answered(state, from, message.s, ctx);
      const relay = state.relays.get(message.s);
      if (relay?.target !== from) return;
      state.relays.delete(message.s);
      say(state, relay.asker, { k: 'iack', s: relay.sequence, t: from }, ctx);
      return;
    }
    case 'iack':
      answered(state, message.t, message.s, ctx);
      return;
    case 'join': {
      const own: Update = [state.self, state.life, state.incarnation, ALIVE];
      ctx.stream(from, { k: 'members', i: state.incarnation, u: [own, ...state.beliefs.values()] });
      return;
    }
    case 'members':
      state.joined = true;
      return;
    case 'leave':
      believe(state, [from, fromLife, message.i, LEFT], ctx);
      return;
  }
}

/** A member has answered, in time or late. */
function answered(state: State, target: string, sequence: number, ctx: Ctx): void {
  if (state.probe?.target === target && state.probe.sequence === sequence) state.probe.acked = true;
  const held = state.beliefs.get(target);
  if (state.rules.answersClear && held?.[3] === SUSPECT) believe(state, [held[0], held[1], held[2], ALIVE], ctx);
}

function learn(state: State, update: Update, ctx: Ctx): void {
  const [name] = update;
  if (name === state.self) {
    hearOfSelf(state, update, ctx);
    return;
  }
  if (!state.roster.has(name)) return;
  const held = state.beliefs.get(name);
  if (held === undefined || state.rules.isNews(update, held)) believe(state, update, ctx);
}

function hearOfSelf(state: State, [name, life, incarnation, status]: Update, ctx: Ctx): void {
  if (life !== state.life || !state.rules.raisesAt(status) || incarnation < state.incarnation || state.left) return;
  if (incarnation >= MAX_NUMBER) return;
  state.incarnation = incarnation + 1;
  ctx.persist({ i: state.incarnation, u: [] });
  if (status === ALIVE) {
    // Nobody was to be refuted: it only says where it stands now.
    ctx.emit({ kind: 'status', subject: name, subjectLife: life, status: 'alive', incarnation: state.incarnation });
  } else {
    const against = STATUS_NAMES[status] as 'suspect' | 'dead' | 'left';
    ctx.emit({ kind: 'refute', incarnation: state.incarnation, against });
  }
  queue(state, [state.self, state.life, state.incarnation, ALIVE], ctx);
}

function believe(state: State, update: Update, ctx: Ctx): void {
  const [name, , , status] = update;
  const before = state.beliefs.get(name);
  state.beliefs.set(name, update);
  ctx.persist({ i: state.incarnation, u: [update] });
  queue(state, update, ctx);
  tellBelief(before, update, ctx);
  if (status === SUSPECT) watch(state, update, ctx);
}

function watch(state: State, [n, l, i]: Update, ctx: Ctx): void {
  const known = 1 + [...state.beliefs.values()].filter(isUp).length;
  ctx.setTimer(state.rules.suspicionMs(known), { t: 'suspicion', n, l, i } satisfies Timer);
}

function members(state: State): Data {
  const view = membershipView(state);
  if (!state.rules.timesAnswers) return view;
  return { ...view, roundTripsMs: [...state.roundTripsMs].sort(([a], [b]) => (a < b ? -1 : 1)) };
}
