/** One published figure beside what was measured here, and whether the two agree. */

export interface Cell {
  readonly row: string;
  readonly figure: string;
  /** As printed in the source; undefined where only an independent simulation gives it. */
  readonly published?: number | undefined;
  /** By an independent simulation of the same definition, or by the source's own formula. */
  readonly simulated?: number | undefined;
  readonly measured: number;
  /** Why the cell is shown but not judged; undefined: it is judged. */
  readonly notGated?: string | undefined;
  /** In place of the tolerance: the bounds between which the source has it. */
  readonly between?: readonly [number, number] | undefined;
}

export interface PaperTable {
  /** As in `--only NAME`. */
  readonly name: string;
  readonly title: string;
  /** What was played, how often, and by which code. */
  readonly method: string;
  readonly cells: readonly Cell[];
}

export interface PaperOptions {
  readonly seed: string;
  /** Fewer runs: for tests. */
  readonly quick: boolean;
}

export interface Paper {
  readonly name: string;
  reproduce(options: PaperOptions): PaperTable;
}

const TOLERANCE = 0.05;
/** Small values are rare events, of which few are seen and few digits are printed. */
export const SMALL = 0.01;
const SMALL_TOLERANCE = 0.15;

/** `off`: judged, and neither the published nor the simulated value is near. */
export type CellVerdict = 'holds' | 'off' | 'shown';

export function verdictOf(cell: Cell): CellVerdict {
  if (cell.notGated !== undefined) return 'shown';
  if (cell.between !== undefined)
    return cell.measured >= cell.between[0] && cell.measured <= cell.between[1] ? 'holds' : 'off';
  return referencesOf(cell).some((value) => isNear(cell.measured, value)) ? 'holds' : 'off';
}

/** To the nearer of the two references, as a share of it; undefined where there is none. */
export function differenceOf(cell: Cell): number | undefined {
  const differences = referencesOf(cell).map((value) => cell.measured / value - 1);
  return differences.sort((a, b) => Math.abs(a) - Math.abs(b))[0];
}

function referencesOf({ published, simulated }: Cell): number[] {
  return [published, simulated].filter((value) => value !== undefined);
}

function isNear(measured: number, value: number): boolean {
  return Math.abs(measured / value - 1) <= (Math.abs(value) < SMALL ? SMALL_TOLERANCE : TOLERANCE);
}
