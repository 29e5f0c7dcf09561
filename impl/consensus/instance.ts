/** One instance as a member knows it: Paxos' state of the member itself, and what gossip said of the others. */
import { type Ballot, compareBallots, isLater, type VoterState } from './ballot.ts';
import { BALLOT, type Item, VOTE } from './messages.ts';

export interface Instance {
  readonly number: number;
  /** What this member would propose: its client's value, or else the first one it heard of. */
  candidate: string;
  /** The highest ballot known, and what is proposed in it once a quorum promised. */
  ballot: Ballot | undefined;
  proposal: string | undefined;
  /** By roster index. */
  readonly votes: Map<number, VoterState>;
  /** When to start a ballot of the next round unless a higher one is heard of; own monotonic ms. */
  patientUntilMs: number;
}

export function createInstance(number: number, candidate: string): Instance {
  return { number, candidate, ballot: undefined, proposal: undefined, votes: new Map(), patientUntilMs: 0 };
}

/** True when it is news. */
export function learnVote(instance: Instance, voter: number, state: VoterState): boolean {
  if (!isLater(state, instance.votes.get(voter))) return false;
  instance.votes.set(voter, state);
  return true;
}

/** True when the ballot is higher than any known. */
export function learnBallot(instance: Instance, ballot: Ballot, proposal: string | undefined): boolean {
  const order = instance.ballot === undefined ? 1 : compareBallots(ballot, instance.ballot);
  if (order < 0) return false;
  if (order > 0) {
    instance.ballot = ballot;
    instance.proposal = proposal;
    return true;
  }
  instance.proposal ??= proposal;
  return false;
}

/**
 * What the proposer of the highest ballot may propose once enough voters promised to it: the value accepted in the
 * highest ballot among them, or its own candidate. A vote with exactly this promise shows what the voter had accepted
 * when it promised, because whatever it accepts later lies in this ballot or has a higher promise.
 */
export function proposable(instance: Instance, quorum: (known: number) => number): string | undefined {
  const { ballot } = instance;
  if (ballot === undefined) return undefined;
  let promises = 0;
  let best: VoterState['accepted'];
  for (const { promised, accepted } of instance.votes.values()) {
    if (compareBallots(promised, ballot) !== 0) continue;
    promises++;
    if (accepted !== undefined && (best === undefined || compareBallots(accepted.ballot, best.ballot) > 0)) {
      best = accepted;
    }
  }
  if (promises < quorum(instance.votes.size)) return undefined;
  return best?.value ?? instance.candidate;
}

/** The value that enough voters accepted in one and the same ballot. */
export function chosen(instance: Instance, quorum: (known: number) => number): string | undefined {
  const accepted: NonNullable<VoterState['accepted']>[] = [];
  for (const vote of instance.votes.values()) if (vote.accepted !== undefined) accepted.push(vote.accepted);
  if (accepted.length < quorum(instance.votes.size)) return undefined;
  accepted.sort((a, b) => compareBallots(a.ballot, b.ballot));
  let count = 0;
  let last: Ballot | undefined;
  for (const { ballot, value } of accepted) {
    count = last !== undefined && compareBallots(last, ballot) === 0 ? count + 1 : 1;
    last = ballot;
    if (count >= quorum(instance.votes.size)) return value;
  }
  return undefined;
}

/** All that a peer may not know of it. */
export function itemsOf(instance: Instance): Item[] {
  const { number, ballot } = instance;
  if (ballot === undefined) return [];
  const items: Item[] = [[BALLOT, number, ballot, instance.candidate, instance.proposal ?? null]];
  for (const [voter, { promised, accepted }] of instance.votes) {
    items.push([VOTE, number, voter, promised, accepted?.ballot ?? null, accepted?.value ?? null]);
  }
  return items;
}
