/** How many trials a search makes a second, on one thread and on two, and what a trial takes of the processor. */
import { SUITE } from '../../../impl/registry.ts';
import { explore } from '../../search/explore.ts';
import { openSearchPool } from '../search-pool.ts';
import { type Figure, processorSeconds, type Row, secondsSince } from './figure.ts';
import { threeDigits } from './table.ts';

/** 100 trials a second on two cores, and nearly twice as many on two threads as on one. */
const WANTED_MS = 10;
const WANTED_SHARE = 1 / 1.8;
const THREADS = 2;

/** Protocols that a search runs alone; the suite is `suite`. */
const CHOICES: readonly string[] = ['swim', 'rumor', 'anti-entropy', 'aggregation', 'bracha', 'consensus', 'suite'];

interface Amount {
  readonly nodes: number;
  readonly timeMs: number;
  readonly choices: readonly string[];
  /** To be made on each thread before and while time is taken. */
  readonly warmUp: number;
  readonly trials: number;
  readonly trialsOfSuite: number;
}

const USUAL: Amount = {
  ...{ nodes: 7, timeMs: 20_000, choices: CHOICES },
  ...{ warmUp: 20, trials: 200, trialsOfSuite: 60 },
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
}

async function measure(names: readonly string[], threads: number, amount: Amount, trials: number): Promise<Measured> {
  const { nodes, timeMs, warmUp } = amount;
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
    await run('bench-warm-up', warmUp * threads);
    const started = performance.now();
    const processorBefore = processorSeconds();
    const { tally } = await run('bench', trials);
    return {
      trials,
      seconds: secondsSince(started),
      processorS: processorSeconds() - processorBefore,
      invalid: tally.invalid,
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

function rowsOf(title: string, one: Measured, two: Measured): Row[] {
  const ratio = one.seconds / two.seconds;
  return [
    {
      figure: `${title}, ${THREADS} threads`,
      measured: (1000 * two.seconds) / two.trials,
      wanted: WANTED_MS,
      unit: 'ms/trial',
      how: `${two.trials} drawn trials: ${describe(two)}`,
    },
    {
      figure: `${title}, ${THREADS} threads to 1`,
      measured: 1 / ratio,
      wanted: WANTED_SHARE,
      unit: 'of the time',
      how: `${threeDigits(ratio)} times as fast; on one thread ${describe(one)}`,
    },
  ];
}

export const exploreSpeed: Figure = {
  name: 'explore',
  doc: 'drawn trials of 7 members and 20 virtual seconds, as by hearsay explore, on 1 and on 2 threads',
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
      const two = await measure(names, THREADS, amount, trials);
      rows.push(...rowsOf(title, one, two));
    }
    return rows;
  },
};
