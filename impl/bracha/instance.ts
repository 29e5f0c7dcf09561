/**
 * One instance of Bracha's broadcast as one member sees it: which votes it has counted. Votes are kept apart by
 * instance, phase and value, and a voter's first vote of a phase is the only one that counts, whatever it says later
 * and in whichever life. Correct members vote once, so nothing of theirs is lost; of one that votes twice no two
 * values profit at the same counter.
 */
import { ECHO, type Phase, READY, SEND } from './messages.ts';

export interface Instance {
  readonly key: string;
  /** Index in the roster. */
  readonly origin: number;
  readonly life: number;
  readonly sequence: number;
  /** The first value the origin sent. */
  proposal: string | undefined;
  /** This member's own votes. */
  echoed: string | undefined;
  readied: string | undefined;
  delivered: string | undefined;
  /** Voters by value. */
  readonly echoes: Map<string, number>;
  readonly readies: Map<string, number>;
  /** A bit per phase, by voter's index. Released, as are the counts, when the instance is delivered. */
  voted: Uint8Array;
  /** How many (own vote, peer) pairs are neither acknowledged nor withdrawn. */
  unacknowledged: number;
}

export function createInstance(key: string, origin: number, life: number, sequence: number, n: number): Instance {
  return {
    key,
    origin,
    life,
    sequence,
    proposal: undefined,
    echoed: undefined,
    readied: undefined,
    delivered: undefined,
    echoes: new Map(),
    readies: new Map(),
    voted: new Uint8Array(n),
    unacknowledged: 0,
  };
}

/** Counts a vote; false when it changes nothing. That a SEND is its origin's is for the caller to see. */
export function count(instance: Instance, phase: Phase, voter: number, value: string): boolean {
  const before = instance.voted[voter];
  // Out of the roster, or released.
  if (before === undefined) return false;
  const bit = 1 << phase;
  if (before & bit) return false;
  if (phase === SEND) instance.proposal = value;
  else {
    const votes = phase === ECHO ? instance.echoes : instance.readies;
    votes.set(value, (votes.get(value) ?? 0) + 1);
  }
  instance.voted[voter] = before | bit;
  return true;
}

/** For a planted bug: whatever this voter says counts once more. */
export function forgetVoter(instance: Instance, voter: number): void {
  if (instance.voted[voter] !== undefined) instance.voted[voter] = 0;
}

/** The member's own vote of a phase, once. */
export function ownVote(instance: Instance, phase: Phase, value: string): void {
  if (phase === ECHO) instance.echoed = value;
  else if (phase === READY) instance.readied = value;
}

/** A value with at least `quorum` voters, the one that was voted for first if there are several. */
export function reached(votes: ReadonlyMap<string, number>, quorum: number): string | undefined {
  for (const [value, voters] of votes) if (voters >= quorum) return value;
  return undefined;
}

/** Nothing that arrives later can change a delivered instance. */
export function release(instance: Instance): void {
  instance.echoes.clear();
  instance.readies.clear();
  instance.voted = new Uint8Array(0);
}
