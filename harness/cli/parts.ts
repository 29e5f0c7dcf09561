/** The composition root of the command line: everything a run is made of, brought together by name. */
import { protocols } from '../../impl/registry.ts';
import { NEMESES } from '../../nemesis/registry.ts';
import { createReport } from '../../reports/report.ts';
import type { SpaceTimeInput } from '../../reports/space-time.ts';
import { createTimeline } from '../../workloads/checkers/timeline.ts';
import { checkers, workloads } from '../../workloads/registry.ts';
import type { HistoryLine } from '../model/history.ts';
import type { PlanKnowledge } from '../model/plan-check.ts';
import type { RunVerdict } from '../model/verdict.ts';
import type { JudgeParts } from '../run/judge.ts';
import type { StoreParts } from '../run/run-and-store.ts';
import { prepareSlos } from '../slo/evaluate.ts';
import { createMetrics } from '../slo/metrics.ts';
import type { Slo } from '../slo/slo-file.ts';

/** What plans may name. */
export const KNOWLEDGE: PlanKnowledge = { protocols: [...protocols.values()], workloads: [...workloads.values()] };

/** What judges a history. */
export const JUDGE_PARTS: JudgeParts = { protocols, checkers, createTimeline, createMetrics };

const COLOURS: ReadonlyMap<string, string> = new Map(
  // Churn is planned as kills and leaves, so its colour is that of the leaves.
  NEMESES.map((nemesis) => [nemesis.type === 'churn' ? 'leave' : nemesis.type, nemesis.colour]),
);

/**
 * What leaves a run's folder as a reader finds it. `onLine`: called at each line of the history. `drawSpaceTime`: for a
 * shrunk plan, what its diagram is drawn from.
 */
export function storeParts(
  slos: readonly Slo[],
  onLine?: (line: HistoryLine) => void,
  drawSpaceTime?: (verdict: RunVerdict) => SpaceTimeInput,
): StoreParts {
  return {
    prepareSlos: (plan) => prepareSlos(slos, plan),
    createReport(plan, timeline) {
      const report = createReport(plan, timeline);
      return {
        line: (line) => {
          report.line(line);
          onLine?.(line);
        },
        end: ({ verdict, context, surroundings }) =>
          report.end({
            plan,
            verdict,
            cluster: context.cluster,
            channels: context.channels,
            nemesisColours: COLOURS,
            surroundings,
            repeatCommand: repeatCommand(verdict.runDir ?? '.', context.cluster),
            // What is shrunk already is its own result.
            shrinkCommand:
              verdict.runDir === null || drawSpaceTime !== undefined ? undefined : shrinkCommand(verdict.runDir),
            spaceTime: drawSpaceTime?.(verdict),
          }),
      };
    },
  };
}

/** Exact whatever flags made the plan: the plan itself is run again. */
export function repeatCommand(runDirectory: string, cluster: string): string {
  return `npm run nemesis -- --plan ${shellWord(`${runDirectory}/plan.json`)} --cluster ${cluster}`;
}

export function shrinkCommand(runDirectory: string): string {
  return `npm run hearsay -- shrink ${shellWord(runDirectory)}`;
}

/** Quoted for a POSIX shell wherever a character might mean something to it. */
export function shellWord(text: string): string {
  return /^[\w./,:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
