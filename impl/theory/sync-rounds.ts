/** How long whole-state exchanges take to carry news from one member to all, as an exact chain with a stated miss. */

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
