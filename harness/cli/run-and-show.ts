/** Runs a plan with a person (or a program) watching: progress, the table, the JSON object, Ctrl-C. */
import { join } from 'node:path';
import { beyondCounts } from '../../reports/beyond.ts';
import { StartError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import type { RunVerdict } from '../model/verdict.ts';
import { FILES } from '../run/store.ts';
import { describeCalibration } from './calibration-text.ts';
import type { ClusterName } from './clusters.ts';
import { executePlan } from './execute.ts';
import { type CliIo, createPaint } from './io.ts';
import { repeatCommand, shrinkCommand } from './parts.ts';
import { createProgressLine } from './progress.ts';
import { InterruptedError } from './report-error.ts';
import { claimRunFolder } from './run-folder.ts';
import { readSlo } from './slo.ts';
import { verdictTable } from './verdict-table.ts';

export interface RunFlags {
  readonly cluster: ClusterName;
  readonly out?: string | undefined;
  readonly slo?: string | undefined;
  readonly json?: true | undefined;
  readonly port?: number | undefined;
  readonly dockerHost?: readonly string[] | undefined;
  readonly calibrate?: boolean | undefined;
}

/** Returns the exit code. */
export async function runAndShow(plan: Plan, flags: RunFlags, io: CliIo): Promise<number> {
  const slo = flags.slo === undefined ? undefined : await readSlo(flags.slo, plan);
  io.stderr.write(`${describeRun(plan, flags.cluster)}\n`);
  const folder = claimRunFolder(flags.out, plan.seed, new Date());
  const progress = createProgressLine(io, plan.closing, () => performance.now());
  const interruption = listenForInterrupt(io);
  let verdict: RunVerdict;
  try {
    verdict = await executePlan({
      plan,
      cluster: flags.cluster,
      folder,
      slo,
      basePort: flags.port,
      dockerHosts: flags.dockerHost,
      calibrate: flags.calibrate !== false,
      signal: interruption.signal,
      onCalibration: (calibration) => io.stderr.write(describeCalibration(calibration)),
      onProgress: (report) => progress.update(report),
    });
  } catch (error) {
    // Between its fork and its own session a process still hears what a terminal sends to all.
    if (!(error instanceof StartError && interruption.heard())) throw error;
    folder.abandon();
    throw new InterruptedError();
  } finally {
    interruption.end();
    progress.clear();
  }
  showVerdict(verdict, flags.json === true, io);
  return verdict.exitCode;
}

const BEYOND_HINT = 'beyond the claims: npm run hearsay -- list PROTOCOL says which faults and liars it stands';

/** The table (stderr when stdout is for the JSON object), and where the report is. */
export function showVerdict(verdict: RunVerdict, json: boolean, io: CliIo): void {
  const stream = json ? io.stderr : io.stdout;
  stream.write(verdictTable(verdict, createPaint(io, stream), stream.columns ?? 100));
  if (verdict.runDir !== null) {
    stream.write(`report: ${join(verdict.runDir, FILES.report)}\n`);
    if (beyondCounts(verdict.properties).beyond > 0) stream.write(`${BEYOND_HINT}\n`);
    if (verdict.verdict !== 'valid') stream.write(`repeat: ${repeatCommand(verdict.runDir, verdict.cluster)}\n`);
    if (verdict.verdict === 'invalid') stream.write(`shrink: ${shrinkCommand(verdict.runDir)}\n`);
  }
  if (json) io.stdout.write(`${JSON.stringify(verdict)}\n`);
}

/** Two lines: what runs, and when it is hurt. A third where members lie: who, and what. */
export function describeRun(plan: Plan, cluster: string): string {
  const protocols = plan.channels.map((channel) => channel.name).join(', ');
  const planned = plan.faults.filter(({ type }) => type !== 'byzantine');
  const shown = planned.slice(0, 8).map((fault) => `${fault.id} ${windowText(fault)}`);
  const more = planned.length > shown.length ? `, and ${planned.length - shown.length} more` : '';
  const faults = shown.length === 0 ? 'none' : `${shown.join(', ')}${more}`;
  const load = `${plan.members.length} members, ${seconds(plan.closing.healAtMs)} s, ${plan.operations.length} operations`;
  return `seed ${plan.seed}: ${load} on ${cluster}; ${protocols}\nfaults: ${faults}${describeLiars(plan)}`;
}

/** `n6: flood on bracha, sybil on swim 5-7 s and 10-12 s; n7: ...`: times where it is not from start to end. */
function describeLiars(plan: Plan): string {
  const lies = new Map<string, Map<string, string[]>>();
  for (const fault of plan.faults) {
    if (fault.type !== 'byzantine') continue;
    const isAlways = fault.atMs === 0 && fault.untilMs === plan.closing.healAtMs;
    const what = `${fault.behaviour} on ${fault.channel}`;
    for (const name of fault.targets) {
      const told = lies.get(name) ?? new Map<string, string[]>();
      lies.set(name, told.set(what, [...(told.get(what) ?? []), ...(isAlways ? [] : [windowText(fault)])]));
    }
  }
  if (lies.size === 0) return '';
  const all = [...lies].map(([name, told]) => {
    const each = [...told].map(([what, times]) => (times.length === 0 ? what : `${what} ${times.join(' and ')}`));
    return `${name}: ${each.join(', ')}`;
  });
  return `\nliars: ${all.join('; ')}`;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10}`;
}

function windowText({ atMs, untilMs }: { readonly atMs: number; readonly untilMs: number }): string {
  return `${seconds(atMs)}-${seconds(untilMs)} s`;
}

/** One key press may come twice within this time: npm passes on to its child what the terminal sends to both. */
const SAME_KEY_MS = 100;

/**
 * Ctrl-C ends the run early but in order: heal, stop, report. Before that begins, signals are given their usual meaning
 * again, so that a second Ctrl-C ends the process at once, whatever it is busy with; the guardian takes the members along.
 */
function listenForInterrupt(io: CliIo): { signal: AbortSignal; heard(): boolean; end(): void } {
  const controller = new AbortController();
  const end = (): void => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, onSignal);
  };
  let heard = false;
  const onSignal = (): void => {
    if (heard) return;
    heard = true;
    io.stderr.write('\ninterrupted: stopping in order; once more to stop at once\n');
    setTimeout(() => {
      end();
      controller.abort();
    }, SAME_KEY_MS);
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, onSignal);
  return { signal: controller.signal, heard: () => heard, end };
}
