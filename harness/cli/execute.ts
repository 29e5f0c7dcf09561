/** Opens the cluster and runs a plan into a folder. */
import { protocols } from '../../impl/registry.ts';
import type { OpenCluster } from '../model/cluster.ts';
import { UserError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import type { RunVerdict } from '../model/verdict.ts';
import type { Progress } from '../run/director.ts';
import { runAndStore } from '../run/run-and-store.ts';
import type { OwnFolder } from './files.ts';
import { JUDGE_PARTS, storeParts } from './parts.ts';
import { InterruptedError } from './report-error.ts';
import type { SloChoice } from './slo.ts';
import { HEARSAY_VERSION } from './version.ts';

export interface Execution {
  readonly plan: Plan;
  readonly cluster: 'sim' | 'local';
  /** Claimed for this run. */
  readonly folder: OwnFolder;
  readonly slo: SloChoice | undefined;
  /** `local`: the first of a row of ports. */
  readonly basePort: number | undefined;
  readonly signal: AbortSignal;
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
  const { plan, cluster, folder, slo, signal } = execution;
  const open = await openerOf(execution);
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

/** Each cluster is loaded only when it is wanted. */
async function openerOf({ cluster, basePort }: Execution): Promise<OpenCluster> {
  if (cluster === 'sim') {
    const { createOpenSim } = await import('../clusters/sim/sim.ts');
    return createOpenSim(protocols);
  }
  const { createOpenLocal } = await import('../clusters/local/local.ts');
  return createOpenLocal({ basePort });
}
