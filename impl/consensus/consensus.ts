/**
 * Consensus over gossip: clients number the instances, members decide one value for each, for good.
 *
 * The decision is single-decree Paxos (L. Lamport, "Paxos made simple", ACM SIGACT News 32(4), 2001) with one instance
 * for each number; its messages are not sent but gossiped (push, as in A. Demers et al., "Epidemic algorithms for
 * replicated database maintenance", PODC 1987). A voter's state in an instance (promise, accepted ballot and value) only
 * ever rises, so the latest one that anybody knows is all that has to spread: each member keeps one per voter and sends
 * them, with the highest ballot it knows, to `fanout` random peers in each round, while the instance is undecided.
 * Whoever sees a quorum that accepted the same ballot decides. Decisions spread by comparison with one random peer in
 * each round, so that everybody learns them.
 *
 * Quorums are majorities of the plan's roster: neither of the members that happen to be known, nor of those that a
 * failure detector trusts. Either lets two halves of a partition decide for themselves.
 *
 * Promise, vote, ballot and decision are persisted before anything leaves. A member that lost its state (any life
 * but the first) may have voted and does not know for what: it never votes again, it learns, and it may propose, under
 * ballots that carry its life. It counts as failed for good where votes are concerned.
 *
 * Fischer, Lynch and Paterson (1985): while faults last, no deterministic protocol can promise to end. Proposers that
 * duel are kept apart by patience: who hears of a higher ballot leaves it alone for several spreads of gossip, and a
 * random time more (settings.ts has the sums).
 *
 * Liars: any number may be silent, repeat what was said or send too much of it, as links do too, and safety holds; one that
 * votes twice, or tells members different values, breaks it.
 */
import type { Context, Data, Protocol, ProtocolEvent } from '../protocol.ts';
import type { Ballot, VoterState } from './ballot.ts';
import { compareBallots } from './ballot.ts';
import { Decisions } from './decisions.ts';
import {
  chosen,
  createInstance,
  type Instance,
  itemsOf,
  learnBallot,
  learnVote,
  proposable,
  setProposal,
  setVote,
} from './instance.ts';
import { consensusLies } from './lies.ts';
import {
  BALLOT,
  batchesOf,
  type ConsensusMessage,
  DECIDED,
  decodeMessage,
  type Item,
  kindOfMessage,
  proposalIn,
  type SizedItem,
  sized,
} from './messages.ts';
import {
  type ConsensusSettings,
  consensusBounds,
  consensusClaims,
  consensusSettings,
  consensusTolerates,
  LONGEST_INTERVAL,
  patienceMs,
  quorumOf,
} from './settings.ts';

/** What planted-bugs.ts breaks on purpose. The protocol itself sets none. */
export interface ConsensusQuirks {
  /** A quorum is a majority of the voters that are known so far. */
  readonly majorityOfKnown?: true;
  /** A restart with state brings decisions back, and neither promises nor votes. */
  readonly forgetsVotes?: true;
  /** A new life votes as if it were the first. */
  readonly newLifeVotes?: true;
  /** Whoever lacks a decision is not told. */
  readonly tellsNobody?: true;
}

/** Decisions in one answer, at most. */
const MOST_ANSWERED = 40;

/** What is persisted. */
type ConsensusRecord =
  /** A client's value. */
  | readonly ['candidate', instance: number, value: string]
  /** An own ballot was begun. */
  | readonly ['ballot', instance: number, ballot: Ballot, candidate: string]
  | readonly ['proposal', instance: number, ballot: Ballot, value: string]
  /** `candidate`: with which a restart opens the instance of a voter that only heard of it. */
  | readonly [
      'vote',
      instance: number,
      promised: Ballot,
      accepted: Ballot | null,
      value: string | null,
      candidate: string,
    ]
  | readonly ['decided', instance: number, value: string];

interface ConsensusState {
  readonly self: number;
  readonly selfName: string;
  readonly voters: number;
  readonly votes: boolean;
  readonly quorum: (known: number) => number;
  readonly patience: { readonly leastMs: number; readonly windowMs: number };
  readonly undecided: Map<number, Instance>;
  readonly decisions: Decisions;
  /** Client operations that wait for the decision, by instance. */
  readonly waiting: Map<number, number[]>;
}

type Ctx = Context<ConsensusMessage, ConsensusSettings>;
/** An undecided instance names the member that waits, so that views only agree once all is decided. */
type View = readonly (
  | readonly [instance: number, value: string]
  | readonly [instance: number, undecided: null, at: string]
)[];
export type ConsensusProtocol = Protocol<ConsensusState, ConsensusMessage, View, ConsensusSettings>;

class Consensus {
  readonly #quirks: ConsensusQuirks;

  constructor(quirks: ConsensusQuirks) {
    this.#quirks = quirks;
  }

  init(ctx: Ctx): ConsensusState {
    const voters = ctx.roster.length;
    const quorum = quorumOf(voters);
    return {
      self: ctx.roster.indexOf(ctx.self),
      selfName: ctx.self,
      voters,
      votes: ctx.life === 1 || this.#quirks.newLifeVotes === true,
      quorum: this.#quirks.majorityOfKnown ? quorumOf : () => quorum,
      patience: patienceMs(ctx.settings, voters),
      undecided: new Map(),
      decisions: new Decisions(),
      waiting: new Map(),
    };
  }

  handle(state: ConsensusState, event: ProtocolEvent<ConsensusMessage>, ctx: Ctx): void {
    switch (event.type) {
      case 'start':
        if (event.restored !== undefined) this.#restore(state, event.restored as readonly unknown[], ctx);
        this.#schedule(ctx);
        break;
      case 'message':
        this.#receive(state, event.from, event.message, ctx);
        break;
      case 'timer':
        this.#gossip(state, ctx);
        this.#schedule(ctx);
        break;
      case 'operation':
        this.#operate(state, event.id, event.f, event.value, ctx);
        break;
      case 'membership':
      case 'leave':
        break;
    }
  }

  /** Rounds of different members drift against each other, as on real machines. */
  #schedule(ctx: Ctx): void {
    const spread = (LONGEST_INTERVAL - 1) * (2 * ctx.random.next() - 1);
    ctx.setTimer(ctx.settings.gossipMs * (1 + spread), null);
  }

  #operate(state: ConsensusState, operation: number, f: string, input: Data, ctx: Ctx): void {
    const proposal = proposalIn(f, input);
    if (typeof proposal === 'string') {
      ctx.reply(operation, { type: 'fail', error: proposal });
      return;
    }
    const { instance: number, value } = proposal;
    const decided = state.decisions.get(number);
    if (decided !== undefined) {
      ctx.reply(operation, { type: 'ok', value: { decided } });
      return;
    }
    this.#persist(['candidate', number, value], ctx);
    ctx.emit({ kind: 'propose', operation, instance: number });
    state.waiting.set(number, [...(state.waiting.get(number) ?? []), operation]);
    const instance = this.#open(state, number, value);
    // Nobody's ballot is known: there is none to leave alone.
    if (instance.ballot === undefined) this.#startBallot(state, instance, ctx);
  }

  #open(state: ConsensusState, number: number, candidate: string): Instance {
    let instance = state.undecided.get(number);
    if (instance === undefined) {
      instance = createInstance(number, candidate);
      state.undecided.set(number, instance);
    }
    return instance;
  }

  #startBallot(state: ConsensusState, instance: Instance, ctx: Ctx): void {
    let round = instance.ballot?.[0] ?? 0;
    for (const vote of instance.votes.values()) round = Math.max(round, vote.promised[0]);
    if (round > 0) ctx.reach('ballot-contested');
    const ballot: Ballot = [round + 1, state.self, ctx.life];
    this.#persist(['ballot', instance.number, ballot, instance.candidate], ctx);
    learnBallot(instance, ballot, undefined);
    this.#wait(state, instance, ctx);
    this.#advance(state, instance, ctx);
  }

  #wait(state: ConsensusState, instance: Instance, ctx: Ctx): void {
    const { leastMs, windowMs } = state.patience;
    instance.patientUntilMs = ctx.monotonic() + leastMs + windowMs * ctx.random.next();
  }

  /** Does whatever is known now calls for: promise or accept, propose, decide. */
  #advance(state: ConsensusState, instance: Instance, ctx: Ctx): void {
    this.#vote(state, instance, ctx);
    const { ballot } = instance;
    if (ballot === undefined) return;
    if (ballot[1] === state.self && ballot[2] === ctx.life && instance.proposal === undefined) {
      const value = proposable(instance, state.quorum);
      if (value !== undefined) {
        if (value !== instance.candidate) ctx.reach('earlier-value-proposed');
        this.#persist(['proposal', instance.number, ballot, value], ctx);
        setProposal(instance, value);
        this.#vote(state, instance, ctx);
      }
    }
    const value = chosen(instance, state.quorum);
    if (value !== undefined) this.#decide(state, instance.number, value, ctx);
  }

  #vote(state: ConsensusState, instance: Instance, ctx: Ctx): void {
    const { ballot, proposal } = instance;
    if (!state.votes || ballot === undefined) return;
    const own = instance.votes.get(state.self);
    const order = own === undefined ? 1 : compareBallots(ballot, own.promised);
    if (order < 0) return;
    let next: VoterState;
    if (proposal === undefined) {
      if (order === 0) return;
      next = { promised: ballot, accepted: own?.accepted };
    } else {
      if (own?.accepted !== undefined && compareBallots(own.accepted.ballot, ballot) >= 0) return;
      next = { promised: ballot, accepted: { ballot, value: proposal } };
    }
    const { accepted } = next;
    const { number, candidate } = instance;
    this.#persist(['vote', number, ballot, accepted?.ballot ?? null, accepted?.value ?? null, candidate], ctx);
    setVote(instance, state.self, next);
  }

  #decide(state: ConsensusState, number: number, value: string, ctx: Ctx): void {
    this.#persist(['decided', number, value], ctx);
    ctx.emit({ kind: 'decide', instance: number, value });
    state.decisions.add(number, value);
    state.undecided.delete(number);
    for (const operation of state.waiting.get(number) ?? []) {
      ctx.reply(operation, { type: 'ok', value: { decided: value } });
    }
    state.waiting.delete(number);
  }

  #gossip(state: ConsensusState, ctx: Ctx): void {
    const now = ctx.monotonic();
    const items: SizedItem[] = [];
    for (const instance of [...state.undecided.values()]) {
      if (now >= instance.patientUntilMs) this.#startBallot(state, instance, ctx);
      if (state.undecided.has(instance.number)) items.push(...itemsOf(instance));
    }
    const digest = state.decisions.digest(ctx.random);
    // One object for all peers: whoever carries it has to size it once only.
    const messages = batchesOf(items).map((batch, i) => ({ items: batch, digest: i === 0 ? digest : null }));
    for (const peer of ctx.peers.sample(items.length === 0 ? 1 : ctx.settings.fanout)) {
      for (const message of messages) ctx.send(peer, message);
    }
  }

  #receive(state: ConsensusState, from: string, { items, digest }: ConsensusMessage, ctx: Ctx): void {
    const touched = new Set<Instance>();
    for (const item of items) {
      if (state.decisions.get(item[1]) !== undefined) continue;
      if (item[0] === DECIDED) ctx.reach('decision-learnt');
      if (item[0] === DECIDED) this.#decide(state, item[1], item[2], ctx);
      else this.#learn(state, item, touched, ctx);
    }
    for (const instance of touched) {
      if (state.undecided.get(instance.number) === instance) this.#advance(state, instance, ctx);
    }
    if (digest === null || this.#quirks.tellsNobody || !ctx.peers.has(from)) return;
    const missing = state.decisions.missingIn(digest, MOST_ANSWERED);
    const asked = state.decisions.lacks(digest) ? state.decisions.digest(ctx.random) : null;
    if (missing.length === 0 && asked === null) return;
    const answer = missing.map(([instance, value]) => sized([DECIDED, instance, value]));
    batchesOf(answer).forEach((batch, i) => {
      ctx.send(from, { items: batch, digest: i === 0 ? asked : null });
    });
  }

  #learn(state: ConsensusState, item: Exclude<Item, { 0: typeof DECIDED }>, touched: Set<Instance>, ctx: Ctx): void {
    if (item[0] === BALLOT) {
      const [, number, ballot, candidate, proposal] = item;
      if (ballot[1] >= state.voters) return;
      const instance = this.#open(state, number, candidate);
      const news = learnBallot(instance, ballot, proposal ?? undefined);
      if (news === 'higher') this.#wait(state, instance, ctx);
      if (news !== undefined) touched.add(instance);
      return;
    }
    const [, number, voter, promised, accepted, value] = item;
    // Votes travel behind their instance's ballot; should that be lost, the next round brings both.
    const instance = state.undecided.get(number);
    if (instance === undefined || voter >= state.voters) return;
    // What an own vote is, a voter itself knows best.
    if (voter === state.self && state.votes) return;
    if (learnVote(instance, voter, promised, accepted, value)) touched.add(instance);
  }

  #persist(record: ConsensusRecord, ctx: Ctx): void {
    ctx.persist(record);
  }

  #restore(state: ConsensusState, records: readonly unknown[], ctx: Ctx): void {
    for (const record of records as readonly ConsensusRecord[]) {
      const number = record[1];
      switch (record[0]) {
        case 'candidate':
          this.#open(state, number, record[2]);
          break;
        case 'ballot':
          learnBallot(this.#open(state, number, record[3]), record[2], undefined);
          break;
        case 'proposal':
          learnBallot(this.#open(state, number, record[3]), record[2], record[3]);
          break;
        case 'vote': {
          if (this.#quirks.forgetsVotes) break;
          const [, , promised, ballot, value, candidate] = record;
          const instance = this.#open(state, number, candidate);
          learnBallot(instance, promised, undefined);
          learnVote(instance, state.self, promised, ballot, value);
          break;
        }
        case 'decided':
          state.decisions.add(number, record[2]);
          state.undecided.delete(number);
          break;
      }
    }
    for (const instance of [...state.undecided.values()]) {
      this.#wait(state, instance, ctx);
      // The crash may have come between two records of one step: what is known calls for the rest now.
      this.#advance(state, instance, ctx);
    }
  }

  view(state: ConsensusState): View {
    const rows: View[number][] = state.decisions.entries();
    for (const number of state.undecided.keys()) rows.push([number, null, state.selfName]);
    return rows.sort((a, b) => a[0] - b[0]);
  }
}

export function createConsensus(name: string, quirks: ConsensusQuirks): ConsensusProtocol {
  const machine = new Consensus(quirks);
  return {
    name,
    summary: 'consensus: values spread by gossip, a majority of the plan decides, irrevocably',
    source: 'Lamport, Paxos made simple, 2001; the gossip around it: own',
    role: 'consensus',
    workloads: ['consensus'],
    settings: consensusSettings,
    // A member that lost its state only learns, and nothing is promised of when.
    converges: false,
    claims: consensusClaims,
    bounds: consensusBounds,
    init: (ctx) => machine.init(ctx),
    handle: (state, event, ctx) => machine.handle(state, event, ctx),
    view: (state) => machine.view(state),
    decode: decodeMessage,
    kindOf: kindOfMessage,
    lies: consensusLies,
    tolerates: consensusTolerates,
    sometimes: {
      'ballot-contested': { doc: 'a ballot is started above one that is known already' },
      'earlier-value-proposed': { doc: "a proposer must take a value that an earlier ballot's voters have accepted" },
      'decision-learnt': { doc: 'a member learns a decision that others have made' },
    },
  };
}

export const consensus: ConsensusProtocol = createConsensus('consensus', {});
