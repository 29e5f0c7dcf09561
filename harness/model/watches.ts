/** What a member measures of itself over the whole run because the plan has a fault for it that only this would show. */
import type { PlannedFault } from './fault.ts';

export interface Watches {
  /** Looks at the wall clock this often, ms; a change by more than `leapMs` from one look to the next is a leap. */
  readonly wall?: { readonly everyMs: number; readonly leapMs: number } | undefined;
  /** Processor time. */
  readonly cpu?: true | undefined;
  /** Room for its state, and what it stored. */
  readonly disk?: true | undefined;
}

/** So many looks while a strobing clock stands still between two leaps. */
const LOOKS = 4;
/** A clock that is looked at more often would be what the member is busy with. */
const SHORTEST_MS = 5;

/** undefined: nothing. */
export function watchesOf(faults: readonly PlannedFault[], member: string): Watches | undefined {
  let wall: Watches['wall'];
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
  if (wall === undefined && cpu === undefined && disk === undefined) return undefined;
  return { ...(wall && { wall }), ...(cpu && { cpu }), ...(disk && { disk }) };
}
