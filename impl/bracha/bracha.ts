/**
 * Reliable broadcast among n members of which f may be Byzantine, n > 3f.
 *
 * G. Bracha, "Asynchronous Byzantine agreement protocols", Information and Computation 75 (1987), in the form of
 * Cachin, Guerraoui and Rodrigues, "Introduction to Reliable and Secure Distributed Programming" (2011), algorithm 3.18
 * (authenticated double-echo broadcast), one instance per broadcast:
 *
 *     SEND   the origin proposes a value to all
 *     ECHO   once, for the first value the origin itself sent
 *     READY  once, for a value with more than (n + f) / 2 ECHOs, or with f + 1 READYs
 *     deliver a value with 2f + 1 READYs
 *
 * n and f come from the plan's roster. Membership is not listened to: a quorum among those a failure detector trusts
 * is none.
 *
 * Lossless links, which the proof assumes, are made by retransmission until acknowledged (outbox.ts). An
 * acknowledgement promises durability: counted votes are persisted in the step that receives them, own votes in the
 * step that casts them. A member that restarts with state is therefore merely slow: it votes no differently, delivers
 * nothing twice, and goes on sending what was not acknowledged. Once a member delivers, f + 1 correct ones have cast
 * READYs that reach everybody: its SEND and ECHO are withdrawn, its READY is not.
 *
 * A member that restarts without state may contradict what its old life said; it is one of the f. It votes again, and
 * that is sound because votes are counted by the voter's name: its two lives together are one voter that may say two
 * things, which is what a liar is, and of which the quorums tolerate f. It must vote, or after f + 1 such restarts in a
 * long run, each harmless, nothing would ever be delivered again. Its own broadcasts are instances of its new life.
 *
 * Liars: f, whatever they do. Links must be authentic, so that nobody votes in the name of another.
 */
import type { Context, Data, Protocol, ProtocolEvent } from '../protocol.ts';
import { count, createInstance, forgetVoter, type Instance, ownVote, reached, release } from './instance.ts';
import { InstanceNumbers } from './instance-numbers.ts';
import { brachaLies } from './lies.ts';
import {
  type BrachaMessage,
  decodeMessage,
  ECHO,
  kindOfMessage,
  type Phase,
  READY,
  refuseValue,
  SEND,
  type Vote,
} from './messages.ts';
import { Outbox, voteKey } from './outbox.ts';
import {
  type BrachaSettings,
  brachaBounds,
  brachaClaims,
  brachaSettings,
  brachaTolerates,
  checkBrachaSettings,
  faultsTolerated,
} from './settings.ts';

/** What planted-bugs.ts breaks on purpose. The protocol itself sets none. */
export interface BrachaQuirks {
  /** Echo quorum: more than n/2. */
  readonly echoesOfHalf?: true;
  /** No READY on f + 1 READYs. */
  readonly noAmplification?: true;
  /** READY on f READYs, where there are liars to be borne. */
  readonly amplifiesEarly?: true;
  /** Instances go by their value alone. */
  readonly keyedByValue?: true;
  /** Delivers again on each READY beyond 2f + 1. */
  readonly deliversAgain?: true;
  /** A voter's vote counts each time it comes. */
  readonly countsAgain?: true;
}

/** What is persisted. `got`: votes of the roster's member `voter` that were counted. */
type BrachaRecord =
  | readonly ['own', Vote]
  | readonly ['got', voter: number, votes: readonly Vote[]]
  | readonly ['delivered', origin: number, life: number, sequence: number, value: string]
  /** Delivered, and everybody has this member's READY: nothing is left to be sent. */
  | readonly ['done', origin: number, life: number, sequence: number];

interface BrachaState {
  readonly indexOf: ReadonlyMap<string, number>;
  readonly self: number;
  readonly roster: readonly string[];
  readonly echoQuorum: number;
  readonly amplifyQuorum: number;
  readonly deliverQuorum: number;
  readonly numbers: InstanceNumbers;
  /** By number. */
  readonly instances: Map<number | string, Instance>;
  readonly outbox: Outbox;
  /** Client operations that wait for their delivery here, by instance's number. */
  readonly waiting: Map<number, number>;
  nextSequence: number;
}

type Ctx = Context<BrachaMessage, BrachaSettings>;
type View = readonly (readonly [origin: string, life: number, sequence: number, value: string])[];
export type BrachaProtocol = Protocol<BrachaState, BrachaMessage, View, BrachaSettings>;

class Bracha {
  readonly #quirks: BrachaQuirks;

  constructor(quirks: BrachaQuirks) {
    this.#quirks = quirks;
  }

  init(ctx: Ctx): BrachaState {
    const n = ctx.roster.length;
    const f = faultsTolerated(ctx.settings, n);
    return {
      indexOf: new Map(ctx.roster.map((name, index) => [name, index])),
      self: ctx.roster.indexOf(ctx.self),
      roster: ctx.roster,
      // The smallest number of voters above the fraction.
      echoQuorum: Math.floor((this.#quirks.echoesOfHalf ? n : n + f) / 2) + 1,
      amplifyQuorum: this.#quirks.noAmplification
        ? Number.POSITIVE_INFINITY
        : f + (this.#quirks.amplifiesEarly ? 0 : 1),
      deliverQuorum: 2 * f + 1,
      numbers: new InstanceNumbers(),
      instances: new Map(),
      outbox: new Outbox(
        ctx.roster.filter((name) => name !== ctx.self),
        ctx.settings,
      ),
      waiting: new Map(),
      nextSequence: 1,
    };
  }

  handle(state: BrachaState, event: ProtocolEvent<BrachaMessage>, ctx: Ctx): void {
    switch (event.type) {
      case 'start':
        if (event.restored !== undefined) this.#restore(state, event.restored as readonly unknown[], ctx);
        break;
      case 'message':
        this.#receive(state, event.from, event.fromLife, event.message, ctx);
        break;
      case 'timer':
        state.outbox.woken(event.timer);
        break;
      case 'operation':
        this.#operate(state, event.id, event.f, event.value, ctx);
        break;
      case 'membership':
      case 'leave':
        return;
    }
    state.outbox.flush(ctx);
  }

  #operate(state: BrachaState, operation: number, f: string, value: Data, ctx: Ctx): void {
    const refusal = f === 'broadcast' ? refuseValue(value) : `no operation ${f}`;
    if (refusal !== undefined || typeof value !== 'string') {
      ctx.reply(operation, { type: 'fail', error: refusal ?? 'no text' });
      return;
    }
    const sequence = state.nextSequence++;
    const instance = this.#open(state, [SEND, state.self, ctx.life, sequence, value]);
    ctx.emit({ kind: 'broadcast', operation, sequence });
    state.waiting.set(state.numbers.of(state.self, ctx.life, sequence), operation);
    this.#cast(state, instance, [SEND, state.self, ctx.life, sequence, value], ctx);
    this.#advance(state, instance, ctx);
  }

  #receive(state: BrachaState, from: string, fromLife: number, message: BrachaMessage, ctx: Ctx): void {
    const voter = state.indexOf.get(from);
    if (voter === undefined) return;
    if (message.ackedLife === ctx.life) {
      for (const [phase, origin, life, sequence] of message.acks) {
        const number = state.numbers.find(origin, life, sequence);
        if (number === undefined) continue;
        if (!state.outbox.acknowledged(from, fromLife, voteKey(phase, number), ctx)) continue;
        const instance = state.instances.get(number);
        if (instance !== undefined) this.#settle(instance, 1, ctx);
      }
    }
    const counted: Vote[] = [];
    const touched: Instance[] = [];
    for (const vote of message.votes) {
      const [phase, origin, life, sequence, value] = vote;
      if (origin >= state.roster.length) continue;
      // Only the origin itself, in the life it speaks of, may propose.
      if (phase === SEND && (origin !== voter || life !== fromLife)) continue;
      state.outbox.owe(from, fromLife, [phase, origin, life, sequence], ctx);
      const instance = this.#open(state, vote);
      if (this.#quirks.countsAgain && phase !== SEND) forgetVoter(instance, voter);
      if (!count(instance, phase, voter, value)) continue;
      counted.push(vote);
      touched.push(instance);
    }
    if (counted.length === 0) return;
    this.#persist(['got', voter, counted], ctx);
    for (const instance of touched) this.#advance(state, instance, ctx);
  }

  #open(state: BrachaState, [, origin, life, sequence, value]: Vote): Instance {
    const key = this.#quirks.keyedByValue ? value : state.numbers.of(origin, life, sequence);
    let instance = state.instances.get(key);
    if (instance === undefined) {
      instance = createInstance(origin, life, sequence, state.roster.length);
      state.instances.set(key, instance);
    }
    return instance;
  }

  /** Casts an own vote: durable, counted here, on its way to all peers. */
  #cast(state: BrachaState, instance: Instance, vote: Vote, ctx: Ctx): void {
    this.#persist(['own', vote], ctx);
    this.#takeOwn(state, instance, vote);
    this.#post(state, instance, vote);
  }

  #takeOwn(state: BrachaState, instance: Instance, vote: Vote): void {
    ownVote(instance, vote[0], vote[4]);
    count(instance, vote[0], state.self, vote[4]);
  }

  #post(state: BrachaState, instance: Instance, vote: Vote): void {
    const [phase, origin, life, sequence] = vote;
    state.outbox.post(voteKey(phase, state.numbers.of(origin, life, sequence)), vote);
    instance.unacknowledged += state.outbox.peerCount;
  }

  /** Does whatever the votes counted so far call for. Each step can only call for the next one. */
  #advance(state: BrachaState, instance: Instance, ctx: Ctx): void {
    const { origin, life, sequence } = instance;
    if (instance.delivered !== undefined && !this.#quirks.deliversAgain) return;
    const vote = (phase: Phase, value: string) =>
      this.#cast(state, instance, [phase, origin, life, sequence, value], ctx);
    if (instance.echoed === undefined && instance.proposal !== undefined) vote(ECHO, instance.proposal);
    if (instance.readied === undefined) {
      const echoed = reached(instance.echoes, state.echoQuorum);
      const ready = echoed ?? reached(instance.readies, state.amplifyQuorum);
      if (ready !== undefined && echoed === undefined) ctx.reach('ready-amplified');
      if (ready !== undefined) vote(READY, ready);
    }
    const value = reached(instance.readies, state.deliverQuorum);
    if (value !== undefined) this.#deliver(state, instance, value, ctx);
  }

  #deliver(state: BrachaState, instance: Instance, value: string, ctx: Ctx): void {
    const { origin, life, sequence } = instance;
    instance.delivered = value;
    this.#persist(['delivered', origin, life, sequence, value], ctx);
    const name = state.roster[origin] ?? '';
    ctx.emit({ kind: 'deliver', origin: name, originLife: life, sequence, value });
    if (!this.#quirks.deliversAgain) release(instance);
    const number = state.numbers.of(origin, life, sequence);
    const withdrawn = state.outbox.withdraw(voteKey(SEND, number)) + state.outbox.withdraw(voteKey(ECHO, number));
    this.#settle(instance, withdrawn, ctx);
    const operation = state.waiting.get(number);
    if (operation === undefined) return;
    state.waiting.delete(number);
    ctx.reply(operation, { type: 'ok', value: { origin: name, life, sequence } });
  }

  /** So many pairs of own vote and peer need no further transmission. */
  #settle(instance: Instance, pairs: number, ctx: Ctx): void {
    instance.unacknowledged -= pairs;
    if (instance.unacknowledged > 0 || instance.delivered === undefined) return;
    this.#persist(['done', instance.origin, instance.life, instance.sequence], ctx);
  }

  #persist(record: BrachaRecord, ctx: Ctx): void {
    ctx.persist(record);
  }

  #restore(state: BrachaState, records: readonly unknown[], ctx: Ctx): void {
    /** Own votes that may have to be sent again, by instance. */
    const unsettled = new Map<Instance, Vote[]>();
    for (const record of records as readonly BrachaRecord[]) {
      switch (record[0]) {
        case 'own': {
          const vote = record[1];
          const instance = this.#open(state, vote);
          this.#takeOwn(state, instance, vote);
          unsettled.set(instance, [...(unsettled.get(instance) ?? []), vote]);
          if (vote[0] === SEND) state.nextSequence = Math.max(state.nextSequence, vote[3] + 1);
          break;
        }
        case 'got':
          for (const vote of record[2]) count(this.#open(state, vote), vote[0], record[1], vote[4]);
          break;
        case 'delivered': {
          const [, origin, life, sequence, value] = record;
          const instance = this.#open(state, [READY, origin, life, sequence, value]);
          instance.delivered = value;
          if (!this.#quirks.deliversAgain) release(instance);
          break;
        }
        case 'done':
          unsettled.delete(this.#open(state, [READY, record[1], record[2], record[3], '']));
          break;
      }
    }
    if (unsettled.size > 0) ctx.reach('restarted-amid-broadcast');
    for (const [instance, votes] of unsettled) {
      for (const vote of votes) {
        if (instance.delivered === undefined || vote[0] === READY) this.#post(state, instance, vote);
      }
    }
    // The crash may have come between two records of one step: what the votes call for is done now.
    for (const instance of state.instances.values()) this.#advance(state, instance, ctx);
  }

  view(state: BrachaState): View {
    const delivered = [...state.instances.values()].filter((instance) => instance.delivered !== undefined);
    delivered.sort((a, b) => a.origin - b.origin || a.life - b.life || a.sequence - b.sequence);
    return delivered.map(
      ({ origin, life, sequence, delivered: value }) =>
        [state.roster[origin] ?? '', life, sequence, value ?? ''] as const,
    );
  }
}

export function createBracha(name: string, quirks: BrachaQuirks): BrachaProtocol {
  const machine = new Bracha(quirks);
  return {
    name,
    summary: 'reliable broadcast: all correct members deliver the same, though f of n > 3f lie',
    source: 'Bracha 1987; Cachin, Guerraoui, Rodrigues 2011, algorithm 3.18',
    role: 'reliable-broadcast',
    workloads: ['reliable-broadcast'],
    settings: brachaSettings,
    authenticated: true,
    // A new life knows nothing of what was delivered before it, and nobody owes it that.
    converges: false,
    checkSettings: checkBrachaSettings,
    claims: brachaClaims,
    bounds: brachaBounds,
    init: (ctx) => machine.init(ctx),
    handle: (state, event, ctx) => machine.handle(state, event, ctx),
    view: (state) => machine.view(state),
    decode: decodeMessage,
    kindOf: kindOfMessage,
    lies: brachaLies,
    tolerates: brachaTolerates,
    sometimes: {
      'ready-amplified': { doc: 'a member sends READY for f + 1 READYs, without a quorum of ECHOs' },
      'restarted-amid-broadcast': { doc: 'a member comes back with votes that not everybody has acknowledged' },
    },
  };
}

export const bracha: BrachaProtocol = createBracha('bracha', {});
