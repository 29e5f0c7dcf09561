/** Demers et al. 1987, section 1.4: tables of rumour mongering among 1,000 sites. */

import type { LockStepSpec } from '../spread/lock-step.ts';
import { type SpreadSummary, simulateSpread } from '../spread/monte-carlo.ts';
import type { Cell, Paper, PaperOptions, PaperTable } from './cell.ts';

interface Row {
  readonly k: number;
  /** s, m, t_last, t_ave as printed. */
  readonly published: readonly [number, number, number, number];
  /** s, m, t_last. */
  readonly simulated?: readonly [number, number, number];
}

const N = 1000;
const RUNS = { full: 3000, quick: 400 } as const;

const TABLE_1: readonly Row[] = [
  { k: 1, published: [0.18, 1.7, 16.8, 11], simulated: [0.174, 1.745, 16.81] },
  { k: 2, published: [0.037, 3.3, 16.9, 12.1], simulated: [0.037, 3.3, 16.96] },
  { k: 3, published: [0.011, 4.5, 17.4, 12.5], simulated: [0.011, 4.533, 17.3] },
  { k: 4, published: [0.0036, 5.6, 17.5, 12.7], simulated: [0.00354, 5.637, 17.57] },
  { k: 5, published: [0.0012, 6.7, 17.7, 12.8], simulated: [0.00125, 6.682, 17.71] },
];

const TABLE_2: readonly Row[] = [
  { k: 1, published: [0.96, 0.04, 38, 19], simulated: [0.96, 0.04, 39.1] },
  { k: 2, published: [0.2, 1.6, 33, 17], simulated: [0.205, 1.591, 32.8] },
  { k: 3, published: [0.06, 2.8, 32, 15], simulated: [0.06, 2.82, 31.6] },
  { k: 4, published: [0.021, 3.9, 32, 14.1], simulated: [0.02, 3.92, 32.2] },
  { k: 5, published: [0.008, 4.9, 32, 13.8], simulated: [0.0071, 4.965, 32.3] },
];

const IRREPRODUCIBLE = 'not reproducible by the definitions in the text';
const RECALLED = 'published value recalled, not re-read';

const PULL: readonly Row[] = [
  { k: 1, published: [0.031, 2.7, 17.6, 9.97] },
  { k: 2, published: [0.00058, 4.5, 15.4, 10.07] },
  { k: 3, published: [0.000004, 6.1, 14, 10.08] },
];

export const demersTable1 = paper('demers-1', 'Demers et al. 1987, table 1: push, feedback, counter', TABLE_1, {
  mode: 'push',
  stop: 'counter',
  feedback: 'feedback',
});

export const demersTable2 = paper('demers-2', 'Demers et al. 1987, table 2: push, blind, coin', TABLE_2, {
  mode: 'push',
  stop: 'coin',
  feedback: 'blind',
});

export const demersPull = paper('demers-3', 'Demers et al. 1987, table 3: pull, feedback, counter', PULL, {
  mode: 'pull',
  stop: 'counter',
  feedback: 'feedback',
});

function paper(
  name: string,
  title: string,
  rows: readonly Row[],
  spec: Pick<LockStepSpec, 'mode' | 'stop' | 'feedback'>,
): Paper {
  return {
    name,
    reproduce({ seed, quick }: PaperOptions): PaperTable {
      const runs = quick ? RUNS.quick : RUNS.full;
      const cells = rows.flatMap((row) => {
        const request = { ...spec, n: N, k: row.k, fanout: 1, loss: 0, topology: 'complete', runs, seed } as const;
        return cellsOf(row, simulateSpread(request).summary);
      });
      const method = `${N} sites in lock-step, ${runs} runs; interest is lost by impl/rumor/stopping.ts`;
      return { name, title, method, cells };
    },
  };
}

const FIGURES = [
  ['s (residue)', 'residue'],
  ['m (traffic)', 'traffic'],
  ['t_last', 'lastArrival'],
  ['t_ave', 'meanArrival'],
] as const;

function cellsOf(row: Row, summary: SpreadSummary): Cell[] {
  return FIGURES.map(([figure, key], index) => {
    const irreproducible = key === 'meanArrival' ? IRREPRODUCIBLE : undefined;
    return {
      row: `k=${row.k}`,
      figure,
      published: row.published[index],
      simulated: row.simulated?.[index],
      measured: summary[key].mean ?? Number.NaN,
      notGated: row.simulated === undefined ? RECALLED : irreproducible,
    };
  });
}
