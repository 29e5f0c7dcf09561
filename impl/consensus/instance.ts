/** One instance as a member knows it: Paxos' state of the member itself, and what gossip said of the others. */
import { type Ballot, compareBallots, isLater, type VoterState } from './ballot.ts';
import { BALLOT, type Item, type SizedItem, sized, VOTE } from './messages.ts';

export interface Instance {
  readonly number: number;
  /** What this member would propose: its client's value, or else the first one it heard of. */
  candidate: string;
  /** The highest ballot known, and what is proposed in it once a quorum promised. */
  ballot: Ballot | undefined;
  proposal: string | undefined;
  /** By roster index; to be changed by `setVote` and `learnVote` only. */
  readonly votes: Map<number, VoterState>;
  /** What `itemsOf` has made of it; undefined since something changed. */
  items: readonly SizedItem[] | undefined;
  /** When to start a ballot of the next round unless a higher one is heard of; own monotonic ms. */
  patientUntilMs: number;
}

export function createInstance(number: number, candidate: string): Instance {
  const nothing = { ballot: undefined, proposal: undefined, items: undefined };
  return { number, candidate, ...nothing, votes: new Map(), patientUntilMs: 0 };
}

export function setVote(instance: Instance, voter: number, state: VoterState): void {
  instance.votes.set(voter, state);
  instance.items = undefined;
}

/** True when it is news. `value`: accepted in the ballot `accepted`; both are null where none was. */
export function learnVote(
  instance: Instance,
  voter: number,
  promised: Ballot,
  accepted: Ballot | null,
  value: string | null,
): boolean {
  const known = instance.votes.get(voter);
  if (known !== undefined && !isLater(promised, accepted, known)) return false;
  const state = accepted === null || value === null ? undefined : { ballot: accepted, value };
  setVote(instance, voter, { promised, accepted: state });
  return true;
}

/** What is proposed in the highest ballot known. */
export function setProposal(instance: Instance, value: string): void {
  instance.proposal = value;
  instance.items = undefined;
}

/** `higher`: than any known. `proposal`: the ballot was known, and now what is proposed in it is, too. */
export function learnBallot(
  instance: Instance,
  ballot: Ballot,
  proposal: string | undefined,
): 'higher' | 'proposal' | undefined {
  const order = instance.ballot === undefined ? 1 : compareBallots(ballot, instance.ballot);
  if (order < 0) return undefined;
  if (order > 0) {
    instance.ballot = ballot;
    instance.proposal = proposal;
    instance.items = undefined;
    return 'higher';
  }
  if (proposal === undefined || instance.proposal !== undefined) return undefined;
  setProposal(instance, proposal);
  return 'proposal';
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
export function itemsOf(instance: Instance): readonly SizedItem[] {
  instance.items ??= makeItems(instance).map(sized);
  return instance.items;
}

function makeItems(instance: Instance): Item[] {
  const { number, ballot } = instance;
  if (ballot === undefined) return [];
  const items: Item[] = [[BALLOT, number, ballot, instance.candidate, instance.proposal ?? null]];
  for (const [voter, { promised, accepted }] of instance.votes) {
    items.push([VOTE, number, voter, promised, accepted?.ballot ?? null, accepted?.value ?? null]);
  }
  return items;
}
