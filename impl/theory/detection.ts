/** Failure detection by probes: Das, Gupta, Motivala, "SWIM", 2002, sections 3.1, 4.1 and 4.3. */
import { closedFormRounds } from './rounds.ts';

/** Chance that a member is probed in a period by at least one of n-1 others, of which a share q_f is alive. */
export function chanceProbed(n: number, alive = 1): number {
  return n <= 1 ? 0 : 1 - (1 - 1 / (n - 1)) ** (alive * (n - 1));
}

/**
 * Periods from a crash until somebody's probe of the crashed one is due, random targets: the mean of a geometric law,
 * which tends to e / (e - 1) = 1.582. Often given as if it held for every n and every selection: it is a limit, and with
 * shuffled round-robin (`firstProbePeriodsRoundRobin`) it is approached from below.
 */
export function firstProbePeriods(n: number): number {
  return n <= 1 ? Number.POSITIVE_INFINITY : 1 / chanceProbed(n);
}

/**
 * The same where each of the n-1 others goes through a shuffled list of its n-1, shuffled again at its end (section 4.3),
 * and the crash finds them anywhere in it. A member is not probed in t periods with the chance g(t) that a list at a
 * random place has no turn of it in t steps, and all others alike and independently: the mean is Σ g(t)^(n-1). Within
 * one list of L = n-1: g(t) = 1 - t/L + (t/L)² / 2 - ..., summed here over the places exactly.
 */
export function firstProbePeriodsRoundRobin(n: number): number {
  if (n <= 1) return Number.POSITIVE_INFINITY;
  const length = n - 1;
  let mean = 0;
  for (let t = 0; t <= 2 * length; t++) {
    const term = chanceOfNoTurn(length, t) ** length;
    mean += term;
    if (term < 1e-15) break;
  }
  return mean;
}

/** Chance that t steps from a uniformly random place of a shuffled, and again shuffled, list hold no turn of a name. */
function chanceOfNoTurn(length: number, t: number): number {
  let chance = 0;
  for (let left = 1; left <= length; left++) {
    // `left` steps of this list are still to come; the name is equally likely at each of its places.
    const here = Math.min(t, left);
    const next = Math.min(t - here, length);
    if (t - here > length) continue;
    chance += ((length - here) / length) * ((length - next) / length);
  }
  return chance / length;
}

/** Periods between two probes of one target by one member at most, round-robin over n - 1 others. */
export function longestProbeGap(n: number): number {
  return Math.max(1, 2 * (n - 1) - 1);
}

export interface ProbeConditions {
  /** q_ml: chance that one message arrives. */
  readonly arrives: number;
  /** q_f: share of members that are alive. */
  readonly alive: number;
  /** k: members that are asked to probe on behalf. */
  readonly indirect: number;
}

/** Chance that a probe of a live member fails: (1 - q_ml²)(1 - q_f q_ml⁴)^k. */
export function falseSuspicionPerProbe({ arrives, alive, indirect }: ProbeConditions): number {
  return (1 - arrives ** 2) * (1 - alive * arrives ** 4) ** indirect;
}

/**
 * The paper's PM(F): q_f (1 - q_ml²)(1 - q_f q_ml⁴)^k e^{q_f} / (e^{q_f} - 1). It is usually quoted as the false
 * suspicions of a member per period. It is that only over the periods in which the member is probed at all, which the last
 * factor conditions on, and counts each prober; over all periods the mean is q_f (1 - q_ml²)(1 - q_f q_ml⁴)^k, which
 * `falseSuspicionsPerPeriod` gives.
 */
export function falseSuspicionWhenProbed(conditions: ProbeConditions): number {
  const { alive } = conditions;
  return (falseSuspicionsPerPeriod(conditions) * Math.exp(alive)) / Math.expm1(alive);
}

/** Members that start to suspect a live one in a period, on average. */
export function falseSuspicionsPerPeriod(conditions: ProbeConditions): number {
  return conditions.alive * falseSuspicionPerProbe(conditions);
}

/** Periods a suspicion lasts, and how often an update is piggybacked: 3⌈ln(n+1)⌉, the paper's own setting (section 5). */
export function suspicionPeriods(n: number, multiplier = 3): number {
  return multiplier * Math.max(1, Math.ceil(Math.log(n + 1)));
}

/** Share of members that have not heard an update after λ ln n periods of piggybacking: n^{-(2λ-2)} (section 4.1). */
export function uninformedAfterPiggyback(n: number, lambda: number): number {
  return n ** -(2 * lambda - 2);
}

/**
 * Periods from a crash until all know of it, on average: until the first probe, which fails at the end of its period;
 * the suspicion; then the spread of the death, which rides on pings and acks and so goes as push-pull with fanout 1.
 * Several members probe and suspect at once, so what is measured is a little less.
 */
export function detectionPeriods(n: number, loss = 0): { readonly first: number; readonly all: number } {
  const first = firstProbePeriodsRoundRobin(n) + suspicionPeriods(n);
  return { first, all: first + closedFormRounds('push-pull', n, 1, loss).rounds };
}

/** Messages that a member sends in a period, whatever n: a ping, an ack, and what failed probes add. */
export function probeMessagesPerPeriod({ arrives, alive, indirect }: ProbeConditions): number {
  const answered = arrives * alive;
  const directFails = 1 - alive * arrives ** 2;
  // Asking k others, their pings, the acks to them, and their reports, as far as each comes.
  const perHelper = 1 + arrives * alive * (1 + arrives * alive * (1 + arrives));
  return 1 + answered + directFails * indirect * perHelper;
}
