/** `hearsay explore`: draws plans at random, runs them in the simulator on all cores, and collects what breaks. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { UserError } from '../model/errors.ts';
import { parseInteger } from '../model/units.ts';
import { EXIT } from '../model/verdict.ts';
import { writeWhole } from '../run/store.ts';
import type { TrialSpace } from '../search/draw-trial.ts';
import { explore, type Shard } from '../search/explore.ts';
import { type ExploreFile, exploreExitCode, exploreFile } from '../search/explore-file.ts';
import type { FailureGroup } from '../search/tally.ts';
import { describeSearch, searchSummary } from './explore-summary.ts';
import { claimFolder, type OwnFolder } from './files.ts';
import { choice, once } from './flags.ts';
import { type CliIo, type Finish, isInteractive } from './io.ts';
import { KNOWLEDGE } from './parts.ts';
import { drawSeed, MOST_NODES, parseLoadRate, parseProtocols, parseSeed, parseTime } from './plan-request.ts';
import { claimRunFolder } from './run-folder.ts';
import { openSearchPool, type SearchPool } from './search-pool.ts';
import { HEARSAY_VERSION } from './version.ts';

/** In the folder that `--out` names. */
export const EXPLORE_FILE = 'explore.json';

const MOST_SEEDS = 10_000_000;
const PLAIN_EVERY_MS = 5000;
const LIVE_EVERY_MS = 200;

const HELP = `
Examples:
  hearsay explore --seeds 1000 --protocol textbook/swim   finds something within seconds, and stops at it
  hearsay explore --seeds 1000 --protocol swim            finds nothing, and says what it has covered
  hearsay explore --seeds 100000 --all --out found        collects all, with the plan of each kind of failure
  hearsay explore --seeds 100000 --all --seed x --shard 2/4 --out part2     one of four machines; then hearsay merge

Of what it prints: "trials" are plans that were run and judged; "pairs" are kinds of fault that were on at one time;
"sometimes" are turns in a protocol's code that a search should have seen. Each kind of failure comes with the command
that shrinks its plan.

Exit codes: 0 nothing broken, 1 something is, 2 a verdict is unknown or nothing was tried, 130 interrupted.`;

export function addExploreCommand(program: Command, io: CliIo, finish: Finish): void {
  program
    .command('explore')
    .description(
      'search for trouble: plans drawn at random over all faults and settings, run in the simulator on all cores',
    )
    .option('--seeds <count>', 'trials (default 1000)', once('--seeds', parseSeeds))
    .option(
      '--protocol <names>',
      'one, several with commas, or suite (default suite)',
      once('--protocol', parseProtocols),
    )
    .option('--nodes <count>', 'members: 7, or a range such as 4-9 (default 4-9)', once('--nodes', parseNodeRange))
    .option(
      '--time <duration>',
      'load: 20s, or a range such as 10s-60s (default 10s-60s, mostly short)',
      once('--time', parseTimeRange),
    )
    .option('--settings <kind>', 'quick or drawn (default drawn)', once('--settings', choice('--settings', SETTINGS)))
    .option('--rate <rate>', 'operations per second of each workload (default drawn)', once('--rate', parseLoadRate))
    .option('--seed <text>', 'names every draw (default drawn, always printed)', once('--seed', parseSeed))
    .option('--all', 'collects all failures instead of stopping at the first')
    .option('--threads <count>', 'worker threads (default one per core)', once('--threads', parseThreads))
    .option('--shard <i/n>', 'only the i-th of n parts, for many machines', once('--shard', parseShard))
    .option(
      '--out <folder>',
      'writes explore.json and the plans of what broke to a new folder (default runs/TIME-SEED, and only if something broke)',
      once('--out', asFolder),
    )
    .option('--json', 'prints what would be explore.json on stdout, and all else on stderr')
    .addHelpText('after', HELP)
    .action(async (options) => {
      const space: TrialSpace = {
        protocols: known(options.protocol ?? parseProtocols('suite')),
        nodes: options.nodes ?? [4, 9],
        timeMs: options.time ?? [10_000, 60_000],
        settings: options.settings ?? 'drawn',
        ...(options.rate === undefined ? {} : { ratePerSecond: options.rate }),
      };
      const seeds = options.seeds ?? 1000;
      const shard = options.shard ?? { index: 1, of: 1 };
      checkShard(shard, seeds, options.seed);
      const folder =
        options.out === undefined ? undefined : claimFolder(options.out, 'choose a new folder that can be written');
      finish(
        await exploreAndShow(
          {
            space,
            seed: options.seed ?? drawSeed(),
            seeds,
            shard,
            all: options.all === true,
            threads: options.threads ?? availableParallelism(),
            json: options.json === true,
            folder,
          },
          io,
        ),
      );
    });
}

const SETTINGS = ['quick', 'drawn'] as const;

interface Search {
  readonly space: TrialSpace;
  readonly seed: string;
  readonly seeds: number;
  readonly shard: Shard;
  readonly all: boolean;
  readonly threads: number;
  readonly json: boolean;
  readonly folder: OwnFolder | undefined;
}

async function exploreAndShow(search: Search, io: CliIo): Promise<number> {
  const { space, seed, seeds, shard, all, threads, folder } = search;
  io.stderr.write(`seed ${seed}: ${seeds} trials of ${space.protocols.join(', ')} on ${threads} threads\n`);
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, interrupt);
  const progress = progressLine(io);
  const startMs = performance.now();
  let pool: SearchPool | undefined;
  try {
    const opened = openSearchPool(threads);
    pool = opened;
    const { tally, complete } = await explore({
      ...{ space, seed, seeds, shard, all, threads },
      run: (task) => opened.run(task),
      onProgress: (sum, done, wanted) =>
        progress.update(() => describeSearch(sum, done, wanted, performance.now() - startMs, space.protocols)),
      signal: controller.signal,
    });
    progress.clear();
    const elapsedMs = Math.round(performance.now() - startMs);
    const file = exploreFile({
      hearsay: HEARSAY_VERSION,
      ...{ seed, seeds, all, space, shards: [shard], complete, elapsedMs, tally },
    });
    // What was found must not be lost because nobody had named a place for it.
    const place = folder ?? (tally.groups.length > 0 ? claimRunFolder(undefined, seed, new Date()) : undefined);
    showExploration(file, place?.path, search.json, io);
    io.stderr.write(`${elapsedMs} ms\n`);
    return controller.signal.aborted ? EXIT.interrupted : exploreExitCode(tally);
  } catch (error) {
    folder?.abandon();
    throw error;
  } finally {
    progress.clear();
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, interrupt);
    await pool?.end();
  }
}

/** Writes explore.json and one plan for each kind of failure into the folder, if there is one, and prints the rest. */
export function showExploration(file: ExploreFile, folder: string | undefined, json: boolean, io: CliIo): void {
  const paths = new Map<FailureGroup, string>();
  if (folder !== undefined) {
    file.tally.groups.forEach((group, index) => {
      const path = join(folder, `${group.property}-${index + 1}.plan.json`);
      writeWhole(path, `${JSON.stringify(group.plan, null, 1)}\n`);
      paths.set(group, path);
    });
    writeWhole(join(folder, EXPLORE_FILE), `${JSON.stringify(file)}\n`);
  }
  (json ? io.stderr : io.stdout).write(searchSummary(file, (group) => paths.get(group)));
  if (json) io.stdout.write(`${JSON.stringify(file)}\n`);
}

function progressLine(io: CliIo) {
  const stream = io.stderr;
  const live = isInteractive(stream);
  let lastMs = performance.now();
  let shown = false;
  return {
    update(text: () => string): void {
      const now = performance.now();
      if (now - lastMs < (live ? LIVE_EVERY_MS : PLAIN_EVERY_MS)) return;
      lastMs = now;
      stream.write(live ? `\r\u001b[2K${text().slice(0, Math.max(20, (stream.columns ?? 80) - 1))}` : `${text()}\n`);
      shown = live;
    },
    clear(): void {
      if (shown) stream.write('\r\u001b[2K');
      shown = false;
    },
  };
}

function known(names: readonly string[]): readonly string[] {
  const all = KNOWLEDGE.protocols.map((protocol) => protocol.name);
  const unknown = names.find((name) => !all.includes(name));
  if (unknown === undefined) return names;
  throw new UserError('--protocol is not known', unknown, `take one or several of ${all.join(', ')}, or suite`);
}

const parseSeeds = (text: string): number => parseInteger(text, '--seeds', 1, MOST_SEEDS);
const parseThreads = (text: string): number => parseInteger(text, '--threads', 1, 256);

function parseShard(text: string): Shard {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text.trim());
  const index = Number(match?.[1]);
  const of = Number(match?.[2]);
  if (match !== null && index >= 1 && index <= of) return { index, of };
  throw new UserError('--shard is not I/N with I from 1 to N', text, 'write --shard 2/4');
}

/** Parts of one search share its seed, and each has something to do. */
function checkShard({ index, of }: Shard, seeds: number, seed: string | undefined): void {
  const given = `${index}/${of}`;
  if (of > 1 && seed === undefined) {
    throw new UserError('--shard without --seed is a part of no search', given, 'give all parts the same --seed');
  }
  if (index > seeds) throw new UserError(`--shard has none of ${seeds} trials`, given, `take at most ${seeds} parts`);
}

function range(text: string, flag: string, parse: (part: string) => number): readonly [number, number] {
  const [least = '', most = least, ...rest] = text.split('-');
  const pair = [parse(least), parse(most)] as const;
  if (rest.length === 0 && pair[0] <= pair[1]) return pair;
  throw new UserError(`${flag} is no range`, text, `write ${flag} LEAST-MOST, or one value`);
}

const parseNodeRange = (text: string) => range(text, '--nodes', (part) => parseInteger(part, '--nodes', 2, MOST_NODES));
const parseTimeRange = (text: string) => range(text, '--time', parseTime);

function asFolder(text: string): string {
  if (text.trim() === '') throw new UserError('--out is empty', undefined, 'name a new folder');
  return text;
}
