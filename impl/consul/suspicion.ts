/**
 * memberlist's figures that grow with the cluster (util.go), and Lifeguard's shrinking suspicion (suspicion.go;
 * arXiv 1707.00788, section IV-B).
 */

/** Keeps floors off the last bits of a logarithm. */
const TINY = 1e-6;

/** `multiplier` · max(1, log10 n) · interval, log10 n in thousandths, as memberlist computes it; ms. */
export function suspicionTimeoutMs(multiplier: number, n: number, probeIntervalMs: number): number {
  const scale = Math.max(1000, Math.floor(1000 * Math.log10(Math.max(1, n)) + TINY));
  return (multiplier * scale * probeIntervalMs) / 1000;
}

/** `multiplier` · ⌈log10(n+1)⌉, by counting digits. */
export function retransmitLimit(multiplier: number, n: number): number {
  let digits = 0;
  for (let power = 1; power < n + 1; power *= 10) digits++;
  return multiplier * digits;
}

/**
 * What is left of a suspicion after `elapsedMs` and with so many confirmations of the k that were hoped for; not above
 * zero when it is over. Whole ms before what has elapsed is taken off.
 */
export function remainingSuspicionMs(
  confirmations: number,
  k: number,
  elapsedMs: number,
  leastMs: number,
  mostMs: number,
): number {
  const share = Math.log(confirmations + 1) / Math.log(k + 1);
  const raw = mostMs - share * (mostMs - leastMs);
  return Math.max(leastMs, Math.floor(raw + TINY)) - elapsedMs;
}

/** A suspicion that runs. */
export interface Suspicion {
  readonly life: number;
  readonly incarnation: number;
  /** Monotonic ms. */
  readonly startedAt: number;
  readonly leastMs: number;
  readonly mostMs: number;
  /** Confirmations that count; 0: none does. */
  readonly k: number;
  /** Whoever accused first, then those who confirmed. */
  readonly accusers: Set<string>;
}

/** Members besides the accuser and the accused must be enough to confirm; else nobody is waited for (memberlist). */
export function usefulConfirmations(confirmations: number, n: number): number {
  return n - 2 < confirmations ? 0 : confirmations;
}

export function confirmationsOf(suspicion: Suspicion): number {
  return suspicion.accusers.size - 1;
}

/** Whether `by` is a new, independent confirmation, which then counts. */
export function confirm(suspicion: Suspicion, by: string): boolean {
  if (confirmationsOf(suspicion) >= suspicion.k || suspicion.accusers.has(by)) return false;
  suspicion.accusers.add(by);
  return true;
}

/** How long it has from `now` on, ms. */
export function remainingOf(suspicion: Suspicion, now: number): number {
  const { k, leastMs, mostMs, startedAt } = suspicion;
  if (k === 0) return leastMs - (now - startedAt);
  return remainingSuspicionMs(confirmationsOf(suspicion), k, now - startedAt, leastMs, mostMs);
}
