/** plan -> execute -> judge. What is written where is the store's business (store.ts). */
import type { CheckContext } from '../model/checker.ts';
import type { Cluster, ClusterOptions, OpenCluster } from '../model/cluster.ts';
import { outsidersOf } from '../model/core.ts';
import type { EnvironmentLine, HistoryLine, HistorySink } from '../model/history.ts';
import type { Plan } from '../model/plan.ts';
import type { AgreementRule } from './agreement.ts';
import { Director, type Progress } from './director.ts';
import { createJudge, type Judgement, type JudgeParts } from './judge.ts';
import { LineSorter } from './line-sorter.ts';

export interface RunOptions {
  readonly plan: Plan;
  /** Name of the cluster: `sim`, `local`, ... */
  readonly cluster: string;
  readonly open: OpenCluster;
  readonly parts: JudgeParts;
  /** A directory for the cluster's own files; undefined: nothing is written. */
  readonly directory?: string | undefined;
  /** The header; only a stored history needs one. */
  readonly environment?: EnvironmentLine | undefined;
  /** Sees every line in the order of the history. */
  readonly record?: HistorySink | undefined;
  /** Another reader of every line, which may use what the judge knows; called after the judge. */
  readonly watch?: ((context: CheckContext) => HistorySink) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What the cluster measured beside the history: see ClusterOptions. */
  readonly onCalibration?: ClusterOptions['onCalibration'];
  readonly onCounters?: ClusterOptions['onCounters'];
  /** See DirectorOptions. */
  readonly pollLoad?: boolean | undefined;
  /** Handed a way to ask how far the run is, before it starts. */
  readonly onStart?: ((progress: () => Progress) => void) | undefined;
}

export interface RunResult extends Judgement {
  readonly interrupted: boolean;
}

/** Whose views must agree for a run to come to rest: see AgreementRule. */
function agreementRules({ plan, conditions, channels }: CheckContext): AgreementRule[] {
  const excused = new Set([...conditions.byzantine, ...outsidersOf(plan)]);
  const honest = plan.members.map((member) => member.name).filter((name) => !excused.has(name));
  const rules: AgreementRule[] = [];
  for (const channel of channels) {
    if (channel.role === 'reliable-broadcast' || channel.role === 'consensus') {
      // A lost life counts as crashed: its successor owes nothing of what was broadcast before.
      const obliged = honest.filter((name) => !conditions.livesLost.includes(name));
      rules.push({ channel: channel.name, obliged: new Set(obliged), delivers: true });
    } else if (channel.converges) {
      rules.push({ channel: channel.name, obliged: new Set(honest), delivers: false });
    }
  }
  return rules;
}

const LEAST_QUIESCE_MS = 1000;

/**
 * Rumors have no view that must become equal, so the run itself gives the last ones the time that they are promised to
 * need; else nobody could judge them.
 */
function quiesceMs({ plan, channels }: CheckContext): number {
  // The same goes for aggregation: an epoch that began after the heal must be able to end.
  // And where somebody stays away for good: views may agree that it is there until it can be known that it is not.
  const isForGood =
    outsidersOf(plan).length > 0 || plan.faults.some((fault) => fault.type === 'kill' && fault.restart === 'never');
  const needed = channels.map(({ role, bounds }) => {
    if (role === 'membership') return isForGood ? bounds.detectionMs : undefined;
    if (role === 'dissemination' || role === 'map') return bounds.deliveryMs;
    return role === 'aggregation' ? bounds.convergenceMs : undefined;
  });
  return Math.min(
    plan.closing.deadlineMs,
    Math.max(LEAST_QUIESCE_MS, ...needed.filter((bound) => bound !== undefined)),
  );
}

/** Runs on any cluster. Rejects with what the cluster or the harness failed with. */
export async function runPlan(options: RunOptions): Promise<RunResult> {
  const run = prepare(options, true);
  const { plan, directory, onCalibration, onCounters } = options;
  const cluster = await options.open({ plan, events: run.director, directory, onCalibration, onCounters });
  const interrupt = () => run.director.interrupt();
  run.director.begin(cluster);
  options.onStart?.(() => run.director.progress());
  options.signal?.addEventListener('abort', interrupt, { once: true });
  if (options.signal?.aborted) interrupt();
  try {
    await cluster.run();
  } finally {
    options.signal?.removeEventListener('abort', interrupt);
  }
  return run.finish(options.signal?.aborted === true);
}

/** As `runPlan`, in one synchronous go, for clusters that are synchronous: the simulator. */
export function runPlanSync(
  options: Omit<RunOptions, 'open'> & { open: (o: Parameters<OpenCluster>[0]) => Cluster },
): RunResult {
  const run = prepare(options, false);
  const cluster = options.open({ plan: options.plan, events: run.director, directory: options.directory });
  run.director.begin(cluster);
  options.onStart?.(() => run.director.progress());
  const done = cluster.run();
  if (done !== undefined) throw new TypeError(`cluster ${cluster.kind} is not synchronous`);
  return run.finish(false);
}

function prepare(options: Omit<RunOptions, 'open'>, sort: boolean) {
  const judge = createJudge(options.plan, options.cluster, options.parts);
  const watch = options.watch?.(judge.context);
  const take = (line: HistoryLine): void => {
    options.record?.(line);
    judge.line(line);
    watch?.(line);
  };
  const sorter = sort && options.cluster !== 'sim' ? new LineSorter(take) : undefined;
  const record: HistorySink = sorter === undefined ? take : (line) => sorter.add(line);
  if (options.environment !== undefined) record(options.environment);
  const { plan, pollLoad } = options;
  const rules = agreementRules(judge.context);
  const director = new Director({ plan, rules, quiesceMs: quiesceMs(judge.context), record, pollLoad });
  return {
    director,
    finish(interrupted: boolean): RunResult {
      if (director.error !== undefined) throw director.error;
      sorter?.end();
      director.end();
      // The end line stands behind everything that was held.
      sorter?.end();
      return { ...judge.end(), interrupted };
    },
  };
}
