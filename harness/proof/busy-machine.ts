/**
 * Test support: a run on real processes speaks for the code only where the machine let these run. Bounds in time allow
 * a ready process to wait for a while; one that stood still for much longer misses them, however right it is. Such a run is
 * made again. What may never happen is never excused.
 */
import type { HistoryLine } from '../model/history.ts';
import type { PropertyResult } from '../model/verdict.ts';

const LONG_STALL_MS = 300;
const TRIES = 3;
/** Properties that can fail because somebody was late, and by nothing else that a machine does. */
const TIMED: ReadonlySet<string> = new Set([
  'convergence',
  'coverage',
  'detection',
  'refutation',
  'reinstatement',
  'estimate',
  'consensus-termination',
  'fault-effect',
]);

/** Properties whose evidence somebody's lateness can take away: a machine that is late may leave these unknown. */
export const LATENESS_LEAVES_UNKNOWN: ReadonlySet<string> = new Set([
  'convergence',
  'detection',
  'refutation',
  'lost-writes',
  'stale-reads',
  'delivery',
  'coverage',
  'broadcast-safety',
  'estimate',
  'fault-effect',
]);

export interface RealRun {
  readonly lines: readonly HistoryLine[];
  readonly properties: readonly PropertyResult[];
}

/** `isLate`: beyond the properties, whether the run shows what somebody's lateness alone can cause. */
export async function whileAwake(
  run: () => Promise<RealRun>,
  isLate: (run: RealRun) => boolean = () => false,
): Promise<RealRun> {
  for (let tries = 1; ; tries++) {
    const made = await run();
    if (tries === TRIES || !stoodStill(made) || !(missesBounds(made) || isLate(made))) return made;
  }
}

function missesBounds({ properties }: RealRun): boolean {
  const failed = properties.filter(({ verdict }) => verdict === 'invalid' || verdict === 'unknown');
  return failed.length > 0 && failed.every(({ name }) => TIMED.has(name));
}

function stoodStill({ lines }: RealRun): boolean {
  return lines.some((line) => line.type === 'traffic' && line.stalledMs > LONG_STALL_MS);
}
