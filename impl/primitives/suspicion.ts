/**
 * How long a suspicion lasts and how often an update is piggybacked, both logarithmic in the number of members
 * (SWIM, Das, Gupta, Motivala 2002, sections 4.1 and 5: λ log n, with 3⌈ln(n+1)⌉ in the authors' own measurements).
 */

/**
 * `multiplier` · ⌈ln(n+1)⌉, at least `multiplier`; n counts the member itself. No power of e is a whole number, so the
 * ceiling never hangs on the last bit of the logarithm.
 */
export function logarithmicLimit(multiplier: number, n: number): number {
  return multiplier * Math.max(1, Math.ceil(Math.log(Math.max(1, n) + 1)));
}

/** How long a member stays suspected before whoever suspects it declares it dead, ms. */
export function suspicionTimeoutMs(multiplier: number, n: number, probeIntervalMs: number): number {
  return logarithmicLimit(multiplier, n) * probeIntervalMs;
}
