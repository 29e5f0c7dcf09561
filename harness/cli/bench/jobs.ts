/** The pieces of work that the bench gives to processes of their own. */
import { protocols } from '../../../impl/registry.ts';
import { createOpenSim } from '../../clusters/sim/sim.ts';
import { combine } from '../../model/verdict.ts';
import { runPlanSync } from '../../run/run-plan.ts';
import { simulateFloods } from '../../spread/floods.ts';
import { simulateSpread } from '../../spread/monte-carlo.ts';
import { JUDGE_PARTS } from '../parts.ts';
import { judgeStoredRun } from '../stored-run.ts';
import { benchPlan } from './bench-plans.ts';

/** As `hearsay check RUN`. `flaws`: properties that are not valid, with their reasons. */
async function judge({ directory }: { readonly directory: string }) {
  const { verdict, properties } = await judgeStoredRun(directory, { partial: false, write: false, slo: undefined });
  const flaws = properties
    .filter((property) => property.verdict === 'invalid' || property.verdict === 'unknown')
    .map((property) => `${property.name}: ${property.reason}`);
  return { verdict, flaws };
}

/** As `hearsay spread`: push with feedback and counter 2 (Demers et al. 1987, table 1). */
async function spread({ n, runs }: { readonly n: number; readonly runs: number }) {
  const rule = { mode: 'push', stop: 'counter', feedback: 'feedback', k: 2, fanout: 1, loss: 0 } as const;
  const { summary } = simulateSpread({ ...rule, n, topology: 'complete', runs, seed: 'bench' });
  return { residue: summary.residue.mean ?? Number.NaN };
}

const FLOOD = { fanout: 10, loss: 0.1 } as const;

/** Push to 10, each member once, in cycles. */
async function lockStepFlood({ n }: { readonly n: number }) {
  const rule = { mode: 'push', stop: 'rounds', feedback: 'feedback', k: 1, ...FLOOD } as const;
  const { summary } = simulateSpread({ ...rule, n, topology: 'complete', runs: 1, seed: 'bench' });
  return { reached: 1 - (summary.residue.mean ?? Number.NaN), sends: Math.round((summary.traffic.mean ?? 0) * n) };
}

/** The same event by event, over a static overlay. */
async function eventFlood({ n }: { readonly n: number }) {
  const request = { n, outDegree: FLOOD.fanout, loss: FLOOD.loss, delayMs: [10, 100], runs: 1, seed: 'bench' } as const;
  const { summary, sends, events } = simulateFloods(request);
  return { reached: 1 - (summary.residue.mean ?? Number.NaN), sends, events };
}

interface MembersRequest {
  readonly protocol: string;
  readonly members: number;
  readonly timeMs: number;
}

/** A membership protocol alone, as by `hearsay nemesis --protocol`, judged and not stored. Traffic until the heal. */
async function members({ protocol, members: nodes, timeMs }: MembersRequest) {
  const plan = benchPlan({ nodes, timeMs, protocols: [protocol] });
  let bytes = 0;
  let messages = 0;
  const { properties } = runPlanSync({
    plan,
    cluster: 'sim',
    open: createOpenSim(protocols),
    parts: JUDGE_PARTS,
    record(line) {
      if (line.type !== 'traffic' || line.time > timeMs * 1e6) return;
      for (const [count, size] of Object.values(line.sent)) {
        messages += count;
        bytes += size;
      }
    },
  });
  const memberSeconds = (nodes * timeMs) / 1000;
  return {
    bytesPerMemberSecond: bytes / memberSeconds,
    messagesPerMemberSecond: messages / memberSeconds,
    verdict: combine(properties),
  };
}

export const JOBS = { judge, spread, lockStepFlood, eventFlood, members } as const;

export type JobName = keyof typeof JOBS;
export type JobRequest<Name extends JobName> = Parameters<(typeof JOBS)[Name]>[0];
export type JobOutcome<Name extends JobName> = Awaited<ReturnType<(typeof JOBS)[Name]>>;
