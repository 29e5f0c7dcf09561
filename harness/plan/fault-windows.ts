/** When a fault is on: `--fault-every` and `--fault-for`, or the family's own place in the load. */
import { UserError } from '../model/errors.ts';
import type { Nemesis } from '../model/nemesis.ts';

export interface Window {
  readonly atMs: number;
  readonly untilMs: number;
}

/** Shares of the load. A partition of 30 s lasts from 6 s to 21 s: long enough for both sides to give the other up. */
export const FAMILY_SHARES: Readonly<Record<Nemesis['family'], readonly [number, number]>> = {
  link: [0.05, 0.95],
  partition: [0.2, 0.7],
  process: [0.3, 0.6],
  clock: [0.2, 0.8],
  behaviour: [0, 1],
};

/**
 * The windows of one nemesis, in order, inside [0, timeMs]. The first starts where the family's default window does.
 * Throws a UserError where not even one window fits.
 */
export function faultWindows(
  nemesis: Pick<Nemesis, 'family' | 'share'>,
  timeMs: number,
  everyMs: number | undefined,
  forMs: number | undefined,
): Window[] {
  const [from, until] = nemesis.share ?? FAMILY_SHARES[nemesis.family];
  const start = Math.round(from * timeMs);
  if (everyMs === undefined && forMs === undefined) {
    return [{ atMs: start, untilMs: Math.round(until * timeMs) }];
  }
  const lasting = forMs ?? Math.max(1, Math.round((everyMs ?? 0) / 2));
  if (everyMs !== undefined && lasting > everyMs) {
    throw new UserError('--fault-for is longer than --fault-every', `${lasting} ms`, `take at most ${everyMs} ms`);
  }
  if (start + lasting > timeMs) {
    const longest = `${timeMs - start} ms`;
    throw new UserError(
      'a fault would last beyond the load',
      `${lasting} ms`,
      `take at most ${longest} or lengthen --time`,
    );
  }
  const windows: Window[] = [];
  for (let atMs = start; atMs + lasting <= timeMs; atMs += everyMs ?? timeMs) {
    windows.push({ atMs, untilMs: atMs + lasting });
  }
  return windows;
}
