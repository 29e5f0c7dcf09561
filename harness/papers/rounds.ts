/** Rounds until all know, fanout 1, nobody stopping: Pittel 1987, Karp et al. 2000, as measured independently. */
import type { SpreadMode } from '../../impl/theory/spread.ts';
import { simulateSpread } from '../spread/monte-carlo.ts';
import type { Cell, Paper } from './cell.ts';

const RUNS = { full: 3000, quick: 400 } as const;
/** The shorter form leaves it out: it is most of the work. */
const LARGEST = 10_000;

const REFERENCES: readonly (readonly [number, SpreadMode, number, number])[] = [
  [100, 'push', 12.32, 1.36],
  [100, 'pull', 9.77, 1.34],
  [100, 'push-pull', 6.52, 0.57],
  [1000, 'push', 18.03, 1.33],
  [1000, 'pull', 13.78, 1.37],
  [1000, 'push-pull', 9.16, 0.52],
  [10_000, 'push', 23.61, 1.29],
  [10_000, 'pull', 17.51, 1.33],
  [10_000, 'push-pull', 11.61, 0.52],
];

export const spreadingRounds: Paper = {
  name: 'rounds',
  reproduce({ seed, quick }) {
    const runs = quick ? RUNS.quick : RUNS.full;
    const cells: Cell[] = [];
    for (const [n, mode, mean, sd] of REFERENCES) {
      if (quick && n === LARGEST) continue;
      const spec = { mode, stop: 'never', feedback: 'feedback', k: 1, fanout: 1, loss: 0 } as const;
      const { roundsToAll } = simulateSpread({ ...spec, n, topology: 'complete', runs, seed }).summary;
      const row = `n=${n} ${mode}`;
      cells.push({ row, figure: 'mean rounds', simulated: mean, measured: roundsToAll.mean ?? Number.NaN });
      // A standard deviation from so few runs may be off by more than the tolerance.
      const notGated = quick ? 'too few runs' : undefined;
      cells.push({ row, figure: 'sd', simulated: sd, measured: roundsToAll.sd ?? Number.NaN, notGated });
    }
    return {
      name: 'rounds',
      title: 'Rounds until all know (Pittel 1987; Karp et al. 2000)',
      method: `lock-step, fanout 1, nobody stops, ${runs} runs`,
      cells,
    };
  },
};
