/** The checker contract: a pure fold over the history, to properties. */
import type { Bounds, Claim, Conditions, Tolerance } from '../../impl/protocol.ts';
import type { HistoryLine, LineType } from './history.ts';
import type { MachineLateness } from './machine-lateness.ts';
import type { PlannedChannel, PlanOutline } from './plan.ts';
import type { PropertyResult } from './verdict.ts';

/** A planned channel with what its protocol claims, resolved by whoever knows the registry. */
export interface JudgedChannel {
  readonly name: string;
  readonly plan: PlannedChannel;
  readonly role: string;
  readonly converges: boolean;
  readonly claims: readonly Claim<unknown>[];
  readonly bounds: Bounds;
  /** Absent: it bears no liars. */
  readonly tolerates?: readonly Tolerance<unknown>[] | undefined;
}

export interface CheckContext {
  readonly plan: PlanOutline;
  /** Kinds of operations (`f`) that the plan has, by channel. The operations themselves are in the history. */
  readonly planned: ReadonlyMap<string, ReadonlySet<string>>;
  /** `sim`, `local`, ...; from the environment header or the run in progress. */
  readonly cluster: string;
  readonly channels: readonly JudgedChannel[];
  readonly conditions: Conditions;
  /** Who was up, which faults were on: folded before any checker sees the line. */
  readonly timeline: Timeline;
}

/**
 * Memory grows with what is judged (operations, suspicions), never with the number of lines; a line costs O(1)
 * amortised.
 */
export interface Checker {
  /** Only lines of these types are handed over. */
  readonly wants: readonly LineType[];
  /** `line` may not be kept whole unless it can become a witness. */
  line(line: HistoryLine): void;
  /** After the last line; any number of properties, in the order in which they are shown. */
  end(): readonly PropertyResult[];
}

export type CreateChecker = (context: CheckContext) => Checker;

/** One stay of a member: a boot, from `up` until it crashed, stopped or the history ended. ns. */
export interface Stay {
  readonly life: number;
  readonly boot: number;
  readonly from: number;
  /** Infinity while it goes on. */
  until: number;
  /** How it ended. */
  ending: 'running' | 'crash' | 'stop' | 'end';
  /** Told to leave at this time. */
  leftAt: number | undefined;
  /** Pauses within it. */
  readonly pauses: { from: number; until: number }[];
}

/** A fault as it really was; `until` is Infinity while it is on. ns. */
export interface FaultWindow {
  readonly id: string;
  readonly kind: string;
  readonly from: number;
  until: number;
}

/** What the history has said so far about members and faults. */
export interface Timeline {
  /**
   * By member name, in order of time. Where the plan heals a core alone, a member outside it counts as crashed from
   * the moment at which it is cut off for good.
   */
  readonly stays: ReadonlyMap<string, readonly Stay[]>;
  /** The same as it really was, cut off or not: what faults are measured against. */
  readonly actualStays: ReadonlyMap<string, readonly Stay[]>;
  readonly faults: readonly FaultWindow[];
  /** Heal as it really was, ns; undefined before. */
  readonly healedAt: number | undefined;
  /** Time of the `final` phase, ns. */
  readonly finalAt: number | undefined;
  readonly end: 'completed' | 'interrupted' | undefined;
  /** Time of the latest line so far, ns. */
  readonly lastTime: number;
  /** How late the machine made members; without what was planned for them. */
  readonly lateness?: Pick<MachineLateness, 'betweenMs' | 'isLarge' | 'describe'> | undefined;
  /** The life ended for good: a later life was started, or the member is down, or cut off, when the history ends. */
  lifeEndedAt(member: string, life: number): number | undefined;
  /** Up (paused or not) during all of [from, until]. */
  upThroughout(member: string, from: number, until: number): boolean;
  /** No planned link fault's real window and no pause, slow, crash touches the pair within [from, until], either way. */
  reachableThroughout(a: string, b: string, from: number, until: number): boolean;
}
