/** A run that was stored, judged again: for `report` and `check`. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../model/errors.ts';
import { parsePlan } from '../model/plan-schema.ts';
import { parseCalibration, parseCounters, type Surroundings } from '../model/surroundings.ts';
import type { RunVerdict } from '../model/verdict.ts';
import { rejudge } from '../run/run-and-store.ts';
import { FILES } from '../run/store.ts';
import { readText } from './files.ts';
import { JUDGE_PARTS, KNOWLEDGE, storeParts } from './parts.ts';
import { readSlo } from './slo.ts';

export interface StoredRunOptions {
  /** Also take a history that was cut off. */
  readonly partial: boolean;
  /** Draw the report again and write it, with the verdict, into the folder. */
  readonly write: boolean;
  /** SLO file; absent: the run's own, where it had one. */
  readonly slo: string | undefined;
}

/** Throws a UserError where there is no run, or its plan, SLOs or history cannot be used. */
export async function judgeStoredRun(runDirectory: string, options: StoredRunOptions): Promise<RunVerdict> {
  checkRunFolder(runDirectory);
  const planPath = join(runDirectory, FILES.plan);
  const ownSlo = join(runDirectory, FILES.slo);
  const sloPath = options.slo ?? (existsSync(ownSlo) ? ownSlo : undefined);
  const { partial, write } = options;
  return rejudge({
    loadPlan: () => parsePlan(readText(planPath, "the run's plan"), planPath, KNOWLEDGE),
    store: async (plan) => storeParts(sloPath === undefined ? [] : (await readSlo(sloPath, plan)).slos),
    loadSurroundings: () => loadSurroundings(runDirectory),
    runDirectory,
    parts: JUDGE_PARTS,
    write,
    partial,
  });
}

/** Only runs on some clusters have such files. */
async function loadSurroundings(directory: string): Promise<Surroundings> {
  const read = async <T>(file: string, parse: (text: string, name: string) => Promise<T>): Promise<T | undefined> => {
    const path = join(directory, file);
    return existsSync(path) ? await parse(readText(path, `the run's ${file}`), path) : undefined;
  };
  return {
    calibration: await read(FILES.calibration, parseCalibration),
    counters: await read(FILES.counters, parseCounters),
  };
}

function checkRunFolder(directory: string): void {
  const mend = 'name the folder of a run, such as runs/2026-01-31-12-00-00-seed';
  if (!existsSync(directory)) throw new UserError('there is no such run', directory, mend);
  if (!statSync(directory).isDirectory()) throw new UserError('a run is a folder, and this is a file', directory, mend);
  for (const file of [FILES.plan, FILES.history]) {
    const path = join(directory, file);
    if (!existsSync(path) || !statSync(path).isFile()) {
      throw new UserError(`there is no ${file} in the run's folder`, directory, mend);
    }
  }
}
