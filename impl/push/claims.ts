/** What push gossip promises, and the time within which it does. */
import { allButOne } from '../primitives/tolerance.ts';
import type { Bounds, Claim, Conditions, Tolerance } from '../protocol.ts';
import { overlayProblem, roundsUnder } from '../theory/overlay.ts';
import type { PushSettings } from './settings.ts';

const DEMERS = 'Demers et al. 1987, section 1.3';

/** Chance that a run misses the bound. */
const FAILURE = 1e-9;

export const pushClaims: readonly Claim<PushSettings>[] = [
  {
    property: 'convergence',
    strength: 'guaranteed',
    statement:
      'After the heal the maps of all members that are up become equal, whatever was lost, cut, delayed or duplicated before, under any clocks: nobody ever stops telling its whole state.',
    source: DEMERS,
    beyond: (_settings, conditions) => overlayProblem(conditions),
  },
  {
    property: 'lost-writes',
    strength: 'guaranteed',
    statement:
      'An acknowledged write is in the final map, or a later one of its key in the order of hybrid time and writer. A write whose only holder lost its life before its next push is not promised: it is acknowledged by one member alone.',
    source: DEMERS,
    beyond: (_settings, conditions) => overlayProblem(conditions),
  },
  {
    property: 'phantom-values',
    strength: 'guaranteed',
    statement: 'A value that is read was written by somebody.',
    source: 'own',
  },
  {
    property: 'version-order',
    strength: 'guaranteed',
    statement: 'Within a life, the version that a member holds of a key never goes back, restarts with state included.',
    source: 'own',
  },
  {
    property: 'stale-reads',
    strength: 'guaranteed',
    statement:
      'Within a life, a read at a member is never older than what this member has shown before, its own writes included. A member cannot ask: against others a read is as old as the pushes that have not reached it yet, which is measured, and not promised away.',
    source: DEMERS,
  },
];

/**
 * Rounds until everybody has been told everything that any one member had at the heal. What one member holds spreads as
 * one rumour that nobody stops telling, so the chance is shared out over n rumours. A round is counted long enough for
 * every member to start a push in it and for that to arrive; peers must be complete from the heal on. Who is only
 * reached by others' choice waits longer than one who can pull: ln n more rounds at the end, which the chain counts.
 */
export function pushBounds(settings: PushSettings, conditions: Conditions): Bounds {
  const { n, linkLatencyMs, schedulingMs } = conditions;
  const rounds = roundsUnder('push', conditions, settings.fanout, FAILURE / n);
  if (rounds === undefined) return {};
  // The sender's timer and the receiver may each wait for the machine.
  const roundMs = settings.intervalMs + linkLatencyMs + 2 * schedulingMs;
  // A timer that was set under a slow clock may still run on it at the heal.
  const drift = Math.min(conditions.timerDrift, 0.9);
  return { convergenceMs: Math.ceil(settings.intervalMs / (1 - drift) + rounds * roundMs + schedulingMs) };
}

export const pushTolerates: readonly Tolerance<PushSettings>[] = [
  {
    behaviours: ['withhold', 'replay', 'flood'],
    liars: allButOne,
    properties: ['phantom-values', 'version-order', 'stale-reads'],
    statement:
      'any number may keep entries back or repeat old messages; nothing is signed, so what is changed on its way is believed',
  },
];
