/** What rumour mongering leaves, as relations of Demers et al. 1987, section 1.4, for large n. */
import type { SpreadMode } from './spread.ts';

/**
 * Share that never hears, feedback and counter, contacts one after the other and no reset by useful ones: the root
 * below 1 of s = e^{-(k+1)(1-s)}. Table 1 of the paper (lock-step, with reset) lies below it. `k` of at least 1.
 */
export function residueOfCounter(k: number): number {
  return rootOfSpread(k + 1);
}

/** Share that never hears after `m` updates per member were pushed to random members: s = e^{-m}. */
export function residueOfTraffic(m: number): number {
  return Math.exp(-m);
}

/** The least traffic, in updates per member, with which pushes leave a share `s`. */
export function trafficOfResidue(s: number): number {
  return -Math.log(s);
}

/**
 * Anti-entropy's tail: the share p that does not know becomes p² in a round of pull, p e^{-(1-p)} (about p/e) in one of
 * push, and both at once in one of push-pull.
 */
export function antiEntropyStep(mode: SpreadMode, p: number): number {
  const pull = mode === 'push' ? 1 : p;
  const push = mode === 'pull' ? 1 : Math.exp(-(1 - p));
  return p * pull * push;
}

/** The root below 1 of s = e^{-c(1-s)}, for c above 1; 1 otherwise. By bisection: iteration is slow near c = 1. */
export function rootOfSpread(c: number): number {
  if (c <= 1) return 1;
  let low = 0;
  // The function s - e^{-c(1-s)} is positive between the root and 1; its largest value there is where c e^{-c(1-s)} = 1.
  let high = 1 - Math.log(c) / c;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (middle < Math.exp(-c * (1 - middle))) low = middle;
    else high = middle;
  }
  return high;
}
