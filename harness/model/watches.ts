/** What a member measures of itself over the whole run because the plan has a fault for it that only this would show. */
import type { PlannedFault } from './fault.ts';

/** Looks at the wall clock this often, ms; a change by more than `leapMs` from one look to the next is a leap. */
export interface WallWatching {
  readonly everyMs: number;
  readonly leapMs: number;
}

export interface Watches {
  readonly wall?: WallWatching | undefined;
  /** Processor time. */
  readonly cpu?: true | undefined;
  /** Room for its state, and what it stored. */
  readonly disk?: true | undefined;
}

/** So many looks while a strobing clock stands still between two leaps. */
const LOOKS = 4;
/** A clock that is looked at more often would be what the member is busy with. */
const SHORTEST_MS = 5;

/** At most by how much drifts move a member's wall clock, ms in a ms. */
export function driftPerMs(faults: readonly PlannedFault[], member: string): number {
  let drift = 0;
  for (const fault of faults)
    if (fault.type === 'clock-drift' && fault.targets.includes(member)) drift += Math.abs(fault.factor - 1);
  return drift;
}

/** Whether a leap stands out from what such a drift makes of the clock from one look to the next, one of which may be missed. */
export function leapShows({ everyMs, leapMs }: WallWatching, drift: number): boolean {
  return 2 * drift * everyMs <= leapMs;
}

/** undefined: nothing. */
export function watchesOf(faults: readonly PlannedFault[], member: string): Watches | undefined {
  let wall: WallWatching | undefined;
  let cpu: true | undefined;
  let disk: true | undefined;
  for (const fault of faults) {
    if (!('targets' in fault) || !fault.targets.includes(member)) continue;
    if (fault.type === 'cpu') cpu = true;
    else if (fault.type === 'disk-full') disk = true;
    else if (fault.type === 'clock-strobe') {
      wall = {
        everyMs: Math.max(SHORTEST_MS, Math.min(wall?.everyMs ?? Number.POSITIVE_INFINITY, fault.everyMs / LOOKS)),
        leapMs: Math.min(wall?.leapMs ?? Number.POSITIVE_INFINITY, Math.abs(fault.skewMs) / 2),
      };
    }
  }
  const drift = driftPerMs(faults, member);
  if (wall !== undefined && !leapShows(wall, drift))
    wall = { ...wall, everyMs: Math.max(SHORTEST_MS, wall.leapMs / (2 * drift)) };
  if (wall === undefined && cpu === undefined && disk === undefined) return undefined;
  return { ...(wall && { wall }), ...(cpu && { cpu }), ...(disk && { disk }) };
}
