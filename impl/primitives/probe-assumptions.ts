/** What every promise of a membership protocol that probes assumes: a healthy link and member answer within a period. */
import type { Conditions } from '../protocol.ts';

/** Timer drift beyond this is beyond the claims; bounds scale up to here. */
export const MAX_TIMER_DRIFT = 0.5;

/** Why a plan lies outside what a prober can promise; undefined when it is inside. */
export function beyondProbing(
  settings: { readonly probeIntervalMs: number },
  conditions: Conditions,
): string | undefined {
  if (conditions.timerDrift > MAX_TIMER_DRIFT) {
    return `timers drift by ${conditions.timerDrift}; the promise is for at most ${MAX_TIMER_DRIFT}`;
  }
  const roundTripMs = 2 * (conditions.linkLatencyMs + conditions.schedulingMs);
  if (roundTripMs >= settings.probeIntervalMs) {
    return (
      `a healthy round trip may take ${roundTripMs} ms, and a probe has ${settings.probeIntervalMs} ms: ` +
      'live members would be suspected for ever'
    );
  }
  return undefined;
}

/** Why others would be asked to probe too late to be of use; undefined when they are not. */
export function probeTimeoutProblem({
  probeTimeoutMs,
  probeIntervalMs,
}: {
  readonly probeTimeoutMs: number;
  readonly probeIntervalMs: number;
}): string | undefined {
  if (probeTimeoutMs < probeIntervalMs) return undefined;
  return (
    `probeTimeoutMs (${probeTimeoutMs}) must be below probeIntervalMs (${probeIntervalMs}), ` +
    'so that indirect probes have time; about a half of it is usual'
  );
}
