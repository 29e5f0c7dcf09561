/**
 * Binomial tails and intervals, exact up to rounding, far into the tail. Sums of ratios in log space: an approximation
 * by the normal distribution is worthless at 1e-9, where these are used.
 */

/** Stirling's series above 10, the recurrence below: absolute error under 1e-12. */
export function logFactorial(n: number): number {
  let x = n + 1;
  let shift = 0;
  while (x < 10) {
    shift += Math.log(x);
    x++;
  }
  const inverse = 1 / (x * x);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / x;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

function logMass(n: number, k: number, p: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k) + k * Math.log(p) + (n - k) * Math.log1p(-p);
}

/** P(X >= k) for X binomial with `n` trials, each successful with probability `p`. `n`, `k` whole. */
export function upperTail(n: number, k: number, p: number): number {
  if (k <= 0) return 1;
  if (k > n || p <= 0) return 0;
  if (p >= 1) return 1;
  if (k <= n * p) return Math.max(0, 1 - lowerTail(n, k - 1, p));
  return sumFrom(n, k, p);
}

/** P(X <= k). */
export function lowerTail(n: number, k: number, p: number): number {
  if (k >= n) return 1;
  if (k < 0 || p >= 1) return 0;
  if (p <= 0) return 1;
  // P(X <= k) is the upper tail of the failures.
  if (k >= n * p) return Math.max(0, 1 - upperTail(n, k + 1, p));
  return sumFrom(n, n - k, 1 - p);
}

/** Sum of the mass at k, k+1, ... where k is above the mean, so that the terms fall. */
function sumFrom(n: number, k: number, p: number): number {
  const odds = p / (1 - p);
  let term = 1;
  let sum = 1;
  for (let i = k; i < n && term > sum * 1e-17; i++) {
    term *= ((n - i) / (i + 1)) * odds;
    sum += term;
  }
  return Math.min(1, Math.exp(logMass(n, k, p) + Math.log(sum)));
}

/** The two-sided interval of Clopper and Pearson (1934) for a share, at 1 - `alpha`. [0, 1] without trials. */
export function clopperPearson(n: number, k: number, alpha: number): readonly [low: number, high: number] {
  if (n <= 0) return [0, 1];
  const low = k <= 0 ? 0 : bisect((p) => upperTail(n, k, p) < alpha / 2);
  const high = k >= n ? 1 : bisect((p) => lowerTail(n, k, p) >= alpha / 2);
  return [low, high];
}

/** The point in [0, 1] where `below`, true at 0 and false at 1, turns. */
function bisect(below: (p: number) => boolean): number {
  let low = 0;
  let high = 1;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (below(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * How much more the count of losses varies than if each message were lost on its own, in the Gilbert-Elliott chain with
 * long-run loss `p` and mean burst `burst`: (1 + r) / (1 - r) with r the chain's correlation from one message to the
 * next. A number of messages divided by this is what it is worth in independent ones.
 */
export function burstInflation(p: number, burst: number): number {
  if (p >= 1) return 1;
  const leave = 1 / burst;
  const enter = Math.min(1, (leave * p) / (1 - p));
  const correlation = 1 - leave - enter;
  return Math.max(1, (1 + correlation) / (1 - correlation));
}

/**
 * Bernstein's bound: the mean of `n` independent values of that variance, within `range` of their own mean, is off by
 * more than this with a chance of at most `alpha`, both sides together.
 */
export function bernsteinMargin(n: number, variance: number, range: number, alpha: number): number {
  if (n <= 0) return Number.POSITIVE_INFINITY;
  const log = Math.log(2 / alpha);
  return Math.sqrt((2 * variance * log) / n) + (2 * range * log) / (3 * n);
}
