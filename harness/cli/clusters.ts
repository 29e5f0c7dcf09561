/** The clusters there are, the most real first; each is loaded only when it is wanted. */
import type { Environment, MachinePart } from '../clusters/machine-part.ts';
import type { OpenCluster } from '../model/cluster.ts';
import { UnavailableError, UserError } from '../model/errors.ts';
import type { CliIo } from './io.ts';

export type ClusterName = 'docker' | 'netns' | 'local' | 'sim';

export interface ClusterFlags {
  /** `local`: the first of a row of ports. */
  readonly basePort?: number | undefined;
  /** `docker`: addresses of engines, as in DOCKER_HOST. */
  readonly dockerHosts?: readonly string[] | undefined;
  /** Where the kernel makes faults: measure before time zero what each does. */
  readonly calibrate?: boolean | undefined;
}

export interface ClusterEntry {
  readonly name: ClusterName;
  readonly summary: string;
  /** Members that a laptop still carries in it. */
  readonly mostNodes: number;
  /** What it needs of this machine. */
  parts(environment: Environment): Promise<readonly MachinePart[]>;
  open(flags: ClusterFlags): Promise<OpenCluster>;
}

export const CLUSTERS: readonly ClusterEntry[] = [
  {
    name: 'docker',
    summary: 'a container for each member; faults by the Linux kernel',
    mostNodes: 60,
    parts: async (environment) => (await import('../clusters/docker/machine.ts')).dockerParts(environment),
    open: async ({ dockerHosts, calibrate }) =>
      (await import('../clusters/docker/docker.ts')).createOpenDocker({ hosts: dockerHosts, calibrate }),
  },
  {
    name: 'netns',
    summary: 'a process for each member, in a network namespace of its own; faults by the Linux kernel',
    mostNodes: 200,
    parts: async (environment) => (await import('../clusters/netns/machine.ts')).netnsParts(environment),
    open: async ({ calibrate }) => (await import('../clusters/netns/netns.ts')).createOpenNetns({ calibrate }),
  },
  {
    name: 'local',
    summary: 'a process for each member, on loopback; needs no root',
    mostNodes: 300,
    parts: async () => (await import('./doctor-parts.ts')).localParts(),
    open: async ({ basePort }) => (await import('../clusters/local/local.ts')).createOpenLocal({ basePort }),
  },
  {
    name: 'sim',
    summary: 'virtual time in one thread',
    mostNodes: Number.POSITIVE_INFINITY,
    parts: async () => [],
    open: async () => (await import('./open-patient-sim.ts')).openPatientSim,
  },
];

/** What is not there, and not optional. */
export function lacking(parts: readonly MachinePart[]): MachinePart[] {
  return parts.filter((part) => !part.found && part.optional !== true);
}

export function parseCluster(text: string): ClusterName | 'auto' {
  if (text === 'auto') return text;
  const entry = CLUSTERS.find(({ name }) => name === text);
  if (entry !== undefined) return entry.name;
  const names = CLUSTERS.map(({ name }) => name).reverse();
  const mend = `take ${names.join(', ')} or auto; hearsay doctor says what this machine offers`;
  throw new UserError('--cluster is not known', text, mend);
}

export function clusterOf(name: ClusterName): ClusterEntry {
  const entry = CLUSTERS.find((candidate) => candidate.name === name);
  if (entry === undefined) throw new RangeError(`no cluster ${name}`);
  return entry;
}

export interface Choice {
  readonly cluster: ClusterName;
  /** A sentence for each more real one, why it was not taken. */
  readonly passedOver: readonly string[];
}

/**
 * The most real cluster that this machine offers to so many members. Never `sim`, which is no less than a choice. Engines
 * that were named are a choice as well: `docker`, whatever this machine lacks.
 */
export async function chooseCluster(
  nodes: number,
  environment: Environment,
  dockerHosts?: readonly string[],
): Promise<Choice> {
  if (dockerHosts !== undefined) return { cluster: 'docker', passedOver: [] };
  const passedOver: string[] = [];
  for (const { name, mostNodes, parts } of CLUSTERS) {
    if (name === 'sim') continue;
    if (nodes > mostNodes) {
      passedOver.push(`not ${name}: it carries at most ${mostNodes} members`);
      continue;
    }
    const [missing] = lacking(await parts(environment));
    if (missing === undefined) return { cluster: name, passedOver };
    passedOver.push(`not ${name}: it lacks ${missing.name} (${missing.mend})`);
  }
  throw new UnavailableError(
    'this machine offers no cluster of real processes',
    String(nodes),
    `${passedOver.join('; ')}; --cluster sim needs nothing`,
  );
}

export interface ClusterChoiceFlags {
  readonly cluster?: ClusterName | 'auto' | undefined;
  readonly dockerHost?: readonly string[] | undefined;
}

/** The cluster that flags ask for; for `auto` the choice and its reasons are told. */
export async function takeCluster(
  { cluster, dockerHost }: ClusterChoiceFlags,
  nodes: number,
  io: Pick<CliIo, 'environment' | 'stderr'>,
): Promise<ClusterName> {
  if (cluster !== 'auto') return cluster ?? 'local';
  const choice = await chooseCluster(nodes, io.environment, dockerHost);
  io.stderr.write(`cluster ${[choice.cluster, ...choice.passedOver].join('; ')}\n`);
  return choice.cluster;
}
