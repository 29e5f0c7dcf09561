/** What adaptive push-pull promises, and the times within which it does, however little it has come to speak. */
import { allButOne } from '../primitives/tolerance.ts';
import type { Bounds, Claim, Conditions, Tolerance } from '../protocol.ts';
import { mostAbsent } from '../theory/overlay.ts';
import { roundsToAll } from '../theory/spread.ts';
import type { HybridSettings } from './settings.ts';

const DEMERS = 'Demers et al. 1987, section 1.3';

/** Chance that a run misses a bound. */
const FAILURE = 1e-9;
/** Broadcasts of a run among which that chance is shared out; those of one time share their luck anyway. */
const BROADCASTS = 10_000;
/** Messages one after another in the longest pull: four of probes, digest, want, entries; two more to open streams. */
const PULL_LEGS = 9;

export const hybridClaims: readonly Claim<HybridSettings>[] = [
  {
    property: 'convergence',
    strength: 'guaranteed',
    statement:
      'After the heal the maps of all members that are up become equal, and so do the sets of broadcasts that they have delivered, whatever was lost, cut, delayed or duplicated before, under any clocks: nobody ever stops to pull.',
    source: DEMERS,
  },
  {
    property: 'lost-writes',
    strength: 'guaranteed',
    statement:
      'An acknowledged write is in the final map, or a later one of its key in the order of hybrid time and writer. A write whose only holder lost its life before anybody had it is not promised: it is acknowledged by one member alone.',
    source: DEMERS,
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
      'Within a life, a read at a member is never older than what this member has shown before, its own writes included. Against other members a read is as old as what has not reached it yet: that is measured, and not promised away.',
    source: DEMERS,
  },
  {
    property: 'delivery',
    strength: 'guaranteed',
    statement:
      'Nothing is delivered twice in one life, restarts with state included, and nothing that was not broadcast.',
    source: 'own',
  },
  {
    property: 'coverage',
    strength: 'guaranteed',
    statement:
      'Every member delivers every broadcast, those included that came before it was up, because broadcasts are kept for ever and pulls repair what pushes missed: there is no residue. A broadcast whose only holder lost its life before anybody had it is not promised.',
    source: DEMERS,
  },
];

/**
 * Only pulls are counted, at their least chance and least fanout: what a member adapts to is not known beforehand, and it
 * stops to push what is old. A round is counted long enough for every member to begin a pull in it and to end it; peers
 * must be complete from the heal on.
 *
 * Convergence: what one member holds at the heal spreads as one rumour, so the chance is shared out over n of them.
 * Delivery: over the broadcasts; there one stall of a real machine is counted in all, since a broadcast that comes later
 * than that counts as delivered all the same.
 */
export function hybridBounds(settings: HybridSettings, conditions: Conditions): Bounds {
  const { n, linkLatencyMs, schedulingMs } = conditions;
  // A timer that was set under a slow clock may still run on it at the heal.
  const drift = Math.min(conditions.timerDrift, 0.9);
  const firstMs = settings.intervalMs / (1 - drift);
  const within = (failure: number, roundMs: number): number =>
    Math.ceil(firstMs + pullRounds(settings, conditions, failure) * roundMs + schedulingMs);
  return {
    convergenceMs: within(FAILURE / n, settings.intervalMs + PULL_LEGS * (linkLatencyMs + schedulingMs)),
    deliveryMs: within(FAILURE / BROADCASTS, settings.intervalMs + PULL_LEGS * linkLatencyMs),
  };
}

function pullRounds(settings: HybridSettings, { n, livesLost }: Conditions, failure: number): number {
  // Who lost a life may be down: nobody knows it in a plan without membership, and contacts with it are wasted.
  const absent = mostAbsent(n, livesLost);
  return roundsToAll('pull', n, settings.minFanout, failure, absent, settings.minProbability);
}

export const hybridTolerates: readonly Tolerance<HybridSettings>[] = [
  {
    behaviours: ['withhold', 'replay', 'flood'],
    liars: allButOne,
    properties: ['phantom-values', 'version-order', 'stale-reads', 'delivery'],
    statement:
      'any number may keep things back or repeat old messages; nothing is signed, so what is changed on its way is believed',
  },
];
