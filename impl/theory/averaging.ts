/**
 * By what a cycle multiplies the expected variance of estimates that are averaged in pairs (Jelasity, Montresor,
 * Babaoglu 2005, section 4), for large n, and the potential of push-sum (Kempe, Dobra, Gehrke 2003, section 2). A cycle is
 * n exchanges. All of it supposes exchanges that are atomic; where they are not, mass is lost or doubled and the
 * estimates converge to something else.
 */

export type PairSelection = 'random' | 'sequential' | 'matching' | 'push-sum';

/**
 * E 2^{-φ}, φ being how often a member takes part in a cycle: Poisson(2) for random pairs, 1 + Poisson(1) where each
 * member starts one exchange, exactly 2 for two matchings. For `sequential` that holds in the first cycle; later ones
 * do a little better (about 0.294), since neighbours in the order are correlated by then.
 */
export function varianceFactor(pairs: PairSelection, n: number): number {
  switch (pairs) {
    case 'random':
      return 1 / Math.E;
    case 'sequential':
      return 1 / (2 * Math.sqrt(Math.E));
    case 'matching':
      return 1 / 4;
    case 'push-sum':
      return 1 / 2 - 1 / (2 * n);
  }
}

/** Cycles until the expected variance is this share of what it was. */
export function cyclesToShare(pairs: PairSelection, n: number, share: number): number {
  return Math.log(share) / Math.log(varianceFactor(pairs, n));
}
