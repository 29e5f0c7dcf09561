/** `hearsay capacity`: the same load on clusters of several sizes in `sim`: what it takes, what it costs, and theory. */
import { join } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { protocols } from '../../impl/registry.ts';
import { type Capacity, type CapacityRun, type Expectation, foldCapacity } from '../capacity/capacity.ts';
import { capacityCsv } from '../capacity/csv.ts';
import { createOpenSim } from '../clusters/sim/sim.ts';
import { UserError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import { SEED_PATTERN } from '../model/plan-limits.ts';
import { parseInteger } from '../model/units.ts';
import { combine, EXIT } from '../model/verdict.ts';
import { makePlan, type Profile } from '../plan/make-plan.ts';
import { runPlanSync } from '../run/run-plan.ts';
import { writeWhole } from '../run/store.ts';
import { capacityPage } from './capacity-page.ts';
import { capacityText } from './capacity-table.ts';
import { expectationsOf } from './capacity-theory.ts';
import { claimFolder, fileError } from './files.ts';
import { listOf, once } from './flags.ts';
import type { CliIo, Finish } from './io.ts';
import { JUDGE_PARTS, KNOWLEDGE } from './parts.ts';
import {
  drawSeed,
  MOST_NODES,
  parseLoadRate,
  parseProfile,
  parseProtocols,
  parseSeed,
  parseTime,
  parseWorkloads,
} from './plan-request.ts';
import { defaultRunFolder } from './run-folder.ts';

const DEFAULTS = { members: [10, 30, 100], seeds: 3, timeMs: 30_000 } as const;
const MOST_SEEDS = 100;
const FILES = { html: 'capacity.html', csv: 'capacity.csv' } as const;
const MEND = 'choose a new or empty folder that can be written with --out';

const EXAMPLES = `
Every size runs with the seeds SEED-1, SEED-2, ... without faults, and every run is judged as by hearsay nemesis. Workloads
have rates of their own, some of which depend on the size; --rate holds them at one.

Examples:
  hearsay capacity
  hearsay capacity --members 10,30,100,300 --seeds 3 --time 30s --protocol suite --out capacity
  hearsay capacity --protocol swim --profile default --members 50,200 --json
`;

export interface CapacityRequest {
  /** Ascending. */
  readonly members: readonly number[];
  readonly seeds: readonly string[];
  readonly timeMs: number;
  readonly protocols: readonly string[];
  readonly profile: Profile;
  readonly workloads: readonly string[] | undefined;
  readonly ratePerSecond: number | undefined;
}

interface Options {
  readonly members?: readonly number[] | undefined;
  readonly seeds?: number | undefined;
  readonly time?: number | undefined;
  readonly protocol?: readonly string[] | undefined;
  readonly profile?: Profile | undefined;
  readonly workload?: readonly string[] | undefined;
  readonly rate?: number | undefined;
  readonly seed?: string | undefined;
  readonly out?: string | undefined;
  readonly json?: true | undefined;
}

export function addCapacityCommand(program: Command, io: CliIo, finish: Finish): void {
  const size = (text: string): number => parseInteger(text, '--members', 2, MOST_NODES);
  program
    .command('capacity')
    .description('run several sizes in sim: latency and traffic against the number of members, beside theory')
    .option(
      '--members <list>',
      `sizes (default ${DEFAULTS.members.join(',')})`,
      once('--members', (text) => parseSizes(text, listOf('--members', size)(text))),
    )
    .option(
      '--seeds <count>',
      `runs of each size (default ${DEFAULTS.seeds})`,
      once('--seeds', (text) => parseInteger(text, '--seeds', 1, MOST_SEEDS)),
    )
    .option('--time <duration>', 'how long the load lasts (default 30s)', once('--time', parseTime))
    .option(
      '--protocol <names>',
      'one, several with commas, or suite (default suite)',
      once('--protocol', parseProtocols),
    )
    .option('--profile <name>', 'settings: quick or default (default quick)', once('--profile', parseProfile))
    .option(
      '--workload <names>',
      'some of the workloads (default all that the protocols support)',
      once('--workload', parseWorkloads),
    )
    .option(
      '--rate <rate>',
      'operations per second of each workload, over all members: 20 or 20/s',
      once('--rate', parseLoadRate),
    )
    .option('--seed <text>', 'names every random draw (default drawn, always printed)', once('--seed', parseSeed))
    .option(
      '--out <folder>',
      `writes ${FILES.html} and ${FILES.csv} here (default runs/TIME-SEED)`,
      once('--out', parseOut),
    )
    .option('--json', 'prints the figures as one JSON object on stdout, and all else on stderr')
    .addHelpText('after', EXAMPLES)
    .action((options: Options) => {
      const seed = options.seed ?? drawSeed();
      const request = requestOf(options, seed);
      // What does not fit together is known before the first one runs.
      for (const nodes of request.members) planOf(request, nodes, request.seeds[0] ?? seed);
      const out = options.out ?? defaultRunFolder(seed, new Date());
      // Known before anything runs, too; taken away again, so that a call that is cut off leaves nothing behind.
      claimFolder(out, MEND).abandon();
      io.stderr.write(`seed ${seed}\n`);
      const capacity = measure(request, (text) => void io.stderr.write(text));
      write(out, request, capacity);
      io.stderr.write(`report: ${join(out, FILES.html)}\ncsv: ${join(out, FILES.csv)}\n`);
      const text =
        options.json === true ? JSON.stringify({ ...request, ...capacity }) : capacityText(request, capacity);
      io.stdout.write(`${text}\n`);
      finish(exitCodeOf(capacity));
    });
}

function parseSizes(text: string, sizes: readonly number[]): readonly number[] {
  if (new Set(sizes).size !== sizes.length) throw new UserError('--members names a size twice', text, 'name each once');
  return [...sizes].sort((a, b) => a - b);
}

function parseOut(text: string): string {
  if (text.trim() === '') throw new UserError('--out is empty', undefined, 'name a folder');
  return text;
}

function requestOf(options: Options, seed: string): CapacityRequest {
  const seeds = Array.from({ length: options.seeds ?? DEFAULTS.seeds }, (_, index) => `${seed}-${index + 1}`);
  // Each must be fit for `hearsay nemesis --seed`.
  if (!seeds.every((each) => SEED_PATTERN.test(each))) {
    throw new UserError('--seed is too long for the number of the run behind it', seed, 'take at most 60 characters');
  }
  return {
    members: options.members ?? DEFAULTS.members,
    seeds,
    timeMs: options.time ?? DEFAULTS.timeMs,
    protocols: options.protocol ?? parseProtocols('suite'),
    profile: options.profile ?? 'quick',
    workloads: options.workload,
    ratePerSecond: options.rate,
  };
}

/** Made when it is wanted: all plans of a call at once might be too much to hold. Throws a UserError. */
function planOf(request: CapacityRequest, nodes: number, seed: string): Plan {
  const nothing = { overrides: [], faults: [], faultEveryMs: undefined, faultForMs: undefined, withoutState: false };
  return makePlan({ ...request, ...nothing, nodes, seed }, KNOWLEDGE);
}

function measure(request: CapacityRequest, note: (text: string) => void): Capacity {
  const runs: CapacityRun[] = [];
  const expectations: Expectation[] = [];
  for (const nodes of request.members) {
    for (const seed of request.seeds) {
      const plan = planOf(request, nodes, seed);
      if (seed === request.seeds[0]) expectations.push(...expectationsOf(plan));
      runs.push(runOnce(plan, note));
    }
  }
  return foldCapacity(runs, expectations);
}

function runOnce(plan: Plan, note: (text: string) => void): CapacityRun {
  const started = performance.now();
  const open = createOpenSim(protocols);
  const { properties, metrics } = runPlanSync({ plan, cluster: 'sim', open, parts: JUDGE_PARTS });
  const verdict = combine(properties);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  note(`${plan.members.length} members, seed ${plan.seed}: ${verdict}, ${seconds} s\n`);
  for (const { name, channel, verdict: each, reason } of properties) {
    if (each === 'invalid' || each === 'unknown') note(`  ${each}: ${name} (${channel ?? 'all'}): ${reason}\n`);
  }
  const { members, channels, workloads } = plan;
  return { seed: plan.seed, plan: { members, channels, workloads }, verdict, metrics };
}

/** Throws a UserError, and leaves nothing behind, where the files cannot be written. */
function write(out: string, request: CapacityRequest, capacity: Capacity): void {
  const page = capacityPage(request, capacity);
  const folder = claimFolder(out, MEND);
  try {
    writeWhole(join(folder.path, FILES.csv), capacityCsv(capacity.rows));
    writeWhole(join(folder.path, FILES.html), page);
  } catch (error) {
    folder.abandon();
    throw fileError(error, out, 'the output folder', MEND);
  }
}

/** Figures of runs that broke a promise, or that nobody could judge, are not passed off as sound. */
export function exitCodeOf({ sizes }: Pick<Capacity, 'sizes'>): number {
  if (sizes.some(({ invalid }) => invalid > 0)) return EXIT.invalid;
  return sizes.some(({ unknown }) => unknown > 0) ? EXIT.unknown : EXIT.ok;
}
