/** Brings up a real cluster: the run's directory, the guardian, the site, and every member's first process. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Cluster, ClusterOptions, OpenCluster } from '../../model/cluster.ts';
import { StartError, UnavailableError } from '../../model/errors.ts';
import type { Plan } from '../../model/plan.ts';
import { Guard } from './guard.ts';
import { RealCluster, type StartFailure } from './real-cluster.ts';
import type { Site } from './site.ts';

export interface Ground {
  readonly plan: Plan;
  /** Absolute; the run's own. `members/` is for logs, `state/` for members' records; both exist. */
  readonly directory: string;
  /** Kills what it was told to watch when the controller dies. */
  readonly guard: Guard;
  /** uint32, tells this run's datagrams from others'. */
  readonly cluster: number;
}

export interface RealOptions {
  /** How long a member may take to be ready, ms; absent: far longer than a start takes on a busy machine. */
  readonly startDeadlineMs?: number | undefined;
  /** Measure, before time zero, what each planned fault of links does, where the kernel makes them. */
  readonly calibrate?: boolean | undefined;
}

/** Processes that start at a time: more of them would only wait for each other. */
const STARTS_PER_CORE = 3;
const START_DEADLINE_MS = 30_000;

/** `openSite` rejects, leaving nothing behind, where it cannot be had: with UnavailableError where that is the machine's. */
export function createOpenReal(openSite: (ground: Ground) => Promise<Site>, real: RealOptions = {}): OpenCluster {
  return async (options: ClusterOptions): Promise<Cluster> => {
    const directory = resolve(options.directory ?? mkdtempSync(join(tmpdir(), 'hearsay-')));
    const temporary = options.directory === undefined;
    for (const part of ['members', 'state']) mkdirSync(join(directory, part), { recursive: true });
    const dispose = (): void => {
      if (temporary) rmSync(directory, { recursive: true, force: true });
    };
    const guard = new Guard();
    if (temporary) guard.ownDirectory(directory);
    const id = randomBytes(4).readUInt32BE();
    let site: Site;
    try {
      site = await openSite({ plan: options.plan, directory, guard, cluster: id });
    } catch (error) {
      await guard.end();
      dispose();
      throw error;
    }
    const cluster = new RealCluster({
      ...options,
      site,
      guard,
      cluster: id,
      secret: randomBytes(32).toString('hex'),
      dispose,
    });
    try {
      await startAll(
        cluster,
        options.plan.members.map((member) => member.name),
        real.startDeadlineMs ?? START_DEADLINE_MS,
      );
      await cluster.calibrate();
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  };
}

async function startAll(cluster: RealCluster, names: readonly string[], deadlineMs: number): Promise<void> {
  const waiting = [...names];
  const workers = Array.from({ length: STARTS_PER_CORE * availableParallelism() }, async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const failure = await withinDeadline(cluster.prepare(name), deadlineMs);
      if (failure === undefined) continue;
      waiting.length = 0;
      if (failure.portInUse !== undefined) {
        throw new UnavailableError(
          `port ${failure.portInUse} for member ${name} is in use`,
          undefined,
          'choose another base port, or none to have free ports chosen',
        );
      }
      throw new StartError(`member ${name} did not start: ${failure.reason}`);
    }
  });
  await Promise.all(workers);
  cluster.introduce();
}

/** A process that neither gets ready nor ends must not hold the run up for ever. */
async function withinDeadline(
  ready: Promise<StartFailure | undefined>,
  deadlineMs: number,
): Promise<StartFailure | undefined> {
  let alarm: NodeJS.Timeout | undefined;
  const late = new Promise<StartFailure>((resolveLate) => {
    const reason = `it was not ready within ${deadlineMs / 1000} s`;
    alarm = setTimeout(() => resolveLate({ reason, portInUse: undefined }), deadlineMs);
  });
  try {
    return await Promise.race([ready, late]);
  } finally {
    clearTimeout(alarm);
  }
}
