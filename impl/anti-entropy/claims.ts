/** What anti-entropy promises, and the times within which it does. */
import { allButOne } from '../primitives/tolerance.ts';
import type { Bounds, Claim, Conditions, Tolerance } from '../protocol.ts';
import { overlayProblem, roundsUnder } from '../theory/overlay.ts';
import type { AntiEntropySettings } from './settings.ts';

const DEMERS = 'Demers et al. 1987, section 1.3';

/** Chance that a run misses a bound. */
const FAILURE = 1e-9;
/** Messages one after another in the longest exchange: four probes, digest, want, entries; two more to open streams. */
const EXCHANGE_LEGS = 9;

function dropsTombstones(settings: AntiEntropySettings): string | undefined {
  return settings.tombstoneTtlMs > 0
    ? 'tombstones are dropped, so a stale member may bring an old value back'
    : undefined;
}

export const antiEntropyClaims: readonly Claim<AntiEntropySettings>[] = [
  {
    property: 'convergence',
    strength: 'guaranteed',
    statement:
      'After the heal the maps of all members that are up become equal, whatever was lost, cut, delayed or duplicated before, under any clocks.',
    source: DEMERS,
    beyond: (_settings, conditions) => overlayProblem(conditions),
  },
  {
    property: 'lost-writes',
    strength: 'guaranteed',
    statement:
      'An acknowledged write is in the final map, or a later one of its key in the order of hybrid time and writer. A write whose only holder lost its life before the next exchange is not promised: it is acknowledged by one member alone.',
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
    beyond: dropsTombstones,
  },
  {
    property: 'stale-reads',
    strength: 'guaranteed',
    statement:
      'Within a life, a read at a member is never older than what this member has shown before, its own writes included. Against other members a read is as old as the exchanges that have not happened yet: that is measured, and not promised away.',
    source: DEMERS,
    beyond: dropsTombstones,
  },
];

/**
 * Rounds until everybody has everything that any one member had at the heal. What one member holds spreads as one rumour,
 * so the chance is shared out over n rumours and not over the writes. A round is counted long enough for every member
 * to start an exchange in it and to end it; peers must be complete from the heal on (in a suite: once membership has
 * merged).
 */
export function antiEntropyBounds(settings: AntiEntropySettings, conditions: Conditions): Bounds {
  const { n, linkLatencyMs, schedulingMs } = conditions;
  const rounds = roundsUnder(settings.mode, conditions, settings.fanout, FAILURE / n);
  if (rounds === undefined) return {};
  const roundMs = settings.intervalMs + EXCHANGE_LEGS * (linkLatencyMs + schedulingMs);
  // A timer that was set under a slow clock may still run on it at the heal.
  const drift = Math.min(conditions.timerDrift, 0.9);
  return { convergenceMs: Math.ceil(settings.intervalMs / (1 - drift) + rounds * roundMs + schedulingMs) };
}

export const antiEntropyTolerates: readonly Tolerance<AntiEntropySettings>[] = [
  {
    behaviours: ['withhold', 'replay', 'flood', 'digest-lie'],
    liars: allButOne,
    properties: ['phantom-values', 'version-order', 'stale-reads'],
    statement:
      'any number may keep entries back or repeat old messages; nothing is signed, so what is changed on its way is believed',
  },
];
