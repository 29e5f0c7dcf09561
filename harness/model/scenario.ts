/**
 * A scenario: an architecture that is ready to run by name. It says who the members are, what they run, whom they know,
 * how far apart they are and what clients do; faults, seed, time and cluster are the caller's. It fills a request for a
 * plan and does nothing else, so whatever holds for a plan holds for a scenario's.
 */
import type { Data, Random } from '../../impl/protocol.ts';
import type { BaseLink, PlannedOverlay } from './plan.ts';
import type { WorkloadContext, WorkloadOperation } from './workload.ts';

export interface Scenario {
  /** As in `--scenario NAME`. */
  readonly name: string;
  readonly summary: string;
  readonly nodes: { readonly usual: number; readonly least: number; readonly most: number };
  /** Load, ms. */
  readonly timeMs: number;
  /** In the order of their channels. */
  readonly protocols: readonly string[];
  /** Settings that differ from the profile's, by protocol. */
  readonly settings: { readonly [protocol: string]: { readonly [key: string]: Data } };
  /** What each of the protocols is driven by, of the workloads that it supports; absent: all. */
  readonly workloads?: readonly string[];
  /** Operations of a workload per second over all members, instead of the workload's own rate. */
  readonly rates?: { readonly [workload: string]: number };
  /** Of `count` members, in plan order. */
  members(count: number): readonly string[];
  /** Whom each member knows; absent: all know all. Must be connected whatever is drawn. */
  overlay?(members: readonly string[], random: Random): PlannedOverlay;
  /** Latencies between members for the whole run. */
  links?(members: readonly string[]): readonly BaseLink[];
  /** What clients do, instead of what the workload of that name would plan; undefined: the workload's own plan. */
  plan?(workload: string, context: WorkloadContext): WorkloadOperation[] | undefined;
}
