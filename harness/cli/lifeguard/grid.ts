/** The cells that are played, and what comes of them. */
import { type ExperimentResult, playExperiment } from './experiment.ts';
import { VARIANTS, type Variant } from './variants.ts';

/** C members slowed, blocked for D, free for I, in turns. */
export interface GridCell {
  readonly slowed: number;
  readonly blockMs: number;
  readonly freeMs: number;
}

export interface Grid {
  readonly members: number;
  readonly cells: readonly GridCell[];
  readonly restMs: number;
  readonly timeMs: number;
}

/** The published ranges: C of 1 to 32, D of 128 ms to 32.8 s, I of 1 ms to 16.4 s, in powers of two. */
const SLOWED = [1, 32] as const;
const BLOCK_MS = [128, 32_768] as const;
const FREE_MS = [1, 16_384] as const;

/**
 * Both ends of each published range and their geometric mean, in every combination, each for the least time that the
 * paper gives a run.
 */
export const FULL: Grid = { members: 128, cells: combinations(), restMs: 15_000, timeMs: 120_000 };

/** For tests: half the members, and of the cells the one with the geometric mean of C and the hardest rhythm. */
export const QUICK: Grid = {
  members: 64,
  cells: [{ slowed: middle(SLOWED), blockMs: BLOCK_MS[1], freeMs: FREE_MS[0] }],
  restMs: 10_000,
  timeMs: 60_000,
};

function middle([least, most]: readonly [number, number]): number {
  return Math.round(Math.sqrt(least * most));
}

function combinations(): GridCell[] {
  const levels = (range: readonly [number, number]): number[] => [range[0], middle(range), range[1]];
  return levels(SLOWED).flatMap((slowed) =>
    levels(BLOCK_MS).flatMap((blockMs) => levels(FREE_MS).map((freeMs) => ({ slowed, blockMs, freeMs }))),
  );
}

export type ResultsByVariant = ReadonlyMap<Variant, readonly ExperimentResult[]>;

/** Each variant over all cells, in their order; the same members are slowed for all of them. */
export function playGrid({ members, cells, restMs, timeMs }: Grid, seed: string): ResultsByVariant {
  return new Map(
    VARIANTS.map((variant) => [
      variant,
      cells.map((cell, index) =>
        playExperiment({ ...cell, members, restMs, timeMs, settings: variant.settings, seed: `${seed} ${index}` }),
      ),
    ]),
  );
}
