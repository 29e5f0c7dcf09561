/**
 * One instance of Bracha's broadcast as one member sees it: which votes it has counted. Votes are kept apart by
 * instance, phase and value, and a voter's first vote of a phase is the only one that counts, whatever it says later
 * and in whichever life. Correct members vote once, so nothing of theirs is lost; of one that votes twice no two
 * values profit at the same counter.
 */
import { ECHO, type Phase, READY, SEND } from './messages.ts';

/** How many voters voted for a value. */
interface Tally {
  readonly value: string;
  voters: number;
}

export interface Instance {
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
  /** By value, in the order of first votes: rarely more than one, and never more than voters. */
  echoes: Tally[];
  readies: Tally[];
  /** A bit per phase, by voter's index. Released, as are the tallies, when the instance is delivered. */
  voted: number[];
  /** How many (own vote, peer) pairs are neither acknowledged nor withdrawn. */
  unacknowledged: number;
}

export function createInstance(origin: number, life: number, sequence: number, n: number): Instance {
  return {
    origin,
    life,
    sequence,
    proposal: undefined,
    echoed: undefined,
    readied: undefined,
    delivered: undefined,
    echoes: [],
    readies: [],
    voted: new Array<number>(n).fill(0),
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
    const tallies = phase === ECHO ? instance.echoes : instance.readies;
    const tally = tallies.find((one) => one.value === value);
    if (tally === undefined) tallies.push({ value, voters: 1 });
    else tally.voters++;
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
export function reached(tallies: readonly Tally[], quorum: number): string | undefined {
  return tallies.find(({ voters }) => voters >= quorum)?.value;
}

/** Nothing that arrives later can change a delivered instance. */
export function release(instance: Instance): void {
  instance.echoes = [];
  instance.readies = [];
  instance.voted = [];
}
