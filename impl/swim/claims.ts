/** What SWIM promises here, and where the promise ends. */
import type { Claim, Conditions } from '../protocol.ts';
import { MAX_TIMER_DRIFT } from './bounds.ts';
import type { SwimSettings } from './settings.ts';

/** Assumptions all promises share: a healthy link and member answer a probe within its period. */
function beyond(settings: SwimSettings, conditions: Conditions): string | undefined {
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

export const swimClaims: readonly Claim<SwimSettings>[] = [
  {
    property: 'convergence',
    strength: 'guaranteed',
    statement:
      'After the heal all correct members list the same members as alive, whatever was lost, cut, crashed, restarted ' +
      'or declared dead before, both sides of a partition included. Members do not lie.',
    source: 'Demers et al. 1987 (anti-entropy); memberlist push-pull and gossip to the dead',
    beyond,
  },
  {
    property: 'detection',
    strength: 'guaranteed',
    statement:
      'A life that has ended by a crash is declared dead, or replaced by a later life, at every correct connected ' +
      'member in bounded time.',
    source: 'SWIM sections 3.1 and 4.3 (time-bounded completeness)',
    beyond,
  },
  {
    property: 'refutation',
    strength: 'guaranteed',
    statement:
      'A suspicion or death of a live reachable member is refuted in bounded time, no such member is held dead at the ' +
      "end, only a member itself raises its incarnation, and within an observer's life what it says of a member only " +
      'moves up in the order (life, incarnation, status), over restarts with state too.',
    source: "SWIM section 4.2; Lifeguard's buddy system",
    beyond,
  },
];
