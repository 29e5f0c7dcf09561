/** What runs have left in an engine: found by our labels, removed when the process that answers for it is gone. */
import type Docker from 'dockerode';
import { reasonOf, statusOf } from './engine.ts';
import { CONTENT_LABEL } from './image.ts';
import { isOrphan, RUN_LABEL } from './labels.ts';

export interface Removed {
  readonly containers: number;
  readonly networks: number;
  readonly volumes: number;
  /** What could not be removed, and why. */
  readonly failed: readonly string[];
}

/** Which runs: one by its name, those whose controller is gone, or every one. */
export type Which = { readonly run: string } | 'orphans' | 'all';

interface Found {
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly what: string;
  remove(): Promise<unknown>;
}

/**
 * Of engines that may be one Swarm, in their order. Containers first, on all of them: they hold the others, wherever these
 * are. Never touches what does not carry our label.
 */
export async function removeLeftovers(engines: readonly Docker[], which: Which): Promise<Removed[]> {
  const sweeps = engines.map((engine) => sweepOf(engine, which));
  const containers = await Promise.allSettled(sweeps.map((sweep) => sweep.containers()));
  const others = await Promise.allSettled(sweeps.map((sweep) => sweep.others()));
  for (const outcome of [...containers, ...others]) if (outcome.status === 'rejected') throw outcome.reason;
  return others.flatMap((other, i) => {
    const count = containers[i];
    if (other.status === 'rejected' || count?.status !== 'fulfilled') return [];
    return [{ ...other.value, containers: count.value }];
  });
}

/** By the whole text: a container's id in it is longer than what is told of a refusal. */
function isBeingRemoved(error: unknown): boolean {
  return statusOf(error) === 409 && error instanceof Error && /already in progress/.test(error.message);
}

const NOTHING: Removed = { containers: 0, networks: 0, volumes: 0, failed: [] };

function sweepOf(engine: Docker, which: Which) {
  const failed: string[] = [];
  const wanted = (found: Found): boolean => {
    if (found.labels?.[RUN_LABEL] === undefined) return false;
    if (which === 'all') return true;
    return which === 'orphans' ? isOrphan(found.labels) : found.labels[RUN_LABEL] === which.run;
  };
  const removeAll = async (all: readonly Found[]): Promise<number> => {
    const outcomes = await Promise.all(
      all.filter(wanted).map(async (found) => {
        try {
          await found.remove();
          return 1;
        } catch (error) {
          // Gone already, or being removed by the engine itself.
          if (statusOf(error) === 404 || isBeingRemoved(error)) return 0;
          failed.push(`${found.what}: ${reasonOf(error)}`);
          return 0;
        }
      }),
    );
    return outcomes.reduce<number>((total, one) => total + one, 0);
  };
  return {
    containers: async (): Promise<number> => {
      const removed = await removeAll(await listContainers(engine));
      await goneOrPatient(engine, wanted);
      return removed;
    },
    others: async (): Promise<Removed> => {
      const networks = await removeAll(await listNetworks(engine));
      const volumes = await removeAll(await listVolumes(engine));
      return { containers: 0, networks, volumes, failed };
    },
  };
}

/**
 * Of a run whose controller has just died: what it last asked the engine for may only be coming into being, so it is
 * looked for until, a while after, nothing more is found.
 */
export async function removeDeadRun(engines: readonly Docker[], run: string): Promise<Removed[]> {
  let totals = await removeLeftovers(engines, { run });
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_PASSES_MS));
    const more = await removeLeftovers(engines, { run });
    totals = totals.map((total, i) => plus(total, more[i] ?? NOTHING));
    if (more.every(({ containers, networks, volumes }) => containers + networks + volumes === 0)) break;
  }
  return totals;
}

function plus(total: Removed, more: Removed): Removed {
  return {
    containers: total.containers + more.containers,
    networks: total.networks + more.networks,
    volumes: total.volumes + more.volumes,
    failed: more.failed,
  };
}

const MOST_PASSES = 5;
const BETWEEN_PASSES_MS = 1000;
const FILTERS = { filters: { label: [RUN_LABEL] } };
const PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 50;

async function listContainers(engine: Docker): Promise<Found[]> {
  const containers = await engine.listContainers({ all: true, ...FILTERS });
  return containers.map((container) => ({
    labels: container.Labels,
    what: `container ${container.Names[0] ?? container.Id}`,
    remove: () => engine.getContainer(container.Id).remove({ force: true, v: true }),
  }));
}

async function listNetworks(engine: Docker): Promise<Found[]> {
  const networks = await engine.listNetworks(FILTERS);
  return networks.map((network) => ({
    labels: network.Labels,
    what: `network ${network.Name}`,
    remove: () => removeNetwork(engine, network.Id),
  }));
}

async function removeNetwork(engine: Docker, id: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      await engine.getNetwork(id).remove();
      return;
    } catch (error) {
      const reason = reasonOf(error);
      // What belongs to a Swarm is its managers' to remove, and vanishes here by itself.
      if (/not a swarm manager/i.test(reason)) throw Object.assign(new Error(reason), { statusCode: 404 });
      // To a Swarm a container that has gone was a task, which it takes a moment to end.
      if (!/in use by task/i.test(reason) || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}

async function listVolumes(engine: Docker): Promise<Found[]> {
  const { Volumes: volumes } = await engine.listVolumes(FILTERS);
  return (volumes ?? []).map((volume) => ({
    labels: volume.Labels,
    what: `volume ${volume.Name}`,
    remove: () => engine.getVolume(volume.Name).remove(),
  }));
}

/** Containers that end by themselves take a moment; a network cannot be removed before. */
async function goneOrPatient(engine: Docker, wanted: (found: Found) => boolean): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while ((await listContainers(engine)).some(wanted) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** Removes the members' images, under all their names, that no container uses; returns how many. */
export async function removeImages(engine: Docker): Promise<number> {
  const used = new Set((await engine.listContainers({ all: true })).map((container) => container.ImageID));
  const images = await engine.listImages({ filters: { label: [CONTENT_LABEL] } });
  const idle = images.filter(({ Id: id }) => !used.has(id));
  const outcomes = await Promise.allSettled(idle.map(({ Id: id }) => engine.getImage(id).remove({ force: true })));
  return outcomes.filter((outcome) => outcome.status === 'fulfilled').length;
}
