/**
 * One run of Lifeguard's experiments (Dadgar, Phillips, Currey, arXiv 1707.00788, section V) on the protocol `consul` in
 * `sim`: members rest, then some of them block before each send and after each receive, all at the same times.
 */
import { consul } from '../../../impl/consul/consul.ts';
import type { ConsulSettings } from '../../../impl/consul/settings.ts';
import type { AnyProtocol, Data } from '../../../impl/protocol.ts';
import { createOpenSim } from '../../clusters/sim/sim.ts';
import type { ClusterEvents } from '../../model/cluster.ts';
import type { SlowFault } from '../../model/fault.ts';
import type { TrafficLine } from '../../model/history.ts';
import type { Plan } from '../../model/plan.ts';
import { split } from '../../model/rng.ts';

const NS_PER_MS = 1e6;
const CHANNEL = 'consul';
/** Links of a data centre. */
const NETWORK = { latencyMs: 0.5, jitterMs: 0.5 };

export interface Experiment {
  readonly members: number;
  readonly settings: ConsulSettings;
  /** C: slowed members, drawn from all. */
  readonly slowed: number;
  /** D: they are blocked for so long ... */
  readonly blockMs: number;
  /** I: ... and free for so long, in turns. */
  readonly freeMs: number;
  /** From the start to the first block. */
  readonly restMs: number;
  /** From the first block to the end. */
  readonly timeMs: number;
  readonly seed: string;
}

export interface ExperimentResult {
  /** Members declared dead that were not slowed, each time at each member that came to hold it. */
  readonly falsePositives: number;
  /** Those of them at members that were not slowed either. */
  readonly falseAtHealthy: number;
  /** From the first block's start to the first member that is not slowed holding it dead; of each slowed one, within that block. */
  readonly firstDetectionsMs: readonly number[];
  /** Sent by all members from the first block on. */
  readonly messages: number;
  readonly bytes: number;
}

/** Pure: the same experiment gives the same result. */
export function playExperiment(experiment: Experiment): ExperimentResult {
  const { restMs, timeMs, blockMs } = experiment;
  const plan = planOf(experiment);
  const [fault] = plan.faults as readonly [SlowFault];
  const slowed = new Set(fault.targets);
  const first = new Map<string, number>();
  let falsePositives = 0;
  let falseAtHealthy = 0;
  let messages = 0;
  let bytes = 0;
  let failure: Error | undefined;
  const nothing = (): void => undefined;
  const events: ClusterEvents = {
    up: nothing,
    down(member, _life, _time, expected, reason) {
      if (!expected) failure ??= new Error(`${member} went down: ${reason}`);
    },
    reply: nothing,
    observe(member, _life, _channel, observation, time) {
      if (observation.kind !== 'status' || observation.status !== 'dead') return;
      const { subject } = observation;
      if (!slowed.has(subject)) {
        falsePositives++;
        if (!slowed.has(member)) falseAtHealthy++;
        return;
      }
      const sinceMs = time / NS_PER_MS - restMs;
      if (sinceMs >= 0 && sinceMs <= blockMs && !slowed.has(member) && !first.has(subject)) first.set(subject, sinceMs);
    },
    view: nothing,
    traffic(line: TrafficLine) {
      if (line.since < restMs * NS_PER_MS) return;
      for (const [count, size] of Object.values(line.sent)) {
        messages += count;
        bytes += size;
      }
    },
    links: nothing,
    failed(error) {
      failure ??= error;
    },
  };
  const protocols = new Map<string, AnyProtocol>([[CHANNEL, consul]]);
  const cluster = createOpenSim(protocols)({ plan, events, directory: undefined });
  for (const { name } of plan.members) cluster.start(name, 1, 1, false);
  cluster.at(restMs * NS_PER_MS, () => cluster.setFaults(1, plan.faults));
  cluster.at((restMs + timeMs) * NS_PER_MS + 1, () => cluster.finish());
  cluster.run();
  if (failure !== undefined) throw failure;
  return { falsePositives, falseAtHealthy, firstDetectionsMs: [...first.values()], messages, bytes };
}

function planOf({ members, settings, slowed, blockMs, freeMs, restMs, timeMs, seed }: Experiment): Plan {
  const names = Array.from({ length: members }, (_, index) => `n${index + 1}`);
  const endMs = restMs + timeMs;
  return {
    format: 'hearsay-plan',
    version: 1,
    seed,
    members: names.map((name) => ({ name, startAtMs: 0 })),
    channels: [{ name: CHANNEL, protocol: 'consul', settings: settings as { readonly [key: string]: Data } }],
    workloads: [],
    operations: [],
    faults: [
      {
        id: 'slow',
        type: 'slow',
        targets: split(seed, 'slowed').sample(names, slowed),
        atMs: restMs,
        untilMs: endMs,
        blockMs,
        everyMs: blockMs + freeMs,
      },
    ],
    operationTimeoutMs: 1000,
    closing: { healAtMs: endMs, pollEveryMs: 1000, deadlineMs: 1000 },
    network: NETWORK,
  };
}
