/** `hearsay replay`: runs a plan several times on a cluster, and counts how often it breaks what it is said to break. */
import { join } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { UserError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import { parseInteger } from '../model/units.ts';
import { EXIT, type PropertyResult } from '../model/verdict.ts';
import { runPlan } from '../run/run-plan.ts';
import { FILES } from '../run/store.ts';
import { type ClusterName, clusterOf, parseCluster, takeCluster } from './clusters.ts';
import { collectDockerHost, DOCKER_HOST_FLAG } from './docker-host.ts';
import { executePlan } from './execute.ts';
import { claimFolder, type OwnFolder } from './files.ts';
import { once } from './flags.ts';
import type { CliIo, Finish } from './io.ts';
import { JUDGE_PARTS } from './parts.ts';
import { readPlanOrRun } from './plan-or-run.ts';
import { parseProperty } from './property-flag.ts';
import { InterruptedError } from './report-error.ts';

const HELP = `
Examples:
  hearsay replay corpus/textbook-swim.json --cluster sim
  hearsay replay small/plan.json --cluster netns --times 5 --property convergence --out replayed

In the simulator a plan always gives the same; --times is for real clusters.
Exit codes: 1 the plan broke the property (any, without --property) at least once, 0 it never did, 2 it never did and some
verdict is unknown, 64 the call or the plan is wrong, 69 the cluster cannot be had here, 130 interrupted.`;

export function addReplayCommand(program: Command, io: CliIo, finish: Finish): void {
  program
    .command('replay')
    .description('run a plan several times on a cluster and count how often it breaks a property')
    .argument('<plan>', 'a plan file, one of corpus/, or the folder of a run')
    .option('--cluster <kind>', 'as for nemesis (default local)', once('--cluster', parseCluster))
    .option(DOCKER_HOST_FLAG, 'an engine, as for nemesis', collectDockerHost)
    .option(
      '--times <count>',
      'runs (default 1)',
      once('--times', (text) => parseInteger(text, '--times', 1, 10_000)),
    )
    .option(
      '--property <name>',
      'counts this property only (default the one a corpus file names, or any)',
      once('--property', (name) => parseProperty(name)),
    )
    .option(
      '--out <folder>',
      'keeps each run, with its report, in a new folder (default: no run is kept)',
      once('--out', (text) => text),
    )
    .option('--json', 'prints the counts as one JSON object on stdout, and all else on stderr')
    .addHelpText('after', HELP)
    .action(async (path, options) => {
      const { plan, property: named } = await readPlanOrRun(path);
      const property =
        options.property ?? (named === undefined ? undefined : parseProperty(named, `the property that ${path} names`));
      const nodes = plan.members.length;
      const cluster = await takeCluster(options, nodes, io);
      const { mostNodes } = clusterOf(cluster);
      if (nodes > mostNodes) {
        const mend = `take at most ${mostNodes}, or --cluster sim`;
        throw new UserError(`cluster ${cluster} does not carry that many members on one machine`, String(nodes), mend);
      }
      const stream = options.json === true ? io.stderr : io.stdout;
      const folder =
        options.out === undefined ? undefined : claimFolder(options.out, 'choose a new folder that can be written');
      const counts = await replay(
        plan,
        { cluster, dockerHosts: options.dockerHost, times: options.times ?? 1, property, folder },
        (text) => stream.write(text),
      );
      const what = property ?? 'a violation';
      const unknown = counts.unknown === 0 ? '' : `; ${counts.unknown} times not known`;
      const unclear = `${unknown}${counts.notJudged === 0 ? '' : `; ${counts.notJudged} times not judged`}`;
      if (counts.interrupted) stream.write(`interrupted after ${counts.runs} of ${options.times ?? 1} runs\n`);
      if (counts.runs > 0 || !counts.interrupted)
        stream.write(`${counts.reproduced} of ${counts.runs} times reproduced: ${what} on ${cluster}${unclear}\n`);
      if (options.json === true)
        io.stdout.write(`${JSON.stringify({ seed: plan.seed, cluster, property: property ?? null, ...counts })}\n`);
      finish(exitCodeOf(counts));
    });
}

interface Replay {
  readonly cluster: ClusterName;
  readonly dockerHosts: readonly string[] | undefined;
  readonly times: number;
  readonly property: string | undefined;
  /** Where the runs are kept; undefined: nowhere. */
  readonly folder: OwnFolder | undefined;
}

export interface ReplayCounts {
  runs: number;
  reproduced: number;
  /** Runs in which nothing was broken, and a verdict that counts is unknown. */
  unknown: number;
  /** Runs in which nothing that counts applied: the plan asks less of it on this cluster, or nothing at all. */
  notJudged: number;
  interrupted: boolean;
  /** How often each property was broken. */
  readonly broken: Record<string, number>;
}

async function replay(plan: Plan, how: Replay, tell: (text: string) => void): Promise<ReplayCounts> {
  const counts: ReplayCounts = { runs: 0, reproduced: 0, unknown: 0, notJudged: 0, interrupted: false, broken: {} };
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, interrupt);
  try {
    const runOnce = how.folder === undefined ? await openRuns(plan, how, controller.signal) : undefined;
    for (let run = 1; run <= how.times; run++) {
      // The simulator never lets go of the thread by itself, and a Ctrl-C would be heard after the last run.
      await new Promise((resolve) => setImmediate(resolve));
      if (controller.signal.aborted) {
        counts.interrupted = true;
        break;
      }
      const kept = how.folder === undefined ? undefined : join(how.folder.path, `run-${run}`);
      const properties = kept === undefined ? await runOnce?.() : await keptRun(plan, how, kept, controller.signal);
      if (properties === undefined) {
        counts.interrupted = true;
        break;
      }
      tell(`run ${run} of ${how.times}: ${count(counts, properties, how.property)}\n`);
      if (kept !== undefined) tell(`  report: ${join(kept, FILES.report)}\n`);
    }
  } catch (error) {
    // What was kept of earlier runs is worth having.
    if (counts.runs === 0) how.folder?.abandon();
    throw error;
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, interrupt);
  }
  return counts;
}

type OneRun = () => Promise<readonly PropertyResult[] | undefined>;

/** Runs of which nothing is kept; each gives undefined where it was interrupted. */
async function openRuns(plan: Plan, { cluster, dockerHosts }: Replay, signal: AbortSignal): Promise<OneRun> {
  const open = await clusterOf(cluster).open({ dockerHosts, calibrate: false });
  return async () => {
    const result = await runPlan({ plan, cluster, open, parts: JUDGE_PARTS, signal });
    return result.interrupted ? undefined : result.properties;
  };
}

/** The same, with everything that `hearsay nemesis` would leave in a folder. */
async function keptRun(plan: Plan, how: Replay, path: string, signal: AbortSignal): ReturnType<OneRun> {
  try {
    const verdict = await executePlan({
      ...{ plan, cluster: how.cluster, dockerHosts: how.dockerHosts, signal },
      ...{ slo: undefined, basePort: undefined, calibrate: false },
      folder: claimFolder(path, 'choose a new folder that can be written'),
      onCalibration: () => undefined,
      onProgress: () => undefined,
    });
    return verdict.exitCode === EXIT.interrupted ? undefined : verdict.properties;
  } catch (error) {
    if (error instanceof InterruptedError) return undefined;
    throw error;
  }
}

/** Adds a run, and says in words how it ended. */
function count(counts: ReplayCounts, properties: readonly PropertyResult[], wanted: string | undefined): string {
  const relevant = properties.filter(({ name }) => wanted === undefined || name === wanted);
  const broken = [...new Set(properties.filter(({ verdict }) => verdict === 'invalid').map(({ name }) => name))];
  for (const name of broken) counts.broken[name] = (counts.broken[name] ?? 0) + 1;
  counts.runs++;
  const isReproduced = relevant.some(({ verdict }) => verdict === 'invalid');
  const isUnknown = !isReproduced && relevant.some(({ verdict }) => verdict === 'unknown');
  if (isReproduced) counts.reproduced++;
  if (isUnknown) counts.unknown++;
  const isJudged = relevant.some(({ verdict }) => verdict !== 'not-applicable');
  if (!isJudged) counts.notJudged++;
  const [witness] = relevant.flatMap((property) => (property.verdict === 'invalid' ? [property.witness?.summary] : []));
  if (isReproduced) return `broken: ${broken.join(', ')}; ${witness?.split('\n')[0] ?? ''}`;
  const but = broken.length === 0 ? '' : ` (but ${broken.join(', ')})`;
  if (isJudged) return `${isUnknown ? 'unknown' : 'not broken'}${but}`;
  const [why] = relevant.map(({ reason }) => reason);
  return `not judged${but}: ${why ?? `no protocol of the plan claims ${wanted}`}`;
}

/** Exported for its test. */
export function exitCodeOf(counts: ReplayCounts): number {
  if (counts.interrupted) return EXIT.interrupted;
  if (counts.reproduced > 0) return EXIT.invalid;
  return counts.unknown > 0 ? EXIT.unknown : EXIT.ok;
}
