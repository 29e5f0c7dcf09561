/** How unlikely so many misses are, if the claimed rate is true. */

/**
 * Upper bound on the chance that the mean of `count` independent values in [0, 1], each with mean at most `rate`, is
 * `mean` or more: exp(-count · KL(mean ‖ rate)) (Hoeffding 1963, theorem 1). It needs nothing of the values but their
 * range, so the misses inside one broadcast may depend on each other as they like. For values of which at most χ are
 * in one dependent group at a time, `count` / χ takes the place of `count` (Janson 2004, theorem 2.1).
 */
export function chanceOfMean(mean: number, rate: number, count: number): number {
  if (mean <= rate) return 1;
  if (rate <= 0) return 0;
  const rest = mean >= 1 ? 0 : (1 - mean) * Math.log((1 - mean) / (1 - rate));
  const divergence = mean * Math.log(mean / rate) + rest;
  return Math.exp(-count * divergence);
}
