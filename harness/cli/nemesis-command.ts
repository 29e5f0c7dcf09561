/** `hearsay nemesis`: the main job. Plans (or reads a plan), runs it, shows what came of it. */
import { join } from 'node:path';
import { type Command, Option } from '@commander-js/extra-typings';
import { NEMESES } from '../../nemesis/registry.ts';
import { UserError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import { parsePlan } from '../model/plan-schema.ts';
import type { Scenario } from '../model/scenario.ts';
import { makePlan, type RequestedFault, type SettingOverride } from '../plan/make-plan.ts';
import { FILES, writeWhole } from '../run/store.ts';
import { type ClusterName, clusterOf, parseCluster, takeCluster } from './clusters.ts';
import { collectDockerHost, DOCKER_HOST_FLAG } from './docker-host.ts';
import { claimFolder, errorCode, readText } from './files.ts';
import { once } from './flags.ts';
import type { CliIo, Finish } from './io.ts';
import { KNOWLEDGE } from './parts.ts';
import {
  drawSeed,
  parseFaultEvery,
  parseFaultFor,
  parseLoadRate,
  parseNodes,
  parseOverride,
  parsePort,
  parseProfile,
  parseProtocols,
  parseScenario,
  parseSeed,
  parseTime,
  parseWorkloads,
} from './plan-request.ts';
import { runAndShow } from './run-and-show.ts';

const EXAMPLES = `
Examples:
  hearsay nemesis --partition --loss 0.1              the main job: 7 members, 30 s, real processes
  hearsay nemesis --cluster sim --time 5m --churn 6/min --seed 42
  hearsay nemesis --protocol swim --kill minority --restart-without-state
  hearsay nemesis --delay 50ms,20ms --bandwidth 1mbit --fault-every 10s --fault-for 4s
  hearsay nemesis --protocol bracha --nodes 7 --byzantine 2:equivocate
  hearsay nemesis --scenario sensors --loss 0.1
  hearsay nemesis --partition ring --plan-only --out my-plan
  hearsay nemesis --plan my-plan/plan.json --json

Units: times 500ms, 30s, 2m; shares 0.1 or 10%; rates 10/s or 6/min; bandwidth 64kbit, 1mbit (1mbps: megabytes).
Faults combine and overlap. By default a link fault lasts from 5% to 95% of the load, a partition from 20% to 70%,
pauses, slowness, starvation and full disks from 30% to 60%, kills and clock faults from 20% to 80%, churn from 10% to 90%,
and liars lie throughout.
`;

/** Flags that a saved plan has already answered. */
const PLANNING = [
  'scenario',
  'nodes',
  'time',
  'protocol',
  'profile',
  'set',
  'workload',
  'rate',
  'seed',
  'faultEvery',
  'faultFor',
  'restartWithoutState',
] as const;

export function addNemesisCommand(program: Command, io: CliIo, finish: Finish): void {
  const command = program
    .command('nemesis')
    .description('run a cluster under faults and judge what it did')
    .option(
      '--cluster <kind>',
      'sim (virtual time), local (processes), netns (and namespaces), docker (containers), auto (default local)',
      once('--cluster', parseCluster),
    )
    .option(
      '--scenario <name>',
      'an architecture by its name: its members, protocols, overlay, links and load (hearsay list)',
      once('--scenario', parseScenario),
    )
    .option('--nodes <count>', "members (default 7, or the scenario's own)", once('--nodes', parseNodes))
    .option(
      '--time <duration>',
      "how long load and faults last (default 30s, or the scenario's own)",
      once('--time', parseTime),
    )
    .option(
      '--protocol <names>',
      'one, several with commas, or suite (default suite)',
      once('--protocol', parseProtocols),
    )
    .option('--profile <name>', 'settings: quick or default (default quick)', once('--profile', parseProfile))
    .option('--set <setting>', 'changes one setting: swim.probeIntervalMs=500; may be repeated', collectOverride)
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
    .option('--seed <text>', 'names every random draw (default drawn, always printed)', once('--seed', parseSeed));
  const faults = addFaultFlags(command);
  command
    .option('--restart-without-state', '--kill: members come back as new lives, with nothing')
    .option('--fault-every <duration>', 'repeats each fault this often', once('--fault-every', parseFaultEvery))
    .option(
      '--fault-for <duration>',
      'each fault lasts this long (default half of --fault-every)',
      once('--fault-for', parseFaultFor),
    )
    .option('--slo <file>', 'judges the metrics by this SLO file', once('--slo', asPath))
    .option('--out <folder>', 'writes here (default runs/TIME-SEED)', once('--out', asPath))
    .option('--json', 'prints the verdict as one JSON object on stdout, and all else on stderr')
    .option(
      '--plan <file>',
      'runs this saved plan; the flags that make a plan must then be absent',
      once('--plan', asPath),
    )
    .option('--plan-only', 'writes the plan to stdout, or to plan.json in --out, and stops')
    .option(
      '--port <base>',
      'local: members get this UDP port and those above it (default free ones)',
      once('--port', parsePort),
    )
    .option('--no-calibrate', 'netns, docker: does not measure, before the run, what each planned fault of links does')
    .option(
      DOCKER_HOST_FLAG,
      'docker: engine that runs the members (default DOCKER_HOST); several of one Swarm share them',
      collectDockerHost,
    )
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      const options: Options = command.opts();
      const plan =
        options.plan === undefined
          ? planFromFlags(options, faults(), io)
          : await planFromFile(options.plan, options, faults());
      const cluster = await placeOf(options, plan, io);
      checkPlacement(options, cluster, plan);
      if (options.planOnly === true) {
        writePlan(plan, options.out, io);
        return;
      }
      finish(await runAndShow(plan, { ...options, cluster }, io));
    });
}

interface Options {
  readonly cluster?: ClusterName | 'auto' | undefined;
  readonly scenario?: Scenario | undefined;
  readonly nodes?: number | undefined;
  readonly time?: number | undefined;
  readonly protocol?: readonly string[] | undefined;
  readonly profile?: 'quick' | 'default' | undefined;
  readonly set?: readonly SettingOverride[] | undefined;
  readonly workload?: readonly string[] | undefined;
  readonly rate?: number | undefined;
  readonly seed?: string | undefined;
  readonly restartWithoutState?: true | undefined;
  readonly faultEvery?: number | undefined;
  readonly faultFor?: number | undefined;
  readonly slo?: string | undefined;
  readonly out?: string | undefined;
  readonly json?: true | undefined;
  readonly plan?: string | undefined;
  readonly planOnly?: true | undefined;
  readonly port?: number | undefined;
  readonly dockerHost?: readonly string[] | undefined;
  readonly calibrate?: boolean | undefined;
}

function asPath(text: string): string {
  if (text.trim() === '') throw new UserError('a path is empty', undefined, 'name a file or folder');
  return text;
}

function collectOverride(text: string, previous: readonly SettingOverride[] | undefined): readonly SettingOverride[] {
  const override = parseOverride(text);
  if (previous?.some(({ protocol, key }) => protocol === override.protocol && key === override.key)) {
    throw new UserError('--set changes one setting twice', text, 'change it once');
  }
  return [...(previous ?? []), override];
}

/** Registers each nemesis' flag; returns how to read what was asked for, in the registry's order. */
function addFaultFlags(command: Command): () => RequestedFault[] {
  const options = NEMESES.map((nemesis) => {
    const option = new Option(nemesis.flag, nemesis.doc);
    const flag = `--${option.name()}`;
    command.addOption(
      option.argParser(once<RequestedFault>(flag, (text) => ({ nemesis, argument: nemesis.parse(text) }))),
    );
    return { nemesis, key: option.attributeName() };
  });
  return () =>
    options.flatMap(({ nemesis, key }) => {
      const given: unknown = command.getOptionValue(key);
      if (given === undefined) return [];
      return given === true ? [{ nemesis, argument: nemesis.parse(true) }] : [given as RequestedFault];
    });
}

function planFromFlags(options: Options, faults: readonly RequestedFault[], io: CliIo): Plan {
  if (options.restartWithoutState === true && !faults.some(({ nemesis }) => nemesis.type === 'kill')) {
    throw new UserError(
      '--restart-without-state changes nothing without --kill',
      undefined,
      'add --kill or leave it out',
    );
  }
  if (faults.length === 0 && (options.faultEvery ?? options.faultFor) !== undefined) {
    throw new UserError(
      '--fault-every and --fault-for change nothing without a fault',
      undefined,
      'add one, such as --loss 0.1',
    );
  }
  const { scenario } = options;
  if (scenario !== undefined) checkScenarioFlags(scenario, options);
  const seed = options.seed ?? drawSeed();
  const plan = makePlan(
    {
      seed,
      nodes: options.nodes ?? scenario?.nodes.usual ?? 7,
      timeMs: options.time ?? scenario?.timeMs ?? 30_000,
      protocols: scenario?.protocols ?? options.protocol ?? parseProtocols('suite'),
      profile: options.profile ?? 'quick',
      overrides: options.set ?? [],
      workloads: scenario?.workloads ?? options.workload,
      ratePerSecond: options.rate,
      faults,
      faultEveryMs: options.faultEvery,
      faultForMs: options.faultFor,
      withoutState: options.restartWithoutState === true,
      scenario,
    },
    KNOWLEDGE,
  );
  if (options.planOnly === true) io.stderr.write(`seed ${seed}\n`);
  return plan;
}

/** What a scenario is made of is not to be chosen beside it. */
function checkScenarioFlags(scenario: Scenario, options: Options): void {
  const given = options.protocol ?? options.workload;
  if (given === undefined) return;
  const [flag, own] =
    options.protocol === undefined
      ? ['--workload', 'its protocols have them']
      : ['--protocol', `it runs ${scenario.protocols.join(', ')}`];
  throw new UserError(
    `--scenario ${scenario.name} has already decided what this flag asks for`,
    `${flag} ${given.join(',')}`,
    `leave the flag out (${own}), or edit the plan that --plan-only writes`,
  );
}

async function planFromFile(path: string, options: Options, faults: readonly RequestedFault[]): Promise<Plan> {
  const flags = PLANNING.filter((key) => options[key] !== undefined).map((key) =>
    key.replace(/[A-Z]/g, '-$&').toLowerCase(),
  );
  const [extra] = [...flags, ...faults.map(({ nemesis }) => nemesis.type)];
  if (extra !== undefined) {
    throw new UserError(
      '--plan has already decided what this flag asks for',
      `--${extra}`,
      'leave the flag out, or edit the plan',
    );
  }
  return parsePlan(readText(path, 'the plan file'), path, KNOWLEDGE);
}

async function placeOf(options: Options, plan: Plan, io: CliIo): Promise<ClusterName> {
  // A plan is made for every cluster alike.
  if (options.cluster === 'auto' && options.planOnly === true) return 'local';
  return takeCluster(options, plan.members.length, io);
}

/** What depends on both the plan and the cluster. */
function checkPlacement(options: Options, cluster: ClusterName, plan: Plan): void {
  const nodes = plan.members.length;
  if (cluster !== 'local' && options.port !== undefined) {
    const why = cluster === 'sim' ? 'sim has none' : `${cluster} has every port to itself`;
    throw new UserError(
      `--port is for sockets of this machine, and ${why}`,
      String(options.port),
      'leave it out or take --cluster local',
    );
  }
  if (cluster !== 'docker' && options.dockerHost !== undefined) {
    const mend = 'leave it out, or take --cluster docker';
    throw new UserError('--docker-host is for containers', options.dockerHost.join(' '), mend);
  }
  const { mostNodes } = clusterOf(cluster);
  if (nodes > mostNodes && options.planOnly !== true) {
    const mend = `take at most ${mostNodes}, or --cluster sim`;
    throw new UserError('one machine does not carry that many member processes', String(nodes), mend);
  }
  if (options.port !== undefined && options.port + nodes - 1 > 65_535) {
    throw new UserError(
      '--port leaves too few ports for all members',
      String(options.port),
      `take at most ${65_536 - nodes}`,
    );
  }
}

function writePlan(plan: Plan, out: string | undefined, io: CliIo): void {
  const text = `${JSON.stringify(plan, null, 1)}\n`;
  if (out === undefined) {
    io.stdout.write(text);
    return;
  }
  const folder = claimFolder(out, 'choose a new folder that can be written with --out');
  try {
    writeWhole(join(folder.path, FILES.plan), text);
  } catch (error) {
    folder.abandon();
    throw new UserError(`the plan cannot be written (${errorCode(error)})`, out, 'make room, or choose another folder');
  }
  io.stderr.write(`plan: ${join(out, FILES.plan)}\n`);
}
