/**
 * How long SWIM may take, from its settings and the theory. Every figure holds once no fault acts on the members it
 * speaks of, and is missed by correct code with a chance far below 1e-9 per run. The bounds add up worst cases, so
 * they are several times what is usual.
 */
import type { Bounds, Conditions } from '../protocol.ts';
import { type SwimSettings, suspicionMs, syncPeriodMs } from './settings.ts';

/** Chance that one piece of news misses its time; a run has few that matter, the rest is margin. */
const MISS = 1e-11;
/** Timer drift beyond this is beyond the claims; the bounds scale up to here. */
export const MAX_TIMER_DRIFT = 0.5;
/** The chain below costs n² steps a round; above this size each doubling is charged one more round. */
const LARGEST_CHAIN = 128;

/**
 * Rounds after which `times` spreadings, one after the other, have each carried a piece of news from one of n members to
 * all, except with chance `miss`, when in each round every member exchanges its whole state with one other drawn at random
 * (push-pull, Demers et al. 1987; mean and spread: Karp et al. 2000). Rounds that are not synchronous only spread
 * faster.
 */
export function syncRounds(n: number, miss: number, times = 1): number {
  if (n <= 1) return 0;
  if (n > LARGEST_CHAIN) return syncRounds(Math.ceil(n / 2), miss, times) + times;
  const one = roundsDistribution(n, miss / (10 * times));
  let sum = one;
  for (let i = 1; i < times; i++) sum = convolve(sum, one);
  // What the distributions were cut off at counts as missed. Summed from the small end, to keep its digits.
  let missing = miss / 10;
  let rounds = sum.length - 1;
  while (rounds > 0 && missing + (sum[rounds] ?? 0) < miss) missing += sum[rounds--] ?? 0;
  return rounds;
}

/**
 * Chance by round that all know from that round on, until all but `rest` is accounted for. The number of those who know
 * is followed as a Markov chain: one who does not know stays so when it draws another such and nobody who knows draws
 * it. These events are negatively associated, so that taking them as independent errs on the side of longer tails.
 */
function roundsDistribution(n: number, rest: number): number[] {
  const done: number[] = [0];
  let chance: number[] = new Array(n + 1).fill(0);
  chance[1] = 1;
  for (let missing = 1; missing >= rest; ) {
    const next: number[] = new Array(n + 1).fill(0);
    for (let informed = 1; informed < n; informed++) {
      const weight = chance[informed] ?? 0;
      if (weight > 0) spreadOnce(n, informed, weight, next);
    }
    done.push(next[n] ?? 0);
    chance = next;
    missing = next.slice(0, n).reduce((sum, p) => sum + p, 0);
  }
  return done;
}

function convolve(a: readonly number[], b: readonly number[]): number[] {
  const out: number[] = new Array(a.length + b.length - 1).fill(0);
  a.forEach((p, i) => {
    b.forEach((q, j) => {
      out[i + j] = (out[i + j] ?? 0) + p * q;
    });
  });
  return out;
}

function spreadOnce(n: number, informed: number, weight: number, next: number[]): void {
  // The only one who knows reaches somebody for certain, and the rest may draw it: that case is exact.
  const certain = informed === 1 ? 1 : 0;
  const uninformed = n - informed - certain;
  const stays = informed === 1 ? 1 - 1 / (n - 1) : ((uninformed - 1) / (n - 1)) * (1 - 1 / (n - 1)) ** informed;
  // Binomial(uninformed, 1 - stays), from nobody reached upwards.
  let probability = stays ** uninformed;
  const odds = (1 - stays) / stays;
  for (let fresh = 0; fresh <= uninformed; fresh++) {
    if (stays === 0) probability = fresh === uninformed ? 1 : 0;
    const to = informed + certain + fresh;
    next[to] = (next[to] ?? 0) + weight * probability;
    probability *= ((uninformed - fresh) / (fresh + 1)) * odds;
  }
}

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
  // it has passed over the c members that are really gone, so their number halves at least; a turn through all dead
  // takes at most 2(n-1) contacts in any case.
  const gone = Math.min(conditions.livesLost.length, n - 2);
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
