/** `hearsay replay`: runs a plan several times on a cluster, and counts how often it breaks what it is said to break. */
import type { Command } from '@commander-js/extra-typings';
import { checkers } from '../../workloads/registry.ts';
import { UserError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import { parseInteger } from '../model/units.ts';
import { EXIT, type PropertyResult } from '../model/verdict.ts';
import { runPlan } from '../run/run-plan.ts';
import { type ClusterName, chooseCluster, clusterOf, parseCluster } from './clusters.ts';
import { collectDockerHost, DOCKER_HOST_FLAG } from './docker-host.ts';
import { once } from './flags.ts';
import type { CliIo, Finish } from './io.ts';
import { JUDGE_PARTS } from './parts.ts';
import { readPlanOrRun } from './plan-or-run.ts';

const HELP = `
Exit codes: 1 the plan broke the property (any, without --property) at least once, 0 it never did, 2 it never did and some
verdict is unknown, 64 the call or the plan is wrong, 69 the cluster cannot be had here, 130 interrupted.`;

export function addReplayCommand(program: Command, io: CliIo, finish: Finish): void {
  program
    .command('replay')
    .description('run a plan several times on a cluster and count how often it breaks a property')
    .argument('<plan>', 'a plan file, or the folder of a run')
    .option('--cluster <kind>', 'as for nemesis (default local)', once('--cluster', parseCluster))
    .option(DOCKER_HOST_FLAG, 'an engine, as for nemesis', collectDockerHost)
    .option(
      '--times <count>',
      'runs (default 1)',
      once('--times', (text) => parseInteger(text, '--times', 1, 10_000)),
    )
    .option('--property <name>', 'counts this property only (default any)', once('--property', parseProperty))
    .option('--json', 'prints the counts as one JSON object on stdout, and all else on stderr')
    .addHelpText('after', HELP)
    .action(async (path, options) => {
      const plan = await readPlanOrRun(path);
      const { property } = options;
      const nodes = plan.members.length;
      const asked = options.cluster ?? 'local';
      const cluster = asked === 'auto' ? (await chooseCluster(nodes, io.environment)).cluster : asked;
      const { mostNodes } = clusterOf(cluster);
      if (nodes > mostNodes) {
        const mend = `take at most ${mostNodes}, or --cluster sim`;
        throw new UserError(`cluster ${cluster} does not carry that many members on one machine`, String(nodes), mend);
      }
      const stream = options.json === true ? io.stderr : io.stdout;
      const counts = await replay(
        plan,
        { cluster, dockerHosts: options.dockerHost, times: options.times ?? 1, property },
        (text) => stream.write(text),
      );
      const what = property ?? 'a violation';
      const unclear = counts.unknown === 0 ? '' : `; ${counts.unknown} times not known`;
      stream.write(`${counts.reproduced} of ${counts.runs} times reproduced: ${what} on ${cluster}${unclear}\n`);
      if (options.json === true)
        io.stdout.write(`${JSON.stringify({ seed: plan.seed, cluster, property: property ?? null, ...counts })}\n`);
      finish(exitCodeOf(counts));
    });
}

function parseProperty(name: string): string {
  const known = checkers.flatMap((checker) => checker.properties.map((property) => property.name));
  if (known.includes(name)) return name;
  throw new UserError('--property is not known', name, `take one of ${known.join(', ')}`);
}

interface Replay {
  readonly cluster: ClusterName;
  readonly dockerHosts: readonly string[] | undefined;
  readonly times: number;
  readonly property: string | undefined;
}

export interface ReplayCounts {
  runs: number;
  reproduced: number;
  /** Runs in which nothing was broken, and a verdict that counts is unknown. */
  unknown: number;
  interrupted: boolean;
  /** How often each property was broken. */
  readonly broken: Record<string, number>;
}

async function replay(plan: Plan, how: Replay, tell: (text: string) => void): Promise<ReplayCounts> {
  const counts: ReplayCounts = { runs: 0, reproduced: 0, unknown: 0, interrupted: false, broken: {} };
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, interrupt);
  const open = await clusterOf(how.cluster).open({ dockerHosts: how.dockerHosts, calibrate: false });
  try {
    for (let run = 1; run <= how.times; run++) {
      const { cluster } = how;
      const result = await runPlan({ plan, cluster, open, parts: JUDGE_PARTS, signal: controller.signal });
      if (result.interrupted) {
        counts.interrupted = true;
        break;
      }
      tell(`run ${run} of ${how.times}: ${count(counts, result.properties, how.property)}\n`);
    }
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, interrupt);
  }
  return counts;
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
  const [witness] = relevant.flatMap((property) => (property.verdict === 'invalid' ? [property.witness?.summary] : []));
  if (isReproduced) return `broken: ${broken.join(', ')}; ${witness?.split('\n')[0] ?? ''}`;
  return `${isUnknown ? 'unknown' : 'not broken'}${broken.length === 0 ? '' : ` (but ${broken.join(', ')})`}`;
}

/** Exported for its test. */
export function exitCodeOf(counts: ReplayCounts): number {
  if (counts.interrupted) return EXIT.interrupted;
  if (counts.reproduced > 0) return EXIT.invalid;
  return counts.unknown > 0 ? EXIT.unknown : EXIT.ok;
}
