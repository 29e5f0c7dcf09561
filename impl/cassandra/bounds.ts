/**
 * How long Cassandra's gossip may take, from its settings and the theory. Every figure holds once no fault acts on the
 * members it speaks of, and is missed by correct code with a chance far below 1e-9 per run. The bounds add up worst
 * cases, so they are several times what is usual.
 */
import type { Bounds, Conditions } from '../protocol.ts';
import { roundsToAll } from '../theory/spread.ts';
import { type CassandraSettings, silenceMs } from './settings.ts';

/** Chance that one piece of news misses its time; a run has few that matter, the rest is margin. */
const MISS = 1e-11;
/** Timer drift beyond this is beyond the claims; the bounds scale up to here. */
export const MAX_TIMER_DRIFT = 0.5;
/** Seeds that a member is given. */
const SEEDS = 3;

/**
 * Rounds until each group that lists none outside of itself has exchanged states with another one, but for a chance of
 * `miss`, with `gone` of n members down for good. A group of `a` that is not larger than the rest, b, holds b + gone
 * unreachable, at least as many as it has live ones and itself: each of its members contacts an unreachable one in every
 * round, and it is one of the b with chance b / (b + gone).
 */
export function crossingRounds(n: number, gone: number, miss: number): number {
  const present = n - gone;
  let worst = 0;
  for (let a = 1; 2 * a <= present; a++) worst = Math.max(worst, (gone / (gone + present - a)) ** a);
  return worst === 0 ? 1 : Math.ceil(Math.log(miss) / Math.log(worst));
}

/**
 * Rounds until groups that have never even heard of each other have met, but for a chance of `miss`: only through seeds,
 * which each member of a group of `a` contacts with chance s / (a - 1), s = 3 being the number of seeds. Where the seeds
 * are split, a member draws a live one that is no seed with chance 1/3 at least, and then the other side's seed with
 * 1/3: the two sides together fail with e^(-2s/9) at most. A group without seeds fails with e^-s; or, where seeds are down
 * for good and it has one member, with 2/3.
 */
export function meetingRounds(n: number, gone: number, miss: number): number {
  if (n < 2) return 0;
  const stays = gone > 0 ? 2 / 3 : Math.exp((-2 * SEEDS) / 9);
  return Math.ceil(Math.log(miss) / Math.log(stays));
}

export function cassandraBounds(settings: CassandraSettings, conditions: Conditions): Bounds {
  const n = Math.max(2, conditions.n);
  const gone = Math.min(conditions.livesLost.length, n - 2);
  const noiseMs = conditions.schedulingMs;
  // A message waits for the link and then for its receiver to be scheduled; a stream takes up to three of them.
  const hopMs = conditions.linkLatencyMs + noiseMs;
  // SYN, ACK and ACK2 may be streams where an endpoint has very many states.
  const roundMs = settings.gossipIntervalMs + noiseMs + 9 * hopMs;
  // An echo that was asked for in a fault's last moment is asked for again with the first news after an interval.
  const echoMs = 2 * (settings.gossipIntervalMs + noiseMs) + 2 * hopMs;
  const spreadRounds = roundsToAll('push-pull', n, 1, MISS / n, gone);
  const spreadMs = spreadRounds * roundMs + echoMs;
  // Groups that hold each other dead are half as many, at most, when each has met another and told all its members.
  const phases = Math.ceil(Math.log2(n - gone));
  const mergeMs = phases * (crossingRounds(n, gone, MISS / n) * roundMs + spreadMs) + spreadMs;

  const reinstatedMs = mergeMs + echoMs;

  // The last heartbeat that was sent arrives everywhere, feeds the detector for the last time, and silence does the
  // rest; it is looked at once in a round, and not by one that stood still shortly before.
  const silence = silenceMs(settings).most + settings.localPauseMs + roundMs;
  const detectionMs = mergeMs + silence;

  // A member that comes back with the heal listens first, and is new to groups that must meet through seeds.
  const bootMs = settings.shadowRoundMs + roundMs;
  const meetMs = meetingRounds(n, gone, MISS) * roundMs + roundsToAll('push', n, 1, MISS / n, gone) * roundMs;
  // One that left and came back is ignored for as long as its former life's quarantine lasts: that of its leaving, and
  // then perhaps that of its eviction.
  const quarantineMs = conditions.kinds.includes('leave') ? 2 * settings.quarantineMs : 0;
  const settleMs = gone > 0 ? silence : 0;
  const convergenceMs = bootMs + meetMs + mergeMs + quarantineMs + settleMs + echoMs;

  const stretch = 1 / (1 - Math.min(conditions.timerDrift, MAX_TIMER_DRIFT));
  return {
    convergenceMs: Math.ceil(convergenceMs * stretch),
    detectionMs: Math.ceil(detectionMs * stretch),
    refutationMs: Math.ceil(reinstatedMs * stretch),
  };
}
