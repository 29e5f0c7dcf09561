/** Tries many plans, in batches that are handed out in order. Knows no thread and no clock: who runs a batch is handed in. */
import type { BatchTask } from './batch.ts';
import type { TrialSpace } from './draw-trial.ts';
import { addTally, emptyTally, firstFailureOnly, type Tally } from './tally.ts';

/** One of `of` equal parts of a search, counted from 1. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

export interface ExploreOptions {
  readonly space: TrialSpace;
  readonly seed: string;
  /** Trials of the whole search, over all shards; they are numbered from 0. */
  readonly seeds: number;
  readonly shard: Shard;
  /** Collect all failures; else the earliest one ends the search. */
  readonly all: boolean;
  /** Batches under way at a time. */
  readonly threads: number;
  run(task: BatchTask): Promise<Tally>;
  onProgress(tally: Tally, done: number, wanted: number): void;
  readonly signal: AbortSignal;
}

export interface Exploration {
  readonly tally: Tally;
  /** Every trial of the shard was made: no interrupt, and no failure that ended it. */
  readonly complete: boolean;
}

/** Few enough that progress is seen and an end comes soon; many enough that handing out costs nothing. */
const TRIALS_PER_BATCH = 10;
/**
 * What is left is handed out in at least so many batches for each thread: one trial may take a hundred times as long as
 * another, and towards the end nobody shall wait for the thread that got several of those.
 */
const BATCHES_PER_THREAD = 4;

export async function explore(options: ExploreOptions): Promise<Exploration> {
  const { seeds, shard, all, threads, signal } = options;
  const wanted = shardTrials(seeds, shard).length;
  const batches = batchesOf(options);
  const tally = emptyTally();
  let done = 0;
  const isOver = (): boolean => signal.aborted || (!all && tally.invalid > 0);
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const work = async (): Promise<void> => {
    for (;;) {
      const batch = isOver() ? undefined : batches.next().value;
      if (batch === undefined) return;
      const found = await Promise.race([options.run(batch), aborted]);
      if (found === undefined) return;
      addTally(tally, found);
      done += batch.trials.length;
      options.onProgress(tally, done, wanted);
    }
  };
  await Promise.all(Array.from({ length: threads }, work));
  // Batches are handed out in order and those under way are waited for, so the earliest failure is among them.
  if (!all && !signal.aborted) firstFailureOnly(tally);
  return { tally, complete: done === wanted && (all || tally.invalid === 0) };
}

function shardTrials(seeds: number, { index, of }: Shard): number[] {
  return Array.from({ length: seeds }, (_, trial) => trial).filter((trial) => trial % of === index - 1);
}

function* batchesOf({ space, seed, seeds, shard, all, threads }: ExploreOptions): Generator<BatchTask, undefined> {
  const trials = shardTrials(seeds, shard);
  for (let at = 0; at < trials.length; ) {
    const share = Math.ceil((trials.length - at) / (BATCHES_PER_THREAD * threads));
    const until = at + Math.min(TRIALS_PER_BATCH, share);
    yield { space, seed, trials: trials.slice(at, until), first: !all };
    at = until;
  }
  return undefined;
}
