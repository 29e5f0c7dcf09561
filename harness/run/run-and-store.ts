/** Runs a plan and leaves its directory; or judges a stored history again and draws its report anew. */
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import type { CheckContext, Timeline } from '../model/checker.ts';
import { UserError } from '../model/errors.ts';
import {
  type EnvironmentLine,
  HISTORY_FORMAT,
  HISTORY_VERSION,
  type HistoryLine,
  type HistorySink,
} from '../model/history.ts';
import type { Plan } from '../model/plan.ts';
import type { Surroundings } from '../model/surroundings.ts';
import {
  combine,
  EXIT,
  exitCode,
  type Metrics,
  type RunVerdict,
  type SloJudgement,
  VERDICT_FORMAT,
  VERDICT_VERSION,
} from '../model/verdict.ts';
import { type ReadOptions, readHistory } from './history-file.ts';
import { createJudge, type Judgement, type JudgeParts } from './judge.ts';
import { type RunOptions, runPlan } from './run-plan.ts';
import { FILES, RunStore, writeResults, writeSurroundings } from './store.ts';

/** A report in the making: reads every line once. */
export interface ReportDraft {
  line(line: HistoryLine): void;
  end(input: { plan: Plan; verdict: RunVerdict; context: CheckContext; surroundings: Surroundings }): {
    html: string;
    json: string;
    junit: string;
  };
}

/** What a stored run needs beside what a run needs. */
export interface StoreParts {
  createReport(plan: Plan, timeline: Timeline): ReportDraft;
  /** Settles by the plan which SLOs apply; the metrics follow. */
  prepareSlos(plan: Plan): (metrics: Metrics) => SloJudgement;
}

export interface StoreOptions
  extends Omit<RunOptions, 'environment' | 'record' | 'watch' | 'directory' | 'onCounters'> {
  readonly runDirectory: string;
  readonly store: StoreParts;
  /** Text of the SLO file, kept with the run. */
  readonly sloText?: string | undefined;
  /** Version of this hearsay. */
  readonly version: string;
}

const FLUSH_MS = 1000;

/** Throws UserError where the directory cannot be had, before anything runs. */
export async function runAndStore(options: StoreOptions): Promise<RunVerdict> {
  const { plan, cluster, runDirectory } = options;
  const store = new RunStore(runDirectory, plan, options.sloText);
  // What was recorded is on disk soon, also when little happens and a chunk fills slowly.
  const flushing = setInterval(() => {
    try {
      store.flush();
    } catch {
      // A disk that is full ends the run in order: the next line cannot be recorded, for the same reason.
    }
  }, FLUSH_MS);
  flushing.unref();
  let draft: ReportDraft | undefined;
  let context: CheckContext | undefined;
  let surroundings: Surroundings = {};
  const watch = (judged: CheckContext): HistorySink => {
    context = judged;
    const report = guardDraft(options.store.createReport(plan, judged.timeline));
    draft = report;
    return (line) => report.line(line);
  };
  try {
    const result = await runPlan({
      ...options,
      directory: runDirectory,
      environment: environmentOf(cluster, options.version),
      record: (line) => store.record(line),
      watch,
      onCalibration: (calibration) => {
        surroundings = { ...surroundings, calibration };
        writeSurroundings(runDirectory, { calibration });
        options.onCalibration?.(calibration);
      },
      onCounters: (counters) => {
        surroundings = { ...surroundings, counters };
        writeSurroundings(runDirectory, { counters });
      },
    });
    const historyHash = store.endHistory();
    const slos = options.store.prepareSlos(plan)(result.metrics);
    const verdict = verdictOf(plan.seed, cluster, runDirectory, historyHash, result, slos, result.interrupted);
    if (draft !== undefined && context !== undefined) {
      writeResults(runDirectory, { verdict, ...draft.end({ plan, verdict, context, surroundings }) });
    }
    return verdict;
  } finally {
    clearInterval(flushing);
  }
}

export interface RejudgeOptions extends ReadOptions {
  /** The run's plan; asked for once, so that nobody holds its operations while the history is read. */
  loadPlan(): Promise<Plan>;
  readonly runDirectory: string;
  readonly parts: JudgeParts;
  /** What judging needs beside the parts; the plan is the one that was loaded. */
  store(plan: Plan): Promise<StoreParts>;
  /** What was measured beside the history; asked for only where the report is drawn. */
  loadSurroundings(): Promise<Surroundings>;
  /** Also draw the report again and write it, with the verdict, beside the history. */
  readonly write: boolean;
}

/** Judges a stored history again. Rejects with a UserError where it cannot be read. */
export async function rejudge(options: RejudgeOptions): Promise<RunVerdict> {
  const { runDirectory } = options;
  const path = join(runDirectory, FILES.history);
  const { judge, slosOf, report } = prepareRejudge(options, clusterOf(path, options), await loadParts(options));
  const surroundings = options.write ? await options.loadSurroundings() : {};
  const { plan, cluster } = judge.context;
  const roster = new Set(plan.members.map((member) => member.name));
  let interrupted = false;
  const historyHash = readHistory(
    path,
    (line) => {
      checkMember(line, roster, path);
      judge.line(line);
      report?.draft.line(line);
      if (line.type === 'end') interrupted = line.outcome === 'interrupted';
    },
    options,
  );
  const judgement = judge.end();
  const slos = slosOf(judgement.metrics);
  const verdict = verdictOf(plan.seed, cluster, runDirectory, historyHash, judgement, slos, interrupted);
  if (report !== undefined) {
    writeResults(runDirectory, {
      verdict,
      ...report.draft.end({ plan: report.plan, verdict, context: judge.context, surroundings }),
    });
  }
  return verdict;
}

async function loadParts(options: RejudgeOptions): Promise<{ plan: Plan; store: StoreParts }> {
  const plan = await options.loadPlan();
  return { plan, store: await options.store(plan) };
}

/** What outlives the plan: only a report that is to be drawn keeps it. */
function prepareRejudge(options: RejudgeOptions, cluster: string, { plan, store }: { plan: Plan; store: StoreParts }) {
  const judge = createJudge(plan, cluster, options.parts);
  const draft = options.write ? guardDraft(store.createReport(plan, judge.context.timeline)) : undefined;
  return {
    judge,
    slosOf: store.prepareSlos(plan),
    report: draft === undefined ? undefined : { draft, plan },
  };
}

/** Throws UserError for a line about somebody the plan does not know: then the two do not belong together. */
function checkMember(line: HistoryLine, roster: ReadonlySet<string>, path: string): void {
  if (!('member' in line) || roster.has(line.member)) return;
  const mend = 'keep plan.json and history.jsonl of one run together';
  throw new UserError(`${path} speaks of a member that the plan does not have`, line.member, mend);
}

/** A report that cannot be drawn must not end the run that it is about: what it failed with is thrown at the end. */
function guardDraft(draft: ReportDraft): ReportDraft {
  let failure: unknown;
  return {
    line(line) {
      if (failure !== undefined) return;
      try {
        draft.line(line);
      } catch (error) {
        failure = error;
      }
    },
    end(input) {
      if (failure !== undefined) throw failure;
      return draft.end(input);
    },
  };
}

/** The cluster a stored history was made on: the judge must know it before the first line. */
function clusterOf(path: string, options: ReadOptions): string {
  let cluster: string | undefined;
  const found = new Error('found');
  try {
    readHistory(
      path,
      (line) => {
        if (line.type === 'environment') cluster = String(line.cluster);
        throw found;
      },
      options,
    );
  } catch (error) {
    if (error !== found) throw error;
  }
  return cluster ?? 'unknown';
}

function verdictOf(
  seed: string,
  cluster: string,
  runDir: string,
  historyHash: string,
  judgement: Judgement,
  judged: SloJudgement,
  interrupted: boolean,
): RunVerdict {
  const { properties, metrics, overrun } = judgement;
  const verdict = combine(properties);
  return {
    format: VERDICT_FORMAT,
    version: VERDICT_VERSION,
    verdict,
    exitCode: interrupted ? EXIT.interrupted : exitCode(verdict, judged),
    seed,
    cluster,
    runDir,
    historyHash,
    ...(overrun === undefined ? {} : { overrun }),
    properties,
    slos: judged.slos,
    ...(judged.slosLeftOut.length === 0 ? {} : { slosLeftOut: judged.slosLeftOut }),
    metrics,
  };
}

function environmentOf(cluster: string, version: string): EnvironmentLine {
  const processors = cpus();
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  return {
    type: 'environment',
    format: HISTORY_FORMAT,
    version: HISTORY_VERSION,
    cluster,
    hearsay: version,
    node: process.version,
    platform: `${process.platform} ${process.arch}, ${type()} ${release()}`,
    machine: `${processors.length} x ${processors[0]?.model.trim() ?? 'unknown processor'}, ${memoryGiB} GiB`,
    startedAt: new Date().toISOString(),
  };
}
