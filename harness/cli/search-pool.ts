/** The worker threads of a search. */
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Tinypool } from 'tinypool';
import { programPath } from '../clusters/real/program-path.ts';
import type { BatchTask } from '../search/batch.ts';
import type { Tally } from '../search/tally.ts';

export interface SearchPool {
  run(task: BatchTask): Promise<Tally>;
  /** Ends all threads, whatever they are at. */
  end(): Promise<void>;
}

const YOUNG_MB = 96;

/**
 * How much code runs before V8 takes the time to optimise a function; three times its default. Every thread optimises
 * all for itself, over a thousand functions, and with the default that is more work than the first hundred trials.
 */
const INTERRUPT_BUDGET = 400_000;

/** Throws UnavailableError where the worker was not built. */
export function openSearchPool(threads: number): SearchPool {
  const filename = pathToFileURL(programPath('worker.js')).href;
  // Holds for threads that start from here on, too; read anew for each function.
  setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`);
  const pool = new Tinypool({
    ...{ filename, runtime: 'worker_threads', minThreads: threads, maxThreads: threads },
    // A trial's objects die with it: with room for several trials most of them are never looked at by the collector.
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  return {
    run: (task) => pool.run(task, { name: 'search' }) as Promise<Tally>,
    end: () => pool.destroy(),
  };
}
