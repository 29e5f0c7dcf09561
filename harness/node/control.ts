/**
 * What a controller and a member's program say to each other: JSON lines on the member's stdin and stdout. Every time is
 * in ns since the run's start. A member counts on its own host's monotonic clock, from the origin that it is told.
 */
import type { Data, Observation, Outcome } from '../../impl/protocol.ts';
import type { PlannedFault } from '../model/fault.ts';
import type { LinksLine, TrafficLine } from '../model/history.ts';
import type { BaseLink, PlannedChannel } from '../model/plan.ts';
import type { Watches } from '../model/watches.ts';

/**
 * The epoch of datagrams that count for no fault: they leave while a kernel's rules are being changed. No history names
 * it, and what is counted in it is not written.
 */
export const BETWEEN_EPOCHS = 0xffff_ffff;

/** The first line: who the member is. Answered by `ready`. */
export interface InitCommand {
  readonly type: 'init';
  readonly name: string;
  readonly life: number;
  readonly boot: number;
  /** Every member of the plan, in its order. */
  readonly roster: readonly string[];
  /** Whom it may draw as peers; absent: everybody. */
  readonly neighbours?: readonly string[] | undefined;
  /** Latencies that its node adds to what it sends; absent where there are none, or where the network itself has them. */
  readonly baseLinks?: readonly BaseLink[] | undefined;
  readonly channels: readonly PlannedChannel[];
  readonly seed: string;
  /** uint32 that tells the datagrams of runs on one machine apart. */
  readonly cluster: number;
  /** The key shared with each other member, hex; for channels whose links must be authentic. */
  readonly keys: { readonly [peer: string]: string };
  /** Where the plan has a key directory: the member's private key, and the public ones by member; hex. */
  readonly signing?:
    | { readonly privateKey: string; readonly directory: { readonly [member: string]: string } }
    | undefined;
  /** Where this life's records are kept. */
  readonly stateFile: string;
  /** Whether the records of an earlier boot of this life are handed back. */
  readonly restore: boolean;
  /** What it is to measure of itself, beside what every member does. */
  readonly watches?: Watches | undefined;
  readonly host: string;
  /** For datagrams and streams alike; absent: a free one is chosen. */
  readonly port?: number | undefined;
}

export interface PeerAddress {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

export type ControllerCommand =
  | InitCommand
  /** Where every member of the plan is to be found. */
  | { readonly type: 'peers'; readonly peers: readonly PeerAddress[] }
  /**
   * Boots the protocols. The run's start on the clocks of the member's host: `originNs` as process.hrtime.bigint() shows
   * it, `originWallMs` as Date.now(). `sinceNs`: when the member was asked to start, ns of the run, absent: 0; what has
   * come to its sockets since then is its own, what came before met nobody.
   */
  | {
      readonly type: 'start';
      readonly originNs: string;
      readonly originWallMs: number;
      readonly sinceNs?: number | undefined;
      readonly seeds: readonly string[];
    }
  | {
      readonly type: 'operation';
      readonly id: number;
      readonly channel: string;
      readonly f: string;
      readonly value: Data;
    }
  | { readonly type: 'faults'; readonly epoch: number; readonly active: readonly PlannedFault[] }
  | { readonly type: 'leave' }
  | { readonly type: 'poll'; readonly round: number; readonly full: boolean }
  /** Flush and end. The end of stdin ends the member too, without a flush. */
  | { readonly type: 'stop' };

/** What a protocol's step lets be known. */
export type StepReport =
  | { readonly type: 'reply'; readonly time: number; readonly id: number; readonly outcome: Outcome }
  | {
      readonly type: 'observe';
      readonly time: number;
      readonly channel: string;
      readonly observation: Observation;
    };

export type MemberReport =
  | { readonly type: 'ready'; readonly port: number }
  | { readonly type: 'up'; readonly time: number }
  /** The `faults` command of that epoch has been carried out: what leaves from here on belongs to it. */
  | { readonly type: 'faults'; readonly epoch: number }
  | StepReport
  /**
   * The reports of steps that persisted something, by the number of their batch in this life, from 1. A batch comes again
   * from the next boot of the life when its process may have died before it was reported: to be taken once.
   */
  | { readonly type: 'batch'; readonly batch: number; readonly reports: readonly StepReport[] }
  | {
      readonly type: 'view';
      readonly time: number;
      readonly round: number;
      readonly channel: string;
      readonly digest: string;
      readonly view?: Data | undefined;
    }
  | { readonly type: 'traffic'; readonly line: TrafficLine }
  /** Totals of this boot so far, of the epochs in which something was counted since the last such report. */
  | { readonly type: 'links'; readonly lines: readonly LinksLine[] }
  /** The member cannot go on and ends. `portInUse`: the port that it was given is taken. */
  | { readonly type: 'failed'; readonly reason: string; readonly portInUse?: number | undefined };
