/**
 * How long SWIM may take, from its settings and the theory. Every figure holds once no fault acts on the members it
 * speaks of, and is missed by correct code with a chance far below 1e-9 per run. The bounds add up worst cases, so
 * they are several times what is usual.
 */
import { MAX_TIMER_DRIFT } from '../primitives/probe-assumptions.ts';
import type { Bounds, Conditions } from '../protocol.ts';
import { syncRounds } from '../theory/sync-rounds.ts';
import { type SwimSettings, suspicionMs, syncPeriodMs } from './settings.ts';

/** Chance that one piece of news misses its time; a run has few that matter, the rest is margin. */
const MISS = 1e-11;

export function swimBounds(settings: SwimSettings, conditions: Conditions): Bounds {
  const n = Math.max(2, conditions.n);
  const noiseMs = conditions.schedulingMs;
  // A message waits for the link and then for its receiver to be scheduled; a timer for its member to be scheduled.
  const hopMs = conditions.linkLatencyMs + noiseMs;
  const periodMs = settings.probeIntervalMs + noiseMs;
  // News reach everybody. A stream needs up to two more hops to be set up, each way.
  const roundMs = syncPeriodMs(settings, n) + noiseMs + 6 * hopMs;
  const spreadMs = syncRounds(n, MISS / n) * roundMs;
  const spreadThriceMs = syncRounds(n, MISS / n, 3) * roundMs;

  // Each member finds out by itself: its next probe of the crashed one is at most 2(n-1)-1 periods after the last one,
  // which may just have been answered, and is judged one period later.
  const ownProbeMs = 2 * (n - 1) * periodMs;
  // Or by the first of all: in r periods none of n-1 members probes it with chance (1-r/(n-1))^(n-1) <= e^-r; the
  // suspicion spreads with all the rest, and so does the death.
  const firstProbeMs = (Math.ceil(Math.log(n / MISS)) + 1) * periodMs + spreadMs;
  const deathMs = Math.min(ownProbeMs, firstProbeMs) + periodMs + suspicionMs(settings, n) + noiseMs;
  // Before that, an alive which the crashed one itself sent last may still be on its way and end an older suspicion.
  const detectionMs = spreadMs + deathMs;

  // After a partition each member pings its dead in turn. The sides may be many, but each finds another one as soon as
  // it has passed over the members that are really gone, or lie, so their number halves at least; a turn through all dead
  // takes at most 2(n-1) contacts in any case.
  const gone = Math.min(new Set([...conditions.livesLost, ...conditions.byzantine]).size, n - 2);
  const contacts = Math.min(2 * (n - 1), Math.ceil(Math.log2(n)) * (2 * gone + 2));
  const contactMs = contacts * (settings.deadContactIntervalMs + noiseMs) + 8 * hopMs;
  // What the one side says of the other then reaches all who are accused, their refutations spread on their own side,
  // and from where the sides met on the other.
  const mergeMs = contactMs + spreadThriceMs;

  // The accuser itself brings the suspicion to the accused with its next probe or, if that comes too late, the death with
  // its next contact; or it spreads, and the answer comes back. All pending probes have one period to fail.
  const accuserMs = suspicionMs(settings, n) + 2 * (n - 1) * (settings.deadContactIntervalMs + noiseMs) + noiseMs;
  const refutationMs = periodMs + Math.min(accuserMs, mergeMs) + 4 * hopMs;

  // A member that comes back with the heal first asks its seeds, and for those never heard of again and again.
  const joinMs = settings.joinRetryMs + noiseMs + 6 * hopMs;
  const settleMs = gone > 0 ? detectionMs : 0;
  const convergenceMs = joinMs + 2 * periodMs + mergeMs + settleMs;

  const stretch = 1 / (1 - Math.min(conditions.timerDrift, MAX_TIMER_DRIFT));
  return {
    convergenceMs: Math.ceil(convergenceMs * stretch),
    detectionMs: Math.ceil(detectionMs * stretch),
    refutationMs: Math.ceil(refutationMs * stretch),
  };
}
