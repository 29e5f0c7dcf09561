/**
 * How a rumour spreads, computed without simulation: exact Markov chains on the number of members that know it, with
 * additions and multiplications only, so that every machine gets the same figures.
 */

export type SpreadMode = 'push' | 'pull' | 'push-pull';

/** Above this many members the chain is extrapolated. */
const EXACT_MEMBERS = 512;

const roundsMemo = new Map<string, number>();

/**
 * Rounds after which an item that one member knew is known by all that are up, but for a chance of at most `failure`. In
 * a round each of them contacts `fanout` distinct ones of the `n - 1` others, uniformly, and only what was known at its
 * start is passed on; nothing is lost and nobody stops. `absent` of the n are down for good, and contacts with them are
 * wasted; `active` is the chance that a member pushes, and pulls, in a round at all, each independently. Cost
 * O(fanout n^3 / 6), remembered. Above 512 members the figure for 512 is scaled by ln n / ln 512: the
 * spread's growth and its tail are both at most logarithmic in n (Pittel 1987; Karp et al. 2000).
 */
export function roundsToAll(
  mode: SpreadMode,
  n: number,
  fanout: number,
  failure: number,
  absent = 0,
  active = 1,
): number {
  if (n - absent <= 1) return 0;
  if (n > EXACT_MEMBERS) {
    const scale = Math.log(n) / Math.log(EXACT_MEMBERS);
    const share = Math.min(EXACT_MEMBERS - 2, Math.ceil((absent * EXACT_MEMBERS) / n));
    return Math.ceil(roundsToAll(mode, EXACT_MEMBERS, fanout, failure, share, active) * scale);
  }
  const key = `${mode} ${n} ${fanout} ${failure} ${absent} ${active}`;
  const known = roundsMemo.get(key);
  if (known !== undefined) return known;
  const rounds = countRounds(mode, n, n - absent, Math.min(fanout, n - 1), failure, active);
  roundsMemo.set(key, rounds);
  return rounds;
}

function countRounds(mode: SpreadMode, n: number, up: number, fanout: number, failure: number, active: number): number {
  // rows[s][s']: from s members that do not know to s' of them.
  const rows: Float64Array[] = [];
  for (let s = 0; s < up; s++) rows.push(roundFrom(mode, n, fanout, up - s, s, active));
  let mass = new Float64Array(up);
  mass[up - 1] = 1;
  let rounds = 0;
  while (missing(mass) > failure) {
    rounds++;
    const next = new Float64Array(up);
    rows.forEach((row, s) => {
      const weight = mass[s] ?? 0;
      if (weight === 0) return;
      for (let t = 0; t <= s; t++) next[t] = (next[t] ?? 0) + weight * (row[t] ?? 0);
    });
    mass = next;
  }
  return rounds;
}

function missing(mass: Float64Array): number {
  let sum = 0;
  for (let s = mass.length - 1; s > 0; s--) sum += mass[s] ?? 0;
  return sum;
}

/** Distribution of how many still do not know after one round that starts with `known` who do and `s` who do not. */
function roundFrom(
  mode: SpreadMode,
  n: number,
  fanout: number,
  known: number,
  s: number,
  active: number,
): Float64Array {
  const left = new Float64Array(s + 1);
  left[s] = 1;
  if (mode !== 'push') pullStep(left, 1 - active + active * missAll(n, fanout, known));
  if (mode !== 'pull') for (let i = 0; i < known; i++) pushStep(left, n, fanout, active);
  return left;
}

/** One member that knows makes its pushes, or none. Distinct targets spread better than the throws counted here. */
function pushStep(left: Float64Array, n: number, fanout: number, active: number): void {
  const idle = active < 1 ? left.slice() : undefined;
  for (let i = 0; i < fanout; i++) throwOnce(left, n);
  idle?.forEach((chance, t) => {
    left[t] = active * (left[t] ?? 0) + (1 - active) * chance;
  });
}

/** Chance that `fanout` distinct others hold none of the `known`. */
function missAll(n: number, fanout: number, known: number): number {
  let chance = 1;
  for (let j = 0; j < fanout; j++) chance *= Math.max(0, n - 1 - known - j) / (n - 1 - j);
  return chance;
}

/** Every one of the s that do not know stays so with chance `miss`, independently: binomial, built trial by trial. */
function pullStep(left: Float64Array, miss: number): void {
  const s = left.length - 1;
  left.fill(0);
  left[0] = 1;
  for (let trial = 1; trial <= s; trial++) {
    for (let t = trial; t > 0; t--) left[t] = (left[t] ?? 0) * (1 - miss) + (left[t - 1] ?? 0) * miss;
    left[0] = (left[0] ?? 0) * (1 - miss);
  }
}

/** One push to one of the n - 1 others: hits one that does not know with chance t / (n - 1). */
function throwOnce(left: Float64Array, n: number): void {
  for (let t = 0; t < left.length; t++) {
    const above = t + 1 < left.length ? ((left[t + 1] ?? 0) * (t + 1)) / (n - 1) : 0;
    left[t] = (left[t] ?? 0) * (1 - t / (n - 1)) + above;
  }
}

export interface PushRule {
  readonly stop: 'coin' | 'counter';
  readonly feedback: 'feedback' | 'blind';
  /** Counter: pushes (blind) or useless pushes (feedback) until a member stops. Coin: it stops with chance 1/k. */
  readonly k: number;
}

/**
 * Expected share of the other n - 1 members that a pushed rumour never reaches (Demers et al. 1987, section 1.4), for n
 * members, one push at a time, exactly. With feedback and counter it is the rule without reset: a counter that useful
 * pushes set back pushes more, so for it the figure is an upper bound; so it is where members also pull. The order in
 * which members push does not matter: what counts is how many know (i) and what the knowing have used up. For large n
 * the counter with feedback tends to s = e^{-(k+1)(1-s)}. Cost O(k n^2), remembered.
 */
export function pushResidue(n: number, rule: PushRule): number {
  if (n <= 1) return 0;
  const key = `${n} ${rule.stop} ${rule.feedback} ${rule.k}`;
  const known = residueMemo.get(key);
  if (known !== undefined) return known;
  const residue = finalSizes(n, rule).reduce((sum, chance, i) => sum + (chance * (n - i)) / (n - 1), 0);
  residueMemo.set(key, residue);
  return residue;
}

const residueMemo = new Map<string, number>();

/** Chance of each final number of members that know. */
function finalSizes(n: number, rule: PushRule): number[] {
  const finals = new Array<number>(n + 1).fill(0);
  // Members that one infected one adds to the budget: its k pushes, or, for the coin, its one stop.
  const share = rule.stop === 'counter' ? rule.k : 1;
  let mass = [1];
  for (let i = 1; i <= n; i++) {
    const chances = eventsAt((n - i) / (n - 1), rule);
    const budget = share * i;
    const next = new Array<number>(share * (i + 1)).fill(0);
    for (let used = 0; used < budget; used++) {
      const weight = mass[used] ?? 0;
      if (weight === 0) continue;
      next[used] = (next[used] ?? 0) + weight * chances.useful;
      next[used + 1] = (next[used + 1] ?? 0) + weight * chances.usefulAndUsed;
      if (used + 1 === budget) finals[i] = (finals[i] ?? 0) + weight * chances.used;
      else mass[used + 1] = (mass[used + 1] ?? 0) + weight * chances.used;
    }
    mass = next;
  }
  return finals;
}

/** Chances of the next thing to happen, when a push is useful with chance p; pushes that change nothing left out. */
function eventsAt(p: number, rule: PushRule): { useful: number; usefulAndUsed: number; used: number } {
  if (rule.stop === 'counter') {
    return rule.feedback === 'feedback'
      ? { useful: p, usefulAndUsed: 0, used: 1 - p }
      : { useful: 0, usefulAndUsed: p, used: 1 - p };
  }
  const stop = 1 / rule.k;
  if (rule.feedback === 'feedback') {
    const some = p + (1 - p) * stop;
    return { useful: p / some, usefulAndUsed: 0, used: ((1 - p) * stop) / some };
  }
  const some = 1 - (1 - p) * (1 - stop);
  return { useful: (p * (1 - stop)) / some, usefulAndUsed: (p * stop) / some, used: ((1 - p) * stop) / some };
}
