/** The engines of a run, made ready for it: the members' image on each, their network, the way to it, their clocks. */
import type Docker from 'dockerode';
import { KERNEL_PARTS, type KernelCapabilities } from '../../../nemesis/linux/capabilities.ts';
import { InvariantError } from '../../model/errors.ts';
import { connectEngine, engineHost } from './engine.ts';
import { EngineClocks } from './engine-clocks.ts';
import { ensureImage } from './image.ts';
import { removeLeftovers } from './leftovers.ts';
import { createNetwork, createOverlay, type RunNetwork } from './network.ts';
import { Outpost } from './outpost.ts';
import { examineReach, type Reach, type ReachMode } from './reach.ts';
import { findSwarm } from './swarm.ts';

export interface RunHost {
  /** As in DOCKER_HOST. */
  readonly host: string;
  readonly engine: Docker;
  readonly image: string;
}

/** What is there before anything of a run is made. */
export interface ConnectedHost {
  readonly host: string;
  readonly engine: Docker;
}

/** `asked`: as in DOCKER_HOST; none: that of DOCKER_HOST, or the machine's own. Throws UnavailableError. */
export async function connectHosts(asked: readonly string[] = []): Promise<readonly ConnectedHost[]> {
  const hosts = (asked.length === 0 ? [undefined] : asked).map((host) => engineHost(host));
  return Promise.all(hosts.map(async (host) => ({ host, engine: await connectEngine(host) })));
}

/** The image on each, and what earlier runs left when they were killed is gone. */
export async function readyHosts(connected: readonly ConnectedHost[]): Promise<readonly RunHost[]> {
  const engines = connected.map(({ engine }) => engine);
  const readying = connected.map(async ({ host, engine }) => ({
    host,
    engine,
    image: (await ensureImage(engine)).name,
  }));
  const [hosts] = await Promise.all([Promise.all(readying), removeLeftovers(engines, 'orphans')]);
  return hosts;
}

/** The host of the plan's i-th member: in turn. */
export function hostOf<T>(hosts: readonly T[], index: number): T {
  const host = hosts[index % hosts.length];
  if (host === undefined) throw new InvariantError('a run on no engine');
  return host;
}

export interface Deck {
  readonly network: RunNetwork;
  readonly reach: Reach;
  /** Only where there are several engines: what watches from each of them. */
  readonly outposts: ReadonlyMap<RunHost, Outpost>;
  readonly clocks: EngineClocks | undefined;
}

export interface DeckOptions {
  readonly run: string;
  readonly members: readonly string[];
  /** Folder of this machine that members are to read their clocks from; undefined: nobody's clock is to be turned. */
  readonly clocks: string | undefined;
  readonly mode: ReachMode | undefined;
}

/** What it made before it threw is labelled with the run, and the caller's to remove. */
export async function prepareDeck(hosts: readonly RunHost[], options: DeckOptions): Promise<Deck> {
  const { run, clocks, members } = options;
  const several = hosts.length > 1;
  const making = several
    ? findSwarm(hosts).then((swarm) => createOverlay(swarm, run))
    : createNetwork(hostOf(hosts, 0).engine, run);
  const looking = hosts.map(({ engine, image }) =>
    // One way everywhere: on another machine there is only the helpers'.
    examineReach(engine, { image, run, clocks, mode: several ? 'helper' : options.mode }),
  );
  // Whatever fails, nothing is still being made when it is told.
  await Promise.allSettled([making, ...looking]);
  const [network, reaches] = await Promise.all([making, Promise.all(looking)]);
  const reach = commonReach(reaches);
  if (!several) return { network, reach, outposts: new Map(), clocks: undefined };
  const outposts = new Map<RunHost, Outpost>();
  for (const host of hosts) {
    outposts.set(host, await Outpost.start(host.engine, { image: host.image, run, network: network.name }));
  }
  const clocked = [...outposts].map(([host, outpost]) => ({
    host: host.host,
    members: members.filter((_, index) => hostOf(hosts, index) === host),
    compare: () => outpost.compareClocks(),
  }));
  return { network, reach, outposts, clocks: await EngineClocks.start(clocked) };
}

/** What can be done on all of them. */
function commonReach(reaches: readonly Reach[]): Reach {
  const [first] = reaches;
  if (first === undefined) throw new InvariantError('a run on no engine');
  return {
    ...first,
    capabilities: commonCapabilities(reaches.map((reach) => reach.capabilities)),
    turnsClocks: reaches.every((reach) => reach.turnsClocks),
  };
}

function commonCapabilities(all: readonly KernelCapabilities[]): KernelCapabilities {
  const lacking = (part: (typeof KERNEL_PARTS)[number]) => all.find(({ parts }) => !parts.has(part));
  return {
    parts: new Set(KERNEL_PARTS.filter((part) => lacking(part) === undefined)),
    reasons: new Map(
      KERNEL_PARTS.flatMap((part) => {
        const without = lacking(part);
        return without === undefined ? [] : [[part, without.reasons.get(part) ?? 'refused without a word'] as const];
      }),
    ),
  };
}
