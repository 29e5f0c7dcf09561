/** A static directed overlay: every member has chosen, once and for all, whom it sends to. */
import type { FastRandom } from './fast-random.ts';
import { CompletePartners } from './partners.ts';

/** The targets of member i stand from `i * degree` up to `(i + 1) * degree`: distinct, without i, uniformly drawn. */
export interface Overlay {
  readonly n: number;
  readonly degree: number;
  readonly targets: Int32Array;
}

/** `degree` above n - 1 is taken for n - 1. */
export function drawOverlay(n: number, degree: number, random: FastRandom): Overlay {
  const size = Math.min(degree, n - 1);
  const targets = new Int32Array(n * size);
  const partners = new CompletePartners(n);
  const row = new Int32Array(size);
  for (let member = 0; member < n; member++) {
    partners.pick(member, row, random);
    targets.set(row, member * size);
  }
  return { n, degree: size, targets };
}
