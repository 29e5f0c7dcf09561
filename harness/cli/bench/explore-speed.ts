/** How many trials a search makes a second, on one thread and on all, what a trial takes of the processor, and a start. */
import { availableParallelism } from 'node:os';
import { SUITE } from '../../../impl/registry.ts';
import { explore } from '../../search/explore.ts';
import { openSearchPool } from '../search-pool.ts';
import { type Figure, processorSeconds, type Row, secondsSince } from './figure.ts';
import { threeDigits } from './table.ts';

/** 50 trials a second on each core, and nearly as many times more on all threads as there are. */
const WANTED_THREAD_MS = 20;
const WANTED_SPEEDUP = 0.9;
const THREADS = Math.max(2, availableParallelism());

/** Protocols that a search runs alone; the suite is `suite`. */
const CHOICES: readonly string[] = ['swim', 'rumor', 'anti-entropy', 'aggregation', 'bracha', 'consensus', 'suite'];

interface Amount {
  readonly nodes: number;
  readonly timeMs: number;
  readonly choices: readonly string[];
  /** To be made by each thread before time is taken: so many until its code is optimised. */
  readonly warmUp: number;
  readonly trials: number;
  readonly trialsOfSuite: number;
}

const USUAL: Amount = {
  ...{ nodes: 7, timeMs: 20_000, choices: CHOICES },
  ...{ warmUp: 100, trials: 300, trialsOfSuite: 100 },
};
const TINY: Amount = {
  ...{ nodes: 3, timeMs: 2000, choices: ['swim'] },
  ...{ warmUp: 1, trials: 2, trialsOfSuite: 2 },
};

interface Measured {
  /** Trials made: judged ones, and those drawn in vain. */
  readonly trials: number;
  readonly seconds: number;
  readonly processorS: number;
  readonly invalid: number;
  /** From opening the pool until all threads are warm. */
  readonly warmUp: { readonly trials: number; readonly seconds: number; readonly processorS: number };
}

async function measure(names: readonly string[], threads: number, amount: Amount, trials: number): Promise<Measured> {
  const { nodes, timeMs } = amount;
  const opened = performance.now();
  const processorAtOpening = processorSeconds();
  const pool = openSearchPool(threads);
  const run = (seed: string, seeds: number) =>
    explore({
      space: { protocols: names, nodes: [nodes, nodes], timeMs: [timeMs, timeMs], settings: 'quick' },
      ...{ seed, seeds, shard: { index: 1, of: 1 }, all: true, threads },
      run: (task) => pool.run(task),
      onProgress: () => {},
      signal: new AbortController().signal,
    });
  try {
    const warmUpTrials = amount.warmUp * threads;
    await run('bench-warm-up', warmUpTrials);
    const warmUp = {
      trials: warmUpTrials,
      seconds: secondsSince(opened),
      processorS: processorSeconds() - processorAtOpening,
    };
    const started = performance.now();
    const processorBefore = processorSeconds();
    const { tally } = await run('bench', trials);
    return {
      trials,
      seconds: secondsSince(started),
      processorS: processorSeconds() - processorBefore,
      invalid: tally.invalid,
      warmUp,
    };
  } finally {
    await pool.end();
  }
}

function perTrialMs(total: number, trials: number): string {
  return threeDigits((1000 * total) / trials);
}

function describe({ trials, seconds, processorS, invalid }: Measured): string {
  const broken = invalid === 0 ? '' : `, ${invalid} broken`;
  return `${threeDigits(trials / seconds)} trials/s, ${perTrialMs(processorS, trials)} ms of processor time each${broken}`;
}

function rowsOf(title: string, one: Measured, all: Measured): Row[] {
  const speedup = one.seconds / all.seconds;
  const start = one.warmUp;
  return [
    {
      figure: `${title}, ${THREADS} threads`,
      measured: (1000 * all.seconds) / all.trials,
      wanted: WANTED_THREAD_MS / THREADS,
      unit: 'ms/trial',
      how: `${all.trials} drawn trials on warm threads: ${describe(all)}`,
    },
    {
      figure: `${title}, ${THREADS} threads to 1`,
      measured: 1 / speedup,
      wanted: 1 / (WANTED_SPEEDUP * THREADS),
      unit: 'of the time',
      how: `${threeDigits(speedup)} times as fast; on one warm thread ${describe(one)}`,
    },
    {
      figure: `${title}, start of a thread`,
      measured: Math.max(0, start.processorS - (start.trials * one.processorS) / one.trials),
      wanted: undefined,
      unit: 's',
      how:
        `processor time that the first ${start.trials} trials took beyond as many later ones, mostly for optimising code; in all ` +
        `${threeDigits(start.seconds)} s on one thread, and the first ${all.warmUp.trials} on ${THREADS} ${threeDigits(all.warmUp.seconds)} s`,
    },
  ];
}

export const exploreSpeed: Figure = {
  name: 'explore',
  doc: 'drawn trials of 7 members and 20 virtual seconds, as by hearsay explore, on 1 and on all threads, their start apart',
  async measure(note, size) {
    const amount = size === 'tiny' ? TINY : USUAL;
    const rows: Row[] = [];
    for (const choice of amount.choices) {
      const title = `explore: ${choice}, ${amount.nodes} members, ${amount.timeMs / 1000} s`;
      note(title);
      const names = choice === 'suite' ? SUITE : [choice];
      const trials = choice === 'suite' ? amount.trialsOfSuite : amount.trials;
      // The same trials both times: how long one takes differs a hundredfold.
      const one = await measure(names, 1, amount, trials);
      const all = await measure(names, THREADS, amount, trials);
      rows.push(...rowsOf(title, one, all));
    }
    return rows;
  },
};
