/**
 * Rounds until all know, as closed forms for large n. Two phases follow each other: while few know, their number grows
 * by a fixed factor a round; once most know, the rest shrinks.
 *
 * In circulation is log2 n + log2 log2 n for "gossip", which is neither push (log2 n + ln n: Pittel 1987) nor push-pull
 * (log3 n + log2 ln n: Karp et al. 2000), and rounds / (1 - loss) under loss; but loss lowers the growth from 1 + f to
 * 1 + f(1 - loss), so the first phase lasts log(n) / log(1 + f(1 - loss)), and for pull it turns the second phase from
 * doubly exponential to exponential, which no factor describes.
 */
import type { SpreadMode } from './spread.ts';

export interface RoundsForm {
  /** While few know. */
  readonly growth: number;
  /** Once most know. */
  readonly tail: number;
  /** The sum. A constant of about one round is missing: see the tests for what is measured. */
  readonly rounds: number;
}

/** `fanout` partners of each member in each round; `loss`: chance that one message is lost, below 1. */
export function closedFormRounds(mode: SpreadMode, n: number, fanout: number, loss = 0): RoundsForm {
  if (n <= 1) return { growth: 0, tail: 0, rounds: 0 };
  const growth = Math.log(n) / Math.log(growthFactor(mode, fanout, loss));
  const tail = tailRounds(mode, n, fanout, loss);
  return { growth, tail, rounds: growth + tail };
}

/** By what the number of those who know is multiplied in a round while they are few. A pull needs two messages. */
export function growthFactor(mode: SpreadMode, fanout: number, loss: number): number {
  const arrives = 1 - loss;
  const pushed = mode === 'pull' ? 0 : fanout * arrives;
  const pulled = mode === 'push' ? 0 : fanout * arrives * arrives;
  return 1 + pushed + pulled;
}

function tailRounds(mode: SpreadMode, n: number, fanout: number, loss: number): number {
  const arrives = 1 - loss;
  if (mode === 'push') return Math.log(n) / (fanout * arrives);
  // A share u that does not know becomes u^(1 + fanout) where every pull is answered ...
  const failed = 1 - arrives * arrives;
  const deepest = Math.min(n, 1 / failed);
  const squared = Math.log(Math.max(1, Math.log(deepest))) / Math.log(1 + fanout);
  // ... and from where failed pulls weigh more, every round leaves the same share of it.
  const shrink = fanout * (Math.log(1 / failed) + (mode === 'push-pull' ? arrives : 0));
  return squared + (deepest < n ? Math.log(n / deepest) / shrink : 0);
}

/** The formula in circulation, for comparison only: it describes no mode. */
export function circulatedRounds(n: number, loss = 0): number {
  return n <= 2 ? 1 : (Math.log2(n) + Math.log2(Math.log2(n))) / (1 - loss);
}
