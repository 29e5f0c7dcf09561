/**
 * The `local` cluster: members are processes of this machine that talk over loopback, faults are made by a shim in front
 * of each member's socket. Needs no root, no container, no particular system.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Cluster, ClusterOptions, OpenCluster } from '../../model/cluster.ts';
import { InvariantError, UnavailableError } from '../../model/errors.ts';
import { Guard } from './guard.ts';
import { LocalCluster, type StartFailure } from './local-cluster.ts';
import { programPath } from './program-path.ts';

export interface LocalOptions {
  /** Members get this port and those above it, in the plan's order; absent: free ports are chosen. */
  readonly basePort?: number | undefined;
  /** The program that members run; absent: the compiled one of this package. */
  readonly program?: string | undefined;
  /** How long a member may take to be ready, ms; absent: far longer than a start takes on a busy machine. */
  readonly startDeadlineMs?: number | undefined;
}

/** Processes that start at a time: more of them would only wait for each other. */
const STARTS_PER_CORE = 3;
const START_DEADLINE_MS = 30_000;

/** Throws UnavailableError where a port is taken or the programs were never built. */
export const openLocal: OpenCluster = createOpenLocal({});

export function createOpenLocal(local: LocalOptions): OpenCluster {
  return async (options: ClusterOptions): Promise<Cluster> => {
    const program = local.program ?? programPath('member.js');
    const directory = resolve(options.directory ?? mkdtempSync(join(tmpdir(), 'hearsay-')));
    const temporary = options.directory === undefined;
    for (const part of ['members', 'state']) mkdirSync(join(directory, part), { recursive: true });
    const guard = new Guard();
    if (temporary) guard.ownDirectory(directory);
    const cluster = new LocalCluster({
      ...options,
      directory,
      program,
      guard,
      basePort: local.basePort,
      cluster: randomBytes(4).readUInt32BE(),
      secret: randomBytes(32).toString('hex'),
      dispose: () => {
        if (temporary) rmSync(directory, { recursive: true, force: true });
      },
    });
    try {
      await startAll(
        cluster,
        options.plan.members.map((member) => member.name),
        local.startDeadlineMs ?? START_DEADLINE_MS,
      );
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  };
}

async function startAll(cluster: LocalCluster, names: readonly string[], deadlineMs: number): Promise<void> {
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
      throw new InvariantError(`member ${name} did not start: ${failure.reason}`);
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
