/**
 * Coverage by round, as expected values in the limit of many members (mean field): the recursions of Pittel 1987 for
 * push, of Karp et al. 2000 for pull and push-pull, of Demers et al. 1987, section 1.4, for members that lose interest;
 * with loss.
 *
 * In circulation is 1 - e^{-fanout 2^k / n}. It is wrong: with fanout f those who know grow by 1 + f in a round and not
 * by 2, pushes of one round hit each other's targets, and what counts at the end is that every round leaves a share
 * e^{-f} of those who do not know, which 2^k does not describe. Loss slows the growth to 1 + f(1 - loss); dividing
 * rounds by 1 - loss, as is also found, holds for neither phase.
 *
 * The recursion itself runs a little ahead of the mean of many runs: early on those who know are few and their number
 * varies, which delays some runs by more than it hastens others (rounds-distribution.ts accounts for that). Nor does it
 * know that a blind rumour may die out while few know it: it describes the runs in which it does not.
 */
import type { SpreadMode } from './spread.ts';

export interface SpreadLaw {
  readonly n: number;
  readonly mode: SpreadMode;
  readonly stop: 'coin' | 'counter' | 'rounds' | 'never';
  readonly feedback: 'feedback' | 'blind';
  readonly k: number;
  readonly fanout: number;
  /** Chance that one message is lost. */
  readonly loss: number;
  /** So many of the n are down for good: contacts with them are wasted, and nobody waits for them to know. Default 0. */
  readonly absent?: number;
}

/** Expected share of the members that are up to know after 0, 1, .. `rounds` rounds, one knowing at the start. */
export function meanFieldCoverage(law: SpreadLaw, rounds: number): number[] {
  return meanFieldMissing(law, rounds).map((missing) => 1 - missing / upOf(law));
}

/** Expected number of members that are up and do not know, after 0, 1, .. `rounds` rounds, `known` knowing at first. */
export function meanFieldMissing(law: SpreadLaw, rounds: number, known = 1): number[] {
  const state = startOf(law, known);
  const missing = [state.unaware];
  for (let round = 1; round <= rounds; round++) {
    step(law, state);
    missing.push(state.unaware);
  }
  return missing;
}

/** What is to be expected once all interest is lost, or, where it never is, once all know. */
export interface SpreadEnd {
  /** Share of the members up that never hear. */
  readonly residue: number;
  /** Updates sent per member up, until then. */
  readonly traffic: number;
  /**
   * Round in which the last one hears of those that ever do. They are so few towards the end, and so nearly independent,
   * that after a round with M of them still to hear all have with chance e^{-M}: the sum of 1 - e^{-M} over the rounds.
   */
  readonly lastArrival: number;
}

export function meanFieldEnd(law: SpreadLaw): SpreadEnd {
  const state = startOf(law);
  const missing = [state.unaware];
  let untilAll = 0;
  for (let round = 0; round < ROUND_LIMIT && sum(state.hot) > GONE; round++) {
    if (law.stop === 'never' && state.unaware < GONE) break;
    const before = state.messages;
    const some = -Math.expm1(-state.unaware);
    step(law, state);
    // Where only the end of the spread ends a run, a round counts as far as it is needed.
    untilAll += some * (state.messages - before);
    missing.push(state.unaware);
  }
  const up = upOf(law);
  return {
    residue: state.unaware / up,
    traffic: (law.stop === 'never' ? untilAll : state.messages) / up,
    lastArrival: missing.reduce((total, each) => total - Math.expm1(state.unaware - each), 0),
  };
}

function upOf(law: SpreadLaw): number {
  return law.n - (law.absent ?? 0);
}

/** So little of a member is none. */
const GONE = 1e-9;
const ROUND_LIMIT = 100_000;

interface MeanField {
  /** Members that do not know. */
  unaware: number;
  /** Hot members by their counter (by age where rounds decide; a single entry where no counter is kept). */
  hot: number[];
  /** Updates sent so far, useless and lost ones included. */
  messages: number;
}

function startOf(law: SpreadLaw, known = 1): MeanField {
  const levels = law.stop === 'counter' || law.stop === 'rounds' ? law.k : 1;
  const hot = new Array<number>(levels).fill(0);
  hot[0] = known;
  return { unaware: upOf(law) - known, hot, messages: 0 };
}

function step(law: SpreadLaw, state: MeanField): void {
  const others = Math.max(1, law.n - 1);
  const fanout = Math.min(law.fanout, others);
  const arrives = 1 - law.loss;
  const hot = sum(state.hot);
  let missed = 1;
  if (law.mode !== 'pull') {
    missed *= (1 - (arrives * fanout) / others) ** hot;
    state.messages += hot * fanout;
  }
  if (law.mode !== 'push') {
    missed *= Math.max(0, 1 - (arrives * arrives * hot) / others) ** fanout;
    const askers = law.mode === 'pull' ? upOf(law) : upOf(law) - hot;
    state.messages += (askers * fanout * arrives * hot) / others;
  }
  const heard = state.unaware * (1 - missed);
  state.hot = law.mode === 'pull' ? afterPulls(law, state, fanout) : afterPushes(law, state, fanout);
  state.hot[0] = (state.hot[0] ?? 0) + heard;
  state.unaware -= heard;
}

/** What is left of those who were hot, by counter. */
function afterPushes(law: SpreadLaw, state: MeanField, fanout: number): number[] {
  if (law.stop === 'never') return [...state.hot];
  if (law.stop === 'rounds') return aged(state.hot);
  const arrives = 1 - law.loss;
  const others = Math.max(1, law.n - 1);
  // With feedback a contact counts if the push and its answer arrive.
  const blind = law.feedback === 'blind';
  const reset = blind ? 0 : (arrives * arrives * state.unaware) / others;
  const grow = blind ? 1 : (arrives * arrives * Math.max(0, upOf(law) - 1 - state.unaware)) / others;
  let hot = [...state.hot];
  for (let contact = 0; contact < fanout; contact++) hot = counters(law, hot, reset, grow);
  return hot;
}

/** The same at the end of a cycle of pulls. Answers that a member gives in it are Poisson distributed. */
function afterPulls(law: SpreadLaw, state: MeanField, fanout: number): number[] {
  if (law.stop === 'never') return [...state.hot];
  if (law.stop === 'rounds') return aged(state.hot);
  const arrives = 1 - law.loss;
  const share = fanout / Math.max(1, law.n - 1);
  const askers = upOf(law) - 1;
  if (law.feedback === 'blind') return counters(law, state.hot, 0, 1 - Math.exp(-share * askers * arrives));
  const needed = share * arrives ** 3 * state.unaware;
  const idle = share * arrives ** 3 * Math.max(0, askers - state.unaware);
  return counters(law, state.hot, 1 - Math.exp(-needed), Math.exp(-needed) * (1 - Math.exp(-idle)));
}

/** One decision: with chance `reset` the counter is set back, with chance `grow` it grows or the coin is thrown. */
function counters(law: SpreadLaw, hot: readonly number[], reset: number, grow: number): number[] {
  if (law.stop === 'coin') return hot.map((members) => members * (1 - grow / law.k));
  const next = hot.map((members, counter) => members * (1 - reset - grow) + (hot[counter - 1] ?? 0) * grow);
  next[0] = (next[0] ?? 0) + reset * sum(hot);
  return next;
}

function aged(hot: readonly number[]): number[] {
  return [0, ...hot.slice(0, -1)];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
