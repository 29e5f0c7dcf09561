/** Arrival times for open-loop load: operations are sent at their time whether or not earlier ones have ended. */
import type { WorkloadContext } from '../harness/model/workload.ts';

export interface ArrivalOptions {
  /** Nothing before this, ms; at most a tenth of the load. Default 500. */
  readonly leadMs?: number;
  /** At least so many operations, however low the rate. Default 1. */
  readonly least?: number;
}

/**
 * Times in ms, ascending, rounded to µs: one at a uniformly random place in each slot of 1/rate seconds. That keeps the
 * rate exact and needs no logarithm, whose last bit differs between machines.
 */
export function arrivals(context: WorkloadContext, options: ArrivalOptions = {}): number[] {
  const { timeMs, ratePerSecond, random } = context;
  const startMs = Math.min(options.leadMs ?? 500, timeMs / 10);
  // The last ones still have time to be answered before the load ends.
  const endMs = timeMs - Math.min(100, timeMs / 20);
  const count = Math.max(options.least ?? 1, Math.floor(((endMs - startMs) * ratePerSecond) / 1000));
  const slotMs = (endMs - startMs) / count;
  return Array.from({ length: count }, (_, i) => roundToMicros(startMs + (i + random.next()) * slotMs));
}

/** Members whose first life has started by `atMs`; all of them when none has. */
export function startedBy(context: WorkloadContext, atMs: number): readonly string[] {
  const started = context.members.filter((member) => member.startAtMs <= atMs);
  return (started.length > 0 ? started : context.members).map((member) => member.name);
}

/** A uniformly random member that has started by `atMs`; without `except` where another one is there. */
export function drawMember(context: WorkloadContext, atMs: number, except?: string): string {
  const candidates = startedBy(context, atMs);
  const others = except === undefined ? candidates : candidates.filter((name) => name !== except);
  const from = others.length > 0 ? others : candidates;
  return from[context.random.int(from.length)] ?? '';
}

export function roundToMicros(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
