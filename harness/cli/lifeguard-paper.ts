/**
 * Lifeguard (Dadgar, Phillips, Currey, arXiv 1707.00788): its five variants on `consul` in `sim`, under members slowed by
 * the `slow` fault. The published grid has other cells than the one played here, so no share of false positives can be
 * met in its digits. Judged are, over all cells together: the order of the variants by false positives and by those at
 * healthy members; that Lifeguard leaves at most 5 % of SWIM's at healthy members; and that no variant's median first
 * detection is more than 5 % off SWIM's. All else is shown.
 */
import type { Cell, Paper } from '../papers/cell.ts';
import type { ExperimentResult } from './lifeguard/experiment.ts';
import { FULL, type Grid, type GridCell, playGrid, QUICK, type ResultsByVariant } from './lifeguard/grid.ts';
import { medianDetectionMs, rankOf, sumOf } from './lifeguard/sums.ts';
import { LIFEGUARD, type PublishedFigures, SWIM, VARIANTS, type Variant } from './lifeguard/variants.ts';

/** Lifeguard's false positives at healthy members, as a share of SWIM's. */
const MOST_LEFT = 0.05;
const DETECTION_TOLERANCE = 0.05;

const OTHER_GRID = 'another grid than published; the order is judged';
/** News of false positives is most of what differs; besides, the fault lets a slowed member go on making messages. */
const OTHER_LOAD = 'another grid than published, and slowed members that do not stand still';
const FEW = 'too few cells';
const ONE_CELL = 'one cell of the grid';

const FALSE_COUNTS = [
  ['falsePositives', 'FP'],
  ['falseAtHealthy', 'FP at healthy'],
] as const;

export const lifeguard: Paper = {
  name: 'lifeguard',
  reproduce({ seed, quick }) {
    const grid = quick ? QUICK : FULL;
    const results = playGrid(grid, seed);
    const cells = VARIANTS.flatMap((variant) => variantCells(variant, results, quick));
    return {
      name: 'lifeguard',
      title: 'Lifeguard (Dadgar et al. 2017): false positives and first detection under slowed members',
      method: methodText(grid),
      cells: [...cells, ...gridCells(grid.cells, results)],
    };
  },
};

function methodText({ members, cells, restMs, timeMs }: Grid): string {
  const levels = (of: (cell: GridCell) => number): string => [...new Set(cells.map(of))].join(', ');
  return (
    `consul among ${members} members in sim, ${cells.length} cells: C of ${levels((cell) => cell.slowed)} members blocked for D of ` +
    `${levels((cell) => cell.blockMs)} ms and free for I of ${levels((cell) => cell.freeMs)} ms, ${timeMs / 1000} s each after ` +
    `${restMs / 1000} s of rest; all shares are of SWIM's`
  );
}

function of(results: ResultsByVariant, variant: Variant): readonly ExperimentResult[] {
  return results.get(variant) ?? [];
}

function variantCells(variant: Variant, results: ResultsByVariant, quick: boolean): Cell[] {
  const row = variant.name;
  const mine = of(results, variant);
  const swims = of(results, SWIM);
  const ranks = FALSE_COUNTS.map(([count, figure]): Cell => {
    const published = rankOf(
      variant.published[count],
      VARIANTS.map((each) => each.published[count]),
    );
    const sums = VARIANTS.map((each) => sumOf(of(results, each), count));
    const measured = rankOf(sumOf(mine, count), sums);
    return {
      row,
      figure: `${figure}, rank from most`,
      published,
      measured,
      between: [published, published],
      notGated: quick ? FEW : undefined,
    };
  });
  if (variant === SWIM) {
    const seconds = medianDetectionMs(mine) / 1000;
    const counts = FALSE_COUNTS.map(([count, figure]): Cell => {
      return { row, figure, measured: sumOf(mine, count), notGated: 'a count: the others are shares of it' };
    });
    const detection = { row, figure: 'first detection, median s', published: SWIM.published.medianDetectionS };
    return [...ranks, ...counts, { ...detection, measured: seconds, notGated: quick ? FEW : undefined }];
  }
  const share = (figure: string, count: keyof PublishedFigures & keyof ExperimentResult, notGated: string): Cell => ({
    row,
    figure: `${figure}, share`,
    published: variant.published[count],
    measured: sumOf(mine, count) / sumOf(swims, count),
    notGated,
  });
  const atHealthy = share('FP at healthy', 'falseAtHealthy', OTHER_GRID);
  return [
    ...ranks,
    share('FP', 'falsePositives', OTHER_GRID),
    variant === LIFEGUARD ? { ...atHealthy, notGated: undefined, between: [0, MOST_LEFT] } : atHealthy,
    {
      row,
      figure: 'first detection, median, share',
      published: variant.published.medianDetectionS / SWIM.published.medianDetectionS,
      measured: medianDetectionMs(mine) / medianDetectionMs(swims),
      between: [1 - DETECTION_TOLERANCE, 1 + DETECTION_TOLERANCE],
    },
    share('messages', 'messages', OTHER_LOAD),
    share('bytes', 'bytes', OTHER_LOAD),
  ];
}

/** Where Lifeguard does well and where it does not: every cell in which it or SWIM has any false positive at all. */
function gridCells(cells: readonly GridCell[], results: ResultsByVariant): Cell[] {
  return cells.flatMap(({ slowed, blockMs, freeMs }, index): Cell[] => {
    const counted = (variant: Variant): number => of(results, variant)[index]?.falseAtHealthy ?? Number.NaN;
    const swims = counted(SWIM);
    const left = counted(LIFEGUARD);
    if (swims === 0 && left === 0) return [];
    const row = `C=${slowed} D=${blockMs} I=${freeMs}`;
    const figure =
      swims === 0 ? "Lifeguard's FP at healthy, SWIM none" : `Lifeguard's FP at healthy, share of ${swims}`;
    return [{ row, figure, measured: swims === 0 ? left : left / swims, notGated: ONE_CELL }];
  });
}
