/**
 * A run's directory: plan.json, calibration.json where links were calibrated, and history.jsonl while it runs, then
 * counters.json where the kernel counted for each member, report.html, report.json, junit.xml, and last verdict.json, so
 * that a directory with a verdict is complete.
 */
import { readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UserError } from '../model/errors.ts';
import type { HistoryLine } from '../model/history.ts';
import type { Plan } from '../model/plan.ts';
import type { Surroundings } from '../model/surroundings.ts';
import type { RunVerdict } from '../model/verdict.ts';
import { HistoryWriter } from './history-file.ts';
import { makeFolders } from './make-folders.ts';

export const FILES = {
  plan: 'plan.json',
  slo: 'slo.yaml',
  history: 'history.jsonl',
  verdict: 'verdict.json',
  report: 'report.html',
  reportJson: 'report.json',
  junit: 'junit.xml',
  calibration: 'calibration.json',
  counters: 'counters.json',
} as const;

export class RunStore {
  readonly directory: string;
  readonly #history: HistoryWriter;

  /** Creates the directory, which must be new or empty, and writes the plan. Throws UserError. */
  constructor(directory: string, plan: Plan, sloText?: string) {
    this.directory = directory;
    createEmptyDirectory(directory);
    try {
      writeWhole(join(directory, FILES.plan), `${JSON.stringify(plan, null, 1)}\n`);
      if (sloText !== undefined) writeWhole(join(directory, FILES.slo), sloText);
      this.#history = new HistoryWriter(join(directory, FILES.history));
    } catch (error) {
      throw unwritable(error, directory);
    }
  }

  record(line: HistoryLine): void {
    this.#history.write(line);
  }

  flush(): void {
    this.#history.flush();
  }

  /** The history is complete; returns its hash. */
  endHistory(): string {
    return this.#history.end();
  }
}

/** What was measured of a run's surroundings; no part of its history. */
export function writeSurroundings(directory: string, { calibration, counters }: Surroundings): void {
  const write = (file: string, content: unknown): void =>
    writeWhole(join(directory, file), `${JSON.stringify(content, null, 1)}\n`);
  if (calibration !== undefined) write(FILES.calibration, calibration);
  if (counters !== undefined) write(FILES.counters, counters);
}

/** What a finished run leaves beside plan and history. */
export interface RunResults {
  readonly verdict: RunVerdict;
  readonly html: string;
  readonly json: string;
  readonly junit: string;
}

/** Writes (again) what was drawn from the history. */
export function writeResults(directory: string, results: RunResults): void {
  writeWhole(join(directory, FILES.report), results.html);
  writeWhole(join(directory, FILES.reportJson), results.json);
  writeWhole(join(directory, FILES.junit), results.junit);
  writeWhole(join(directory, FILES.verdict), `${JSON.stringify(results.verdict, null, 1)}\n`);
}

/** All or nothing: a reader never meets half a file. */
export function writeWhole(path: string, text: string): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, text);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function unwritable(error: unknown, directory: string): UserError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const mend = code === 'ENOSPC' ? 'make room on that disk' : 'choose a folder that can be written with --out';
  return new UserError(`the run folder cannot be written (${code})`, directory, mend);
}

function createEmptyDirectory(directory: string): void {
  const mend = 'choose a folder that can be written with --out';
  try {
    makeFolders(resolve(directory));
    if (!statSync(directory).isDirectory()) throw new UserError('the run folder is a file', directory, mend);
    if (readdirSync(directory).length > 0) {
      throw new UserError('the run folder is not empty', directory, 'choose a new or empty one with --out');
    }
    // The cheapest proof that files can be made here, before anything runs.
    writeWhole(join(directory, '.probe'), '');
    renameSync(join(directory, '.probe'), join(directory, FILES.plan));
  } catch (error) {
    throw error instanceof UserError ? error : unwritable(error, directory);
  }
}
