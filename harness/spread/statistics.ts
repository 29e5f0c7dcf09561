/** Mean, spread and quantiles of what runs gave. */

export interface Moments {
  /** null where there was nothing to average. */
  readonly mean: number | null;
  /** Standard deviation of a single run, with n - 1; null below two runs. */
  readonly sd: number | null;
}

export function moments(values: readonly number[]): Moments {
  const count = values.length;
  if (count === 0) return { mean: null, sd: null };
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { mean, sd: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: Math.sqrt(squares / (count - 1)) };
}

/** The smallest value that at least the share `q` of them do not exceed. `sorted` ascending, not empty. */
export function quantile(sorted: Float64Array, q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}
