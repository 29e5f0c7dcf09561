/**
 * When all know, as a distribution. The mean-field recursion of coverage.ts is exact for many members, but a spread
 * starts with one: for a few rounds luck decides, most of all in pull, and what is lost or gained then is never made up.
 * So the first members are followed as a Markov chain, and from wherever that arrives the recursion goes on.
 *
 * A 99 % quantile of 1.5 times the mean, as is found, is a guess: the distance between the two hardly grows with n.
 */
import { meanFieldMissing, type SpreadLaw } from './coverage.ts';

/** Who stops is not followed here. */
export type EndlessLaw = Omit<SpreadLaw, 'stop' | 'feedback' | 'k'>;

export interface RoundsUntilAll {
  /** Mean; undefined where it is beyond `MOST_ROUNDS`. */
  readonly expected: number | undefined;
  readonly median: number | undefined;
  /** All know by then but for a chance of 1 %. */
  readonly p99: number | undefined;
}

export const MOST_ROUNDS = 20_000;
/** Contacts of a round up to which numbers of members are followed one by one. */
const FEW = 150;
/** So unlikely that it is left out. */
const NEGLIGIBLE = 1e-9;

export function roundsUntilAll(law: EndlessLaw): RoundsUntilAll {
  const tail = chancesNotAll(law);
  if (tail === undefined) return { expected: undefined, median: undefined, p99: undefined };
  const firstBelow = (failure: number): number => tail.findIndex((chance) => chance <= failure);
  return { expected: tail.reduce((sum, chance) => sum + chance, 0), median: firstBelow(0.5), p99: firstBelow(0.01) };
}

/** Chance that not all know after 0, 1, .. rounds, until it is negligible; undefined where that takes too long. */
function chancesNotAll(law: EndlessLaw): number[] | undefined {
  const early = followFew(law);
  if (early === undefined) return undefined;
  const curves = new Map<number, readonly number[]>();
  const chances: number[] = [];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    let chance = few(early, round).reduce((sum, each) => sum + each, 0);
    for (const { at, known, chance: weight } of early.arrivals) {
      if (at > round) break;
      const missing = missingFrom(law, known, round - at, curves);
      // So few are missing towards the end, and so nearly independently, that none is with chance e^-missing.
      chance += weight * -Math.expm1(-missing);
    }
    chances.push(chance);
    if (chance < NEGLIGIBLE * 10) return chances;
  }
  return undefined;
}

/** Expected share of the members up that know after 0, 1, .. `rounds` rounds. */
export function expectedCoverage(law: EndlessLaw, rounds: number): number[] | undefined {
  const early = followFew(law);
  if (early === undefined) return undefined;
  const up = law.n - (law.absent ?? 0);
  const curves = new Map<number, readonly number[]>();
  return Array.from({ length: rounds + 1 }, (_, round) => {
    let known = few(early, round).reduce((sum, chance, count) => sum + chance * count, 0);
    for (const { at, known: start, chance } of early.arrivals) {
      if (at > round) break;
      known += chance * (up - missingFrom(law, start, round - at, curves));
    }
    return known / up;
  });
}

interface Early {
  /** For each round, the chance by number of members that know, while they are few. */
  readonly few: readonly Float64Array[];
  /** Where and when they cease to be few, in order of rounds. */
  readonly arrivals: readonly { readonly at: number; readonly known: number; readonly chance: number }[];
}

const NOBODY = new Float64Array(0);

function few(early: Early, round: number): Float64Array {
  return early.few[round] ?? NOBODY;
}

function missingFrom(law: EndlessLaw, known: number, rounds: number, curves: Map<number, readonly number[]>): number {
  let curve = curves.get(known);
  if (curve === undefined || curve.length <= rounds) {
    // Longer than asked for, so that it is not begun again with every round.
    curve = meanFieldMissing({ ...law, stop: 'never', feedback: 'feedback', k: 1 }, 2 * rounds + 32, known);
    curves.set(known, curve);
  }
  return curve[rounds] ?? 0;
}

function followFew(law: EndlessLaw): Early | undefined {
  const up = law.n - (law.absent ?? 0);
  const limit = Math.min(up, Math.max(2, Math.floor(FEW / law.fanout)));
  const rows = Array.from({ length: limit }, (_, known) => (known === 0 ? NOBODY : newlyInformed(law, up, known)));
  let chances: Float64Array = new Float64Array(limit);
  if (limit > 1) chances[1] = 1;
  const stages: Float64Array[] = [];
  const arrivals: { at: number; known: number; chance: number }[] = [];
  if (limit <= 1) return { few: [], arrivals: [{ at: 0, known: 1, chance: 1 }] };
  for (let round = 0; round < MOST_ROUNDS; round++) {
    stages.push(chances);
    if (chances.reduce((sum, chance) => sum + chance, 0) < NEGLIGIBLE) return { few: stages, arrivals };
    const next = new Float64Array(limit);
    const arrived = new Map<number, number>();
    for (let known = 1; known < limit; known++) {
      const weight = chances[known] ?? 0;
      if (weight === 0) continue;
      rows[known]?.forEach((chance, more) => {
        const to = known + more;
        if (to < limit) next[to] = (next[to] ?? 0) + weight * chance;
        else arrived.set(to, (arrived.get(to) ?? 0) + weight * chance);
      });
    }
    for (const [known, chance] of [...arrived].sort((a, b) => a[0] - b[0])) {
      if (chance > NEGLIGIBLE / FEW) arrivals.push({ at: round + 1, known, chance });
    }
    chances = next;
  }
  return undefined;
}

/** Distribution of how many hear in a round in which `known` of the `up` members know. */
function newlyInformed(law: EndlessLaw, up: number, known: number): Float64Array {
  const others = law.n - 1;
  const fanout = Math.min(law.fanout, others);
  const arrives = 1 - law.loss;
  let heard: Float64Array = Float64Array.of(1);
  if (law.mode !== 'push') heard = binomial(up - known, 1 - (1 - (arrives * arrives * known) / others) ** fanout);
  if (law.mode === 'pull') return heard;
  for (let push = 0; push < known * fanout; push++) {
    // One more push: it hits one that does not know yet, or nothing changes.
    const next = new Float64Array(Math.min(heard.length + 1, up - known + 1));
    heard.forEach((chance, count) => {
      const hit = (arrives * (up - known - count)) / others;
      next[count] = (next[count] ?? 0) + chance * (1 - hit);
      if (count + 1 < next.length) next[count + 1] = (next[count + 1] ?? 0) + chance * hit;
    });
    heard = next;
  }
  return heard;
}

/** From 0 up to where next to nothing is left. */
function binomial(trials: number, chance: number): Float64Array {
  if (chance >= 1) {
    const all = new Float64Array(trials + 1);
    all[trials] = 1;
    return all;
  }
  const out = [Math.exp(trials * Math.log1p(-chance))];
  let sum = out[0] ?? 0;
  const odds = chance / (1 - chance);
  for (let count = 0; count < trials && (sum < 1 - 1e-12 || count < trials * chance); count++) {
    const next = (((out[count] ?? 0) * (trials - count)) / (count + 1)) * odds;
    if (next < 1e-15 && count > trials * chance) break;
    out.push(next);
    sum += next;
  }
  return Float64Array.from(out);
}
