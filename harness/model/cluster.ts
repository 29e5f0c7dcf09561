/**
 * The cluster contract: what can run members and hurt them. A director (harness/run) owns the plan and the history; a
 * cluster only does what it is told and reports what happened. Callbacks, not promises, so that the simulator stays one
 * synchronous loop.
 */
import type { Data, Observation, Outcome } from '../../impl/protocol.ts';
import type { Calibration } from './calibration.ts';
import type { KernelCounters } from './counters.ts';
import type { PlannedFault } from './fault.ts';
import type { ClocksLine, LatenessLine, LinksLine, OverrunLine, TrafficLine } from './history.ts';
import type { Plan } from './plan.ts';

/** Times in ns since the run's start. */
export interface ClusterEvents {
  /** A boot of this life runs its protocols. */
  up(member: string, life: number, boot: number, time: number): void;
  /** The member's process is gone: because it was told (`expected`), or by itself, and then with the reason. */
  down(member: string, life: number, time: number, expected: boolean, reason: string): void;
  reply(member: string, operation: number, outcome: Outcome, time: number): void;
  observe(member: string, life: number, channel: string, observation: Observation, time: number): void;
  view(
    member: string,
    life: number,
    round: number,
    channel: string,
    digest: string,
    view: Data | undefined,
    time: number,
  ): void;
  traffic(line: TrafficLine): void;
  links(line: LinksLine): void;
  /** Some members were still in that epoch when the rules of the next one were made; only where a kernel makes them. */
  overrun?(line: OverrunLine): void;
  /** How late the controller was; only where there is a machine that can be late. */
  lateness?(line: LatenessLine): void;
  /** How far times of members on different hosts can be compared; never where all are on one. */
  clocks?(line: ClocksLine): void;
  /** Something in the harness itself went wrong; the run ends with exit code 70. */
  failed(error: Error): void;
}

/**
 * A running cluster. Every call takes effect as soon as it can; none throws for a member that is down or paused (an
 * operation to one that is down must be refused by the director, who knows).
 */
export interface Cluster {
  readonly kind: string;
  /** ns since the run's start. */
  now(): number;
  /** Calls back at that time, or at once when it has passed. Equal times: in the order of the calls. */
  at(time: number, callback: () => void): void;
  /** Boots a member. `restore`: hand back the life's records. Answered by `up`. */
  start(member: string, life: number, boot: number, restore: boolean): void;
  /** SIGKILL, or the like: nothing more leaves the member. Answered by `down`. */
  kill(member: string): void;
  /** The member flushes its traffic and links lines and ends. Answered by `down`. */
  stop(member: string): void;
  /** The protocols hear `leave`; the member goes on until `stop`. */
  leave(member: string): void;
  pause(member: string): void;
  resume(member: string): void;
  /** From here these faults, and no others, act on links, clocks, and members' behaviour; kills and pauses are not here. */
  setFaults(epoch: number, active: readonly PlannedFault[]): void;
  invoke(member: string, operation: number, channel: string, f: string, value: Data): void;
  /** Asks for digests (and views, when `full`) of every channel. */
  poll(member: string, round: number, full: boolean): void;
  /**
   * Runs until `finish` is called or `events.failed`; leaves nothing behind, also when it throws. The simulator returns
   * only when all is done.
   */
  run(): void | Promise<void>;
  /** The director has seen enough: `run` returns. */
  finish(): void;
}

export interface ClusterOptions {
  readonly plan: Plan;
  readonly events: ClusterEvents;
  /** A directory that this run owns, for logs and members' state; undefined: nothing is written. */
  readonly directory: string | undefined;
  /** Told, before time zero, what faults were seen to do; never called where that is not measured. */
  readonly onCalibration?: ((calibration: Calibration) => void) | undefined;
  /** Told what the kernel counted from time zero on, when all members have ended; never called where it is not known. */
  readonly onCounters?: ((counters: KernelCounters) => void) | undefined;
}

/** Brings up what must exist before time zero (processes, sockets), with no protocol running yet. */
export type OpenCluster = (options: ClusterOptions) => Cluster | Promise<Cluster>;
