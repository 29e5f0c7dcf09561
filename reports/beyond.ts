/** Properties whose plan asks for more than is claimed: why, and what was found all the same, each said once. */
import type { PropertyResult } from '../harness/model/verdict.ts';

export interface Beyond {
  /** `beyond the claimed tolerance (...)` or `beyond the claims (...)`. */
  readonly why: string;
  /** What was found, without the why. */
  readonly found: string;
}

const TOLERANCE = 'beyond the claimed tolerance';

/** Undefined for a property that is judged by its claim. */
export function beyondOf({ reason, beyondClaims }: PropertyResult): Beyond | undefined {
  if (beyondClaims === undefined) return undefined;
  const why = beyondClaims.startsWith(TOLERANCE) ? beyondClaims : `beyond the claims (${beyondClaims})`;
  // A reason may begin with it, and a reader should not have to see that it is the same.
  const head = `${why}: `;
  return { why, found: reason.startsWith(head) ? reason.slice(head.length) : reason };
}

/** How many properties lie beyond what is claimed, and how many of those were seen broken. */
export function beyondCounts(properties: readonly PropertyResult[]): {
  readonly beyond: number;
  readonly broken: number;
} {
  const beyond = properties.filter(({ beyondClaims }) => beyondClaims !== undefined);
  return { beyond: beyond.length, broken: beyond.filter(({ violations }) => violations > 0).length };
}
