/** Averaging: Jelasity, Montresor, Babaoglu 2005; push-sum: Kempe, Dobra, Gehrke 2003. */
import { type AveragingOutcome, type AveragingRequest, simulateAveraging } from '../spread/averaging.ts';
import type { Cell, Paper } from './cell.ts';

const RUNS = { full: 300, quick: 40 } as const;
const CYCLES = 8;

export const averagingFactors: Paper = {
  name: 'averaging',
  reproduce({ seed, quick }) {
    const runs = quick ? RUNS.quick : RUNS.full;
    const play = (over: Pick<AveragingRequest, 'n' | 'pairs'>): AveragingOutcome =>
      simulateAveraging({ ...over, topology: 'complete', runs, seed, cycles: CYCLES });
    const random = play({ n: 1000, pairs: 'random' });
    const sequential = play({ n: 1000, pairs: 'sequential' });
    const matching = play({ n: 1000, pairs: 'matching' });
    const pushSum = play({ n: 200, pairs: 'push-sum' });
    const later = sequential.byCycle.slice(1);
    const cells: Cell[] = [
      { row: 'random pairs', figure: 'variance factor', published: 1 / Math.E, measured: mean(random) },
      {
        row: 'each starts once',
        figure: 'variance factor, cycle 1',
        published: 1 / (2 * Math.sqrt(Math.E)),
        simulated: 0.301,
        measured: sequential.byCycle[0]?.mean ?? Number.NaN,
      },
      {
        row: 'each starts once',
        figure: 'variance factor, later',
        published: 1 / (2 * Math.sqrt(Math.E)),
        simulated: 0.294,
        measured: later.reduce((sum, cycle) => sum + (cycle.mean ?? Number.NaN), 0) / later.length,
        between: [0.28, 0.31],
      },
      { row: 'two matchings', figure: 'variance factor', published: 1 / 4, measured: mean(matching) },
      {
        row: 'push-sum, n=200',
        figure: 'potential factor',
        published: 1 / 2 - 1 / 400,
        simulated: 0.498,
        measured: mean(pushSum),
      },
    ];
    return {
      name: 'averaging',
      title: 'Averaging (Jelasity et al. 2005) and push-sum (Kempe et al. 2003)',
      method: `lock-step, n=1000 where nothing else is said, ${CYCLES} cycles, ${runs} runs`,
      cells,
    };
  },
};

function mean(outcome: AveragingOutcome): number {
  return outcome.varianceFactor.mean ?? Number.NaN;
}
