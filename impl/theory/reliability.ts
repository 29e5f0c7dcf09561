/**
 * Chance that a message reaches everybody, and the fanout that this takes, when every member that hears it passes it on
 * once, to `fanout` random others (infect and die: Kermarrec, Massoulié, Ganesh 2003), under loss and with members down.
 *
 * In circulation is a reliability of (1 - p^fanout)^(log2 n) and a recommended fanout of ⌈ln 0.01 / ln p⌉ under failure
 * rate p. The first multiplies chances of rounds that are not independent, and asks only that each round reaches
 * anybody; the second does not depend on n at all, though a fixed fanout misses some member almost surely as n grows:
 * at p = 0.01 it recommends 1, with which the message dies out at once. What is needed is ln n plus a constant, over
 * what arrives. Equally wrong is n · loss^(k · fanout) for the chance that not all know after k rounds: it supposes that
 * everybody is told in every round; `chanceNotAll` follows who really knows.
 */
import { meanFieldMissing, type SpreadLaw } from './coverage.ts';
import { rootOfSpread } from './residue.ts';

export interface Conditions {
  readonly n: number;
  readonly fanout: number;
  /** Chance that one message is lost. */
  readonly loss: number;
  /** Share of members that are down; messages to them are wasted. */
  readonly failed: number;
}

/** Messages that reach one member that is up, on average, when all others that are up pass it on. */
export function arrivalsPerMember({ n, fanout, loss, failed }: Conditions): number {
  return Math.min(fanout, n - 1) * (1 - loss) * (1 - failed);
}

/** Share of the members up that hear it, where it does not die out at once: 1 - s with s = e^{-c(1-s)}. */
export function floodCoverage(conditions: Conditions): number {
  return 1 - rootOfSpread(arrivalsPerMember(conditions));
}

/**
 * Chance that all members up hear it: e^{-n s}, with n those up and s the share that is missed. A limit for large n;
 * fanouts up to all others, where nothing can be missed but by loss, are covered by the product over pushes.
 */
export function floodReliability(conditions: Conditions): number {
  const up = conditions.n * (1 - conditions.failed);
  if (up <= 1) return 1;
  const fanout = Math.min(conditions.fanout, conditions.n - 1);
  // One push of one member misses a given other with this chance: distinct partners, each message by itself.
  const missed = 1 - (fanout * (1 - conditions.loss)) / (conditions.n - 1);
  const coverage = floodCoverage(conditions);
  const share = missed <= 0 ? 0 : missed ** (coverage * (up - 1));
  return coverage === 0 ? 0 : Math.exp(-(up - 1) * share);
}

/** The smallest fanout with which all members up hear it with at least this chance; undefined: not even all others do. */
export function recommendedFanout(
  n: number,
  reliability: number,
  { loss, failed }: Pick<Conditions, 'loss' | 'failed'>,
): number | undefined {
  if (n <= 1) return 0;
  const holds = (fanout: number): boolean => floodReliability({ n, fanout, loss, failed }) >= reliability;
  if (!holds(n - 1)) return undefined;
  let low = 0;
  let high = n - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Chance that after so many rounds some member up does not know, where members go on and do not stop. */
export function chanceNotAll(law: SpreadLaw, rounds: number): number {
  return -Math.expm1(-(meanFieldMissing(law, rounds)[rounds] ?? 0));
}

/** The two formulas in circulation, for comparison only. `p`: failure rate. */
export function circulatedReliability(n: number, fanout: number, p: number): number {
  return (1 - p ** fanout) ** Math.log2(n);
}

export function circulatedFanout(p: number): number {
  return Math.max(1, Math.ceil(Math.log(0.01) / Math.log(p)));
}
