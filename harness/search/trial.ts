/** One trial: a plan through the simulator and the checkers, with nothing written, hashed or kept. */
import type { AnyProtocol } from '../../impl/protocol.ts';
import { createOpenSim } from '../clusters/sim/sim.ts';
import type { HistorySink } from '../model/history.ts';
import type { Plan } from '../model/plan.ts';
import type { PropertyResult } from '../model/verdict.ts';
import type { JudgeParts } from '../run/judge.ts';
import { runPlanSync } from '../run/run-plan.ts';
import { type Coverage, plannedCoverage, SometimesWatch } from './coverage.ts';

/** What judges a trial. Metrics are not taken: no verdict depends on them. */
export type TrialParts = Omit<JudgeParts, 'createMetrics'>;

export interface Trial {
  readonly properties: readonly PropertyResult[];
  readonly coverage: Coverage;
}

/** `record`: sees every line. */
export function runTrial(plan: Plan, parts: TrialParts, record?: HistorySink): Trial {
  const { protocols, checkers, createTimeline } = parts;
  const watch = new SometimesWatch(plan, protocols);
  const open = createOpenSim(protocols, { onReach: (protocol, condition) => watch.reach(protocol, condition) });
  const { properties } = runPlanSync({
    plan,
    cluster: 'sim',
    open,
    parts: { protocols, checkers, createTimeline },
    pollLoad: false,
    record: (line) => {
      if (line.type === 'fault') watch.fault(line.fault, line.event);
      record?.(line);
    },
  });
  return { properties, coverage: { ...plannedCoverage(plan), sometimes: watch.met } };
}

/** The protocols with some of them replaced, each under the name by which plans call it. */
export function withSwaps(
  protocols: ReadonlyMap<string, AnyProtocol>,
  swaps: Readonly<Record<string, AnyProtocol>>,
): ReadonlyMap<string, AnyProtocol> {
  return new Map([...protocols, ...Object.entries(swaps)]);
}

/** The properties that a run breaks within what its protocols claim. */
export function broken(properties: readonly PropertyResult[]): readonly PropertyResult[] {
  return properties.filter((property) => property.verdict === 'invalid');
}
