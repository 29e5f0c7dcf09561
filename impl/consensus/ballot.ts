/** Ballots and votes of one instance, and how they are ordered. */

/**
 * [round, proposer, life]: the proposer goes by its index in the roster. The life keeps a member that lost its state
 * from using a ballot of its old life for another value.
 */
export type Ballot = readonly [round: number, proposer: number, life: number];

/** Below 0 when `a` is lower. */
export function compareBallots(a: Ballot, b: Ballot): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** A voter's state in one instance: it takes part in no ballot below `promised`. Both ballots only rise. */
export interface VoterState {
  readonly promised: Ballot;
  readonly accepted?: { readonly ballot: Ballot; readonly value: string } | undefined;
}

/** Whether a voter that has promised `promised`, and accepted in `accepted`, is further on than in the state `known`. */
export function isLater(promised: Ballot, accepted: Ballot | null, known: VoterState): boolean {
  const order = compareBallots(promised, known.promised);
  if (order !== 0 || accepted === null) return order > 0;
  return known.accepted === undefined || compareBallots(accepted, known.accepted.ballot) > 0;
}
