/**
 * The plan: everything a run will do, decided before anything runs. A seed only generates a plan; a plan can be edited,
 * shrunk, replayed, and run on every cluster unchanged. All times are ms since the run's start.
 */
import type { Data } from '../../impl/protocol.ts';
import type { LinkBlock, PlannedFault } from './fault.ts';

export const PLAN_FORMAT = 'hearsay-plan';
export const PLAN_VERSION = 1;

export interface PlannedMember {
  readonly name: string;
  /** When its first life starts. */
  readonly startAtMs: number;
  /** Ed25519, hex; there where a channel's settings say `signed`. All of them are the run's key directory. */
  readonly publicKey?: string | undefined;
}

/** One protocol that every member runs, on a channel of its own. */
export interface PlannedChannel {
  /** Unique in the plan; the protocol's name unless it runs twice. */
  readonly name: string;
  readonly protocol: string;
  /** Complete: every setting with its value, so that a later change of a default cannot change the plan. */
  readonly settings: { readonly [key: string]: Data };
}

export interface PlannedWorkload {
  readonly name: string;
  readonly channel: string;
  /** Operations per second over all members; for the reader, the operations are already planned. */
  readonly ratePerSecond: number;
}

/** A client operation. Open-loop: it is sent at its time whether or not earlier ones have ended. */
export interface PlannedOperation {
  /** Unique; keeps its number when others are taken out of the plan. */
  readonly id: number;
  readonly atMs: number;
  readonly member: string;
  readonly workload: string;
  readonly channel: string;
  readonly f: string;
  readonly value: Data;
}

export interface Closing {
  /** End of load: every fault has ended or is ended now, members that are to come back come back. */
  readonly healAtMs: number;
  /** Final reads are polled this often ... */
  readonly pollEveryMs: number;
  /** ... until all agree, or until this long after the heal. */
  readonly deadlineMs: number;
  /**
   * Only what touches these members, or links between them, ends at the heal; who is not among them is cut off from all
   * of them by then and stays so (core.ts). Absent: everything heals.
   */
  readonly core?: readonly string[] | undefined;
}

/**
 * A latency that links have for the whole run, on every cluster, on top of what they have anyway: no fault, and nothing
 * that the heal takes away. Where blocks overlap, their latencies add up.
 */
export interface BaseLink extends LinkBlock {
  /** One-way. */
  readonly latencyMs: number;
  /** Uniform extra latency in [0, jitterMs), drawn for each datagram. */
  readonly jitterMs: number;
}

export interface PlannedNetwork {
  /** Of each link of `sim` when no fault is on; real clusters have their own. */
  readonly latencyMs: number;
  /** Uniform extra latency in [0, jitterMs), on `sim`. */
  readonly jitterMs: number;
  /** Absent: all links are alike. */
  readonly links?: readonly BaseLink[] | undefined;
}

/** Whom a member may draw as a peer. Who is drawn may answer, whether or not it knows the one that drew it. */
export interface PlannedView {
  readonly member: string;
  /** Its neighbours: at least one, never itself. */
  readonly knows: readonly string[];
}

/**
 * Static partial views: what channels that draw their peers at random (dissemination, map, aggregation) draw them from.
 * Where membership feeds those, they draw from the neighbours that membership has up. A member that is not named may
 * draw everybody. Channels that go by the whole roster (membership itself, reliable broadcast, consensus) are not bound.
 */
export type PlannedOverlay = readonly PlannedView[];

/** A plan without its operations, of which there may be more than one wants to keep in memory. */
export type PlanOutline = Omit<Plan, 'operations'>;

export interface Plan {
  readonly format: typeof PLAN_FORMAT;
  readonly version: typeof PLAN_VERSION;
  /** Names every random draw of the run. */
  readonly seed: string;
  readonly members: readonly PlannedMember[];
  readonly channels: readonly PlannedChannel[];
  readonly workloads: readonly PlannedWorkload[];
  readonly operations: readonly PlannedOperation[];
  readonly faults: readonly PlannedFault[];
  /** An operation without an answer after this long is recorded as `info`. */
  readonly operationTimeoutMs: number;
  readonly closing: Closing;
  readonly network: PlannedNetwork;
  /** Absent: everybody may draw everybody. */
  readonly overlay?: PlannedOverlay | undefined;
}
