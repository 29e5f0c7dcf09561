/**
 * The history: append-only JSON lines. Times are ns since the run's start on the controller's monotonic clock. Lines of
 * one member stand in the order in which they happened; lines of different members are in near time order (the real
 * clusters' lines reach the controller through pipes), so a checker goes by `time`, not by position.
 *
 * The first line is the environment header, the only one that the history's hash leaves out; the last is `end`, and a
 * history without it was cut off.
 */
import type { Data, Observation } from '../../impl/protocol.ts';

export const HISTORY_FORMAT = 'hearsay-history';
export const HISTORY_VERSION = 1;

export interface EnvironmentLine {
  readonly type: 'environment';
  readonly format: typeof HISTORY_FORMAT;
  readonly version: typeof HISTORY_VERSION;
  readonly cluster: string;
  readonly hearsay: string;
  readonly node: string;
  readonly platform: string;
  readonly machine: string;
  /** ISO 8601; wall clock of the controller. */
  readonly startedAt: string;
}

/** A client's operation starts (`invoke`) or ends (`ok`: done, `fail`: certainly not done, `info`: not known). */
export interface InvokeLine {
  readonly type: 'invoke';
  readonly time: number;
  /** Jepsen's process: one operation at a time; a process whose operation ended in `info` is never used again. */
  readonly process: number;
  readonly op: number;
  readonly member: string;
  readonly workload: string;
  readonly channel: string;
  readonly f: string;
  readonly value: Data;
  /** When the plan wanted it, ns. Latency counts from here. */
  readonly planned: number;
}
export interface CompletionLine {
  readonly type: 'ok' | 'fail' | 'info';
  readonly time: number;
  readonly process: number;
  readonly op: number;
  readonly member: string;
  readonly f: string;
  readonly value?: Data | undefined;
  readonly error?: string | undefined;
}

/** What a member saw; `kind` and its fields as in impl/protocol.ts. */
export type ObserveLine = {
  readonly type: 'observe';
  readonly time: number;
  readonly member: string;
  readonly life: number;
  readonly channel: string;
} & Observation;

export interface FaultLine {
  readonly type: 'fault';
  readonly time: number;
  readonly fault: string;
  readonly kind: string;
  readonly event: 'start' | 'end';
}

/**
 * `up`: a boot of this life runs its protocols. `crash`: killed or died. `stop`: ended on purpose (leave, end of run).
 * `pause`, `resume`: stopped and continued. `leave`: was told to leave.
 */
export interface MemberLine {
  readonly type: 'member';
  readonly time: number;
  readonly member: string;
  readonly life: number;
  readonly event: 'up' | 'crash' | 'stop' | 'pause' | 'resume' | 'leave';
  /** `up`: counts the boots of this life from 1. */
  readonly boot?: number | undefined;
  readonly reason?: string | undefined;
}

export interface PhaseLine {
  readonly type: 'phase';
  readonly time: number;
  readonly phase: 'load' | 'heal' | 'final';
}

/** [messages, bytes] */
export type Count = readonly [number, number];

/** About once a second and at the end of each life's boot: what passed through a member since its last such line. */
export interface TrafficLine {
  readonly type: 'traffic';
  readonly time: number;
  readonly member: string;
  readonly life: number;
  /** Start of the interval, ns. */
  readonly since: number;
  /** By `channel.kind`. Bytes are whole datagrams, or stream payloads, as encoded. */
  readonly sent: { readonly [kind: string]: Count };
  readonly received: { readonly [kind: string]: Count };
  /** Arrived and thrown away, by reason: malformed, truncated, oversized, foreign, corrupted, unauthentic, ... */
  readonly dropped: { readonly [reason: string]: number };
  /** Wall clock ahead of the controller's, ms, at `time`. */
  readonly wallAheadMs: number;
  /** Monotonic ms that passed on the member's own clock in the interval. */
  readonly monotonicMs: number;
  /** Longest time in which the member did not run although it wanted to, ms. */
  readonly stalledMs: number;
  /** Only of real members. */
  readonly late?: LatenessReading | undefined;
  /** Each only of a member for which the plan has a fault that it would show (model/watches.ts). */
  readonly wall?: WallReading | undefined;
  readonly cpu?: CpuReading | undefined;
  readonly disk?: DiskReading | undefined;
}

/**
 * How late a process was because others ran in its place: by how much its ticks came late, less the processor time that it
 * used itself meanwhile. Where something was done to it on purpose, that is in here, too.
 */
export interface LatenessReading {
  /** Of all ticks that were late by more than timers always are. */
  readonly sumMs: number;
  readonly longestMs: number;
  /** Time in the kernel's run queue, ready and not running; null where the kernel does not tell. */
  readonly queuedMs: number | null;
}

/** The same of the controller, about once a second. */
export interface LatenessLine extends LatenessReading {
  readonly type: 'lateness';
  readonly time: number;
  /** Start of the interval, ns. */
  readonly since: number;
}

/** Of the wall clock, looked at many times in the interval. */
export interface WallReading {
  readonly looks: number;
  /** How often it had leapt from one look to the next. */
  readonly leaps: number;
  /** The least and the most that it was ahead of the controller's, ms. */
  readonly leastMs: number;
  readonly mostMs: number;
}

export interface CpuReading {
  /** Processor time used in the interval, ms. */
  readonly usedMs: number;
  /** Periods of its quota in which it was held up; null where the kernel does not tell the member. */
  readonly throttled: number | null;
}

export interface DiskReading {
  /** Bytes stored in the interval. */
  readonly storedBytes: number;
  /** Writes that were refused for want of room. */
  readonly refused: number;
  /** Room left where its state is, at the interval's end; null where there is no such disk. */
  readonly freeBytes: number | null;
}

/** What a receiver measured of one incoming link during one epoch (see LinksLine). */
export interface LinkReceipt {
  readonly received: number;
  readonly bytes: number;
  /** Copies of a datagram that had arrived already. */
  readonly duplicates: number;
  /** Arrived after one that was sent later. */
  readonly overtaken: number;
  /** Sums over received datagrams of the one-way delay in ms, and its square; and the extremes. */
  readonly delaySum: number;
  readonly delaySquares: number;
  readonly delayMin: number;
  readonly delayMax: number;
}

/**
 * Per link totals for one epoch: the time between two changes of the set of active faults. Every datagram carries its
 * sender's epoch, so `sent` and `received` of an epoch speak of the same datagrams, those in flight at its edge
 * included. Written once at the end of each boot, one line per member and epoch.
 */
export interface LinksLine {
  readonly type: 'links';
  readonly time: number;
  readonly member: string;
  readonly life: number;
  readonly epoch: number;
  /** Datagrams that left the member's protocols, before any fault, by receiver. */
  readonly sent: { readonly [to: string]: Count };
  readonly received: { readonly [from: string]: LinkReceipt };
  /** Datagrams that arrived with a bad checksum, by sender's address where known. */
  readonly corrupted: { readonly [from: string]: number };
}

/** A host's monotonic clock beside the controller's, ms. */
export interface HostClock {
  readonly host: string;
  /** Those that run there. */
  readonly members: readonly string[];
  /** By how much the times of its members are too late (negative: too early), as near as this comparison can tell. */
  readonly errorMs: number;
  /** How far `errorMs` may be off either way: half of the shortest round trip that was seen. */
  readonly uncertaintyMs: number;
}

/**
 * Only where members run on several hosts: how far their times can be compared. Written at the run's start, when `errorMs`
 * is 0 because all times are converted by what was found then, and at its end.
 */
export interface ClocksLine {
  readonly type: 'clocks';
  readonly time: number;
  readonly hosts: readonly HostClock[];
}

/** The set of active faults changed. */
export interface EpochLine {
  readonly type: 'epoch';
  readonly time: number;
  readonly epoch: number;
  /** Ids of the faults that are on from here. */
  readonly faults: readonly string[];
}

/**
 * A change of faults could not wait any longer for these members, who stood still, or for what faults held back: what they
 * sent in this epoch may have met the rules of the next one, and counts for neither.
 */
export interface OverrunLine {
  readonly type: 'overrun';
  readonly time: number;
  readonly epoch: number;
  readonly members: readonly string[];
}

/** A member's answer to a poll of its views. Full views are written in the last round only. */
export interface ViewLine {
  readonly type: 'view';
  readonly time: number;
  readonly member: string;
  readonly life: number;
  readonly round: number;
  readonly channel: string;
  /** Hash of the canonical projection. */
  readonly digest: string;
  readonly view?: Data | undefined;
}

export interface EndLine {
  readonly type: 'end';
  readonly time: number;
  readonly outcome: 'completed' | 'interrupted';
}

export type HistoryLine =
  | EnvironmentLine
  | InvokeLine
  | CompletionLine
  | ObserveLine
  | FaultLine
  | MemberLine
  | PhaseLine
  | TrafficLine
  | LinksLine
  | EpochLine
  | OverrunLine
  | LatenessLine
  | ClocksLine
  | ViewLine
  | EndLine;

export type LineType = HistoryLine['type'];

/** Where lines go, in order. */
export type HistorySink = (line: HistoryLine) => void;
