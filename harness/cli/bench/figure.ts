/** What every figure of the bench is: a name to ask for it by, and how it is measured. */

/** One line of the table. Smaller is better throughout. */
export interface Row {
  readonly figure: string;
  readonly measured: number;
  /** The upper limit that is wanted, in the same unit; undefined: told for what it is. */
  readonly wanted: number | undefined;
  /** `s`, `MB`, `ms`, ... */
  readonly unit: string;
  /** What was done, and what else came out of it. */
  readonly how: string;
}

/** `tiny`: each thing once and as little of it as can be, to see that it can be measured at all. */
export type Size = 'full' | 'tiny';

export interface Figure {
  /** As in `--only NAME`. */
  readonly name: string;
  readonly doc: string;
  /** `note`: says on the way what is being done. Throws where what was measured is not what it should be. */
  measure(note: (text: string) => void, size: Size): Promise<Row[]>;
}

/** Of an odd number the middle one, else the lower of the two in the middle: always a value that was measured. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
}

/** `started`: as performance.now() showed it. */
export function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}

/** Seconds of processor time that this process has used so far, the collector's threads included. */
export function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
