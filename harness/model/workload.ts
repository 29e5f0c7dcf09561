/** The workload contract: what clients do. */
import type { Random } from '../../impl/protocol.ts';
import type { PlannedMember, PlannedOperation } from './plan.ts';

export interface WorkloadContext {
  readonly members: readonly PlannedMember[];
  readonly channel: string;
  readonly ratePerSecond: number;
  /** Load lasts from 0 to here. */
  readonly timeMs: number;
  readonly random: Random;
}

/** Without its id, which is given when all workloads' operations are merged in order of time. */
export type WorkloadOperation = Omit<PlannedOperation, 'id' | 'workload' | 'channel'>;

export interface Workload {
  readonly name: string;
  readonly summary: string;
  /** `f` values it issues, with the shape of value and result, for `hearsay list` and the docs. */
  readonly operations: readonly { readonly f: string; readonly doc: string }[];
  /** Properties that judge it. */
  readonly properties: readonly string[];
  /** Operations per second over all members when `--rate` is absent. */
  defaultRate(n: number): number;
  /** In order of time. Deterministic in the context. */
  plan(context: WorkloadContext): WorkloadOperation[];
}
