/** Where two histories part: what to look at when the same plan did not give the same hash. */

export interface HistoryDifference {
  /** Counted from 1, without the environment header. */
  readonly line: number;
  /** As written; undefined where that history had ended already. */
  readonly first: string | undefined;
  readonly second: string | undefined;
}

/** The first line that differs, each history as the texts of its lines; undefined where they are equal. */
export function historyDifference(first: readonly string[], second: readonly string[]): HistoryDifference | undefined {
  const length = Math.max(first.length, second.length);
  for (let index = 0; index < length; index++) {
    if (first[index] !== second[index]) return { line: index + 1, first: first[index], second: second[index] };
  }
  return undefined;
}
