/**
 * Where the members of a real cluster live: how one is launched, where the others find it, and who makes its faults. All
 * else (seats, boots, batches of reports, the guardian, real time) is the same for every real cluster: real-cluster.ts.
 */
import type { Calibration } from '../../model/calibration.ts';
import type { DeviceCounters } from '../../model/counters.ts';
import type { PlannedFault } from '../../model/fault.ts';
import type { HostClock } from '../../model/history.ts';
import type { ControllerCommand, MemberReport } from '../../node/control.ts';

/** What a member's process lets be known. */
export interface MemberEvents {
  report(report: MemberReport): void;
  /** It is gone, and everything it wrote has been reported. `ending`: `exit code 1`, `SIGKILL`, ... */
  ended(ending: string): void;
  /** It wrote what is no report. */
  garbled(line: string): void;
}

/** One process that runs a member's program. No call throws, also not once the process is gone. */
export interface MemberHandle {
  /** For the guardian to kill; undefined: there is no such process on this machine, or it could not be started. */
  readonly pid: number | undefined;
  /** Resolves after `MemberEvents.ended`. */
  readonly ended: Promise<void>;
  /** In order; what comes before the process can listen waits. */
  send(command: ControllerCommand): void;
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
}

/** Which boot of a member is to be launched. */
export interface Launch {
  readonly member: string;
  readonly life: number;
  readonly boot: number;
  /** Hand back this life's records; else the life begins with none. */
  readonly restore: boolean;
}

export interface Address {
  /** Literal IPv4. */
  readonly host: string;
  /** undefined: the member chooses a free one, and says which. */
  readonly port: number | undefined;
}

/** Makes faults outside the members' programs: in the kernel. Calls of one run follow each other, none overlap. */
export interface FaultMaker {
  /** Whether it makes this fault; the members' own programs are told of all others, and make them themselves. */
  makes(fault: PlannedFault): boolean;
  /** How long a fault that it makes may hold a datagram back before this has met the others' rules at its receiver, ms. */
  holdsMs(fault: PlannedFault): number;
  /**
   * From here these faults, all of which it makes, and no others act. Resolves when they do. May be called with what
   * acts already. `askedAgoMs`: since when they should; what grows with time (a drift) counts from there.
   */
  apply(active: readonly PlannedFault[], askedAgoMs: number): Promise<void>;
  /** A member has a new process, whose protocols have not started: what acts must act on it too. */
  restarted(member: string, active: readonly PlannedFault[]): Promise<void>;
  /** Called once, before any fault: whom to tell that faults are not made any more, which ends the run. */
  onFailure?(failed: (error: Error) => void): void;
  /**
   * Called once, when all members are ready and before any protocol starts: what faults do, each alone. Nothing is in
   * force afterwards. undefined: there is nothing to tell.
   */
  calibrate?(): Promise<Calibration | undefined>;
}

/** Of members' hosts, where these are not all this machine. */
export interface SiteClocks {
  /** How far the clocks of a member's host are ahead of the controller's: how its times are converted, all through a run. */
  aheadOf(member: string): { readonly monotonicNs: bigint; readonly wallMs: number };
  /** What was found when they were last compared. */
  readonly latest: readonly HostClock[];
  /** Compares them again. Does not reject; a host that does not answer keeps what was found last. */
  compare(): Promise<void>;
}

export interface Site {
  /** Name of the cluster. */
  readonly kind: string;
  /** Asked before each launch, and again when the member is ready; only then need `host` be what others can reach. */
  addressOf(member: string): Address;
  /** Where that life's records are, as the member's program sees it. */
  stateFile(member: string, life: number): string;
  /** Starts a process; sees to it that a life that is not to be restored finds no records. */
  launch(launch: Launch, events: MemberEvents): MemberHandle;
  /** undefined: members are told of every fault. */
  readonly faults: FaultMaker | undefined;
  /** Absent: every member's clocks are this machine's own. */
  readonly clocks?: SiteClocks | undefined;
  /** By member, what the kernel has counted so far; absent: it does not count for each. */
  counters?(): Promise<ReadonlyMap<string, DeviceCounters>>;
  /** Called once, after every process has ended: nothing of the site remains. Does not reject. */
  close(): Promise<void>;
}
