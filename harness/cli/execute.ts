/** Opens the cluster and runs a plan into a folder. */

import type { Calibration } from '../model/calibration.ts';
import { UserError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import type { RunVerdict } from '../model/verdict.ts';
import type { Progress } from '../run/director.ts';
import { runAndStore } from '../run/run-and-store.ts';
import { type ClusterName, clusterOf } from './clusters.ts';
import type { OwnFolder } from './files.ts';
import { JUDGE_PARTS, storeParts } from './parts.ts';
import { InterruptedError } from './report-error.ts';
import type { SloChoice } from './slo.ts';
import { HEARSAY_VERSION } from './version.ts';

export interface Execution {
  readonly plan: Plan;
  readonly cluster: ClusterName;
  /** Claimed for this run. */
  readonly folder: OwnFolder;
  readonly slo: SloChoice | undefined;
  /** `local`: the first of a row of ports. */
  readonly basePort: number | undefined;
  /** `docker`: addresses of engines. */
  readonly dockerHosts: readonly string[] | undefined;
  /** Where the kernel makes faults: measure before time zero what each does. */
  readonly calibrate: boolean;
  readonly signal: AbortSignal;
  onCalibration(calibration: Calibration): void;
  onProgress(progress: Progress): void;
}

const PROGRESS_EVERY_MS = 100;

/** The simulator never lets a timer fire, so there progress is looked at every so many lines. */
const LINES_PER_LOOK = 1000;

/**
 * Rejects with a UserError or an InterruptedError, and leaves nothing behind, when the run never came about; else with
 * what failed.
 */
export async function executePlan(execution: Execution): Promise<RunVerdict> {
  const { plan, cluster, folder, slo, signal, basePort, dockerHosts, calibrate } = execution;
  const open = await clusterOf(cluster).open({ basePort, dockerHosts, calibrate });
  let ticking: NodeJS.Timeout | undefined;
  let look: (() => void) | undefined;
  let lines = 0;
  const onLine = (): void => {
    if (++lines % LINES_PER_LOOK === 0) look?.();
  };
  const running = runAndStore({
    plan,
    cluster,
    open,
    parts: JUDGE_PARTS,
    store: storeParts(slo?.slos ?? [], cluster === 'sim' ? onLine : undefined),
    sloText: slo?.text,
    runDirectory: folder.path,
    version: HEARSAY_VERSION,
    signal,
    onCalibration: (calibration) => execution.onCalibration(calibration),
    onStart: (progress) => {
      look = () => execution.onProgress(progress());
      ticking = setInterval(look, PROGRESS_EVERY_MS);
      ticking.unref();
    },
  });
  try {
    return await Promise.race([running, abortedBefore(signal, () => look !== undefined)]);
  } catch (error) {
    if (error instanceof UserError || error instanceof InterruptedError) folder.abandon();
    throw error;
  } finally {
    clearInterval(ticking);
  }
}

/** Rejects when the signal comes while nothing has started yet that could heal and stop in order. */
function abortedBefore(signal: AbortSignal, started: () => boolean): Promise<never> {
  return new Promise((_, reject) => {
    const check = (): void => {
      if (!started()) reject(new InterruptedError());
    };
    if (signal.aborted) check();
    else signal.addEventListener('abort', check, { once: true });
  });
}
