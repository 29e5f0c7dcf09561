/**
 * Test support: a run on real processes speaks for the code only where the machine let these run. Bounds in time allow
 * a ready process to wait for a while; one that stood still for much longer misses them, however right it is. Such a run is
 * made again, and so is one that was too late to say anything. What may never happen is never excused.
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

/**
 * Runs again, at most twice, and says why: what was left unknown by lateness, which tells nothing either way; and, where
 * somebody stood still, what was missed in time. `isLate`: beyond the properties, whether the run shows what somebody's
 * lateness alone can cause.
 */
export async function whileAwake(
  run: () => Promise<RealRun>,
  isLate: (run: RealRun) => boolean = () => false,
): Promise<RealRun> {
  for (let tries = 1; ; tries++) {
    const made = await run();
    const failed = made.properties.filter(({ verdict }) => verdict === 'invalid' || verdict === 'unknown');
    const stalledMs = longestStallMs(made);
    const stoodStill = stalledMs > LONG_STALL_MS;
    const missesBounds = failed.length > 0 && failed.every(({ name }) => TIMED.has(name));
    const tellsNothing = failed.length > 0 && failed.every(isUnknownByLateness);
    const isExcused = tellsNothing || (stoodStill && (missesBounds || isLate(made)));
    if (tries === TRIES || !isExcused) return made;
    const missed = failed.map(({ name, verdict, reason }) => `${name} ${verdict}: ${reason}`).join('; ');
    console.log(`made again; the longest stall was ${Math.round(stalledMs)} ms; ${missed}`);
  }
}

function isUnknownByLateness({ name, verdict }: PropertyResult): boolean {
  return verdict === 'unknown' && LATENESS_LEAVES_UNKNOWN.has(name);
}

function longestStallMs({ lines }: RealRun): number {
  return lines.reduce((most, line) => (line.type === 'traffic' ? Math.max(most, line.stalledMs) : most), 0);
}
