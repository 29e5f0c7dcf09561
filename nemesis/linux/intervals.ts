/** Shares and means with their intervals. */

/** Two-sided quantile of the normal distribution for 99 %. */
export const Z_99 = 2.5758;

export interface Share {
  readonly count: number;
  readonly of: number;
  /** count / of; 0 where there was nothing. */
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson's score interval (E. B. Wilson, JASA 22, 1927); [0, 1] where nothing was counted. `inflation`: how much larger the
 * variance is than that of independent draws (2b - 1 for bursts of mean length b).
 */
export function shareOf(count: number, of: number, z: number = Z_99, inflation = 1): Share {
  if (of === 0) return { count, of, share: 0, low: 0, high: 1 };
  const share = count / of;
  const size = of / inflation;
  const square = (z * z) / size;
  const middle = (share + square / 2) / (1 + square);
  const half = (Math.sqrt((share * (1 - share)) / size + square / (4 * size)) * z) / (1 + square);
  return {
    count,
    of,
    share,
    low: Math.max(0, Math.min(share, middle - half)),
    high: Math.min(1, Math.max(share, middle + half)),
  };
}

export interface Mean {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export function meanOf(mean: number, deviation: number, count: number, z: number = Z_99): Mean {
  const half = count === 0 ? Number.POSITIVE_INFINITY : (z * deviation) / Math.sqrt(count);
  return { mean, low: mean - half, high: mean + half };
}
