/**
 * How long Akka's membership may take, from its settings and the theory. Every figure holds once no fault acts on the
 * members it speaks of, and is missed by correct code with a chance far below 1e-9 per run. The bounds add up worst
 * cases, so they are several times what is usual.
 */
import type { Bounds, Conditions } from '../protocol.ts';
import { roundsToAll } from '../theory/spread.ts';
import { type AkkaSettings, longestSilenceMs } from './settings.ts';

/** Chance that one piece of news misses its time; a run has few that matter, the rest is margin. */
const MISS = 1e-11;
/** Timer drift beyond this is beyond the claims; the bounds scale up to here. */
export const MAX_TIMER_DRIFT = 0.5;

export function akkaBounds(settings: AkkaSettings, conditions: Conditions): Bounds {
  const n = Math.max(2, conditions.n);
  const noiseMs = conditions.schedulingMs;
  // A message waits for the link and then for its receiver to be scheduled; a stream takes up to three of them.
  const hopMs = conditions.linkLatencyMs + noiseMs;
  const roundMs = settings.gossipIntervalMs + noiseMs + 9 * hopMs;
  // Each member that knows a state draws each one that does not with chance 1/(n-1) or more in each of its rounds, since
  // those that have not seen it are never left out of the draw. That they have seen it comes back in the same way.
  const spreadMs = roundsToAll('push', n, 1, MISS / n) * roundMs;
  const beatMs = settings.heartbeatIntervalMs + noiseMs + 2 * hopMs;
  // A state on which all agree, with one more change by the leader behind it.
  const stepMs = 2 * spreadMs + settings.leaderActionsIntervalMs + noiseMs;

  // Monitors see a heartbeat answered, say so on their side, and their sides' states are merged: the last that became
  // reachable may be the only way for the others, so this comes three times.
  const reachableMs = 3 * (2 * beatMs + spreadMs);
  const unreachableMs = longestSilenceMs(settings) + 2 * beatMs + spreadMs;

  // A new incarnation asks, its former one is taken down and removed, it asks again, is let in, and brought up. Where it
  // was let in by a group that the others have lost sight of, the leader of either looks for the other, which comes to the
  // same: it asks, former incarnations are removed, it asks again, and the two states are merged.
  const replaced = conditions.kinds.some((kind) => kind === 'kill' || kind === 'leave') || settings.downing !== 'off';
  const askMs = settings.seedTimeoutMs + settings.joinRetryMs + noiseMs + 6 * hopMs;
  const joinMs = (replaced ? 5 : 1) * askMs + (replaced ? 7 : 1) * stepMs;
  const downingMs = settings.downing === 'off' ? 0 : settings.stableAfterMs + 2 * stepMs;
  const convergenceMs = unreachableMs + reachableMs + downingMs + settings.weaklyUpAfterMs + joinMs + stepMs;
  const detectionMs = unreachableMs + reachableMs + settings.stableAfterMs + 3 * stepMs;

  const stretch = 1 / (1 - Math.min(conditions.timerDrift, MAX_TIMER_DRIFT));
  return {
    convergenceMs: Math.ceil(convergenceMs * stretch),
    detectionMs: Math.ceil(detectionMs * stretch),
    refutationMs: Math.ceil((settings.downing === 'off' ? reachableMs + unreachableMs : convergenceMs) * stretch),
  };
}
