/**
 * A load that is busy only where that matters: around the faults that want work to be under way, and elsewhere in moments
 * whose share leaves the usual rate on average. What takes long in a trial is its messages, and those that nothing happens
 * to are the ones to save.
 */
import { DEMANDING_FAULTS, type PlannedFault } from '../model/fault.ts';
import type { Plan } from '../model/plan.ts';
import { split } from '../model/rng.ts';
import { isOfStorm } from './restart-storm.ts';

/** Work that is under way when such a fault starts, and what it leaves to be mended, ms. */
const BEFORE_MS = 500;
const AFTER_MS = 1000;
/** Of a fault that lasts longer, only its beginning is busy, ms: it has bitten by then, or it never does. */
const MOST_MS = 3000;
/**
 * Long enough for rival operations, which come milliseconds apart, to stay together; short enough that a second without
 * faults has some of them.
 */
const MOMENT_MS = 50;

const wantsWork = (fault: PlannedFault): boolean => DEMANDING_FAULTS.has(fault.type) || isOfStorm(fault);

/**
 * `usualRates`: of each workload by name, operations per second over all members; what is planned at a higher rate is
 * thinned to it away from the faults that want more.
 */
export function withBusyMoments(plan: Plan, usualRates: ReadonlyMap<string, number>, seed: string): Plan {
  const windows = plan.faults
    .filter(wantsWork)
    .map(({ atMs, untilMs }) => [atMs - BEFORE_MS, Math.min(untilMs, atMs + MOST_MS) + AFTER_MS]);
  const random = split(seed, 'busy moments');
  const chances = Array.from({ length: Math.ceil(plan.closing.healAtMs / MOMENT_MS) }, () => random.next());
  const shares = new Map(
    plan.workloads.map(({ name, ratePerSecond }) => [name, (usualRates.get(name) ?? ratePerSecond) / ratePerSecond]),
  );
  const operations = plan.operations.filter(
    ({ atMs, workload }) =>
      (chances[Math.floor(atMs / MOMENT_MS)] ?? 0) < (shares.get(workload) ?? 1) ||
      windows.some(([fromMs = 0, untilMs = 0]) => atMs >= fromMs && atMs < untilMs),
  );
  return operations.length === 0 ? plan : { ...plan, operations };
}
