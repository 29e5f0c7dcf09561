/** Inputs that rise and fall at all members, and reads of what the members make of them. */
import type { Workload, WorkloadOperation } from '../harness/model/workload.ts';
import { arrivals, drawMember } from './open-loop.ts';

const SET_SHARE = 0.6;
/** Inputs are drawn from here up to 0, and half as far above it: sums may cancel, maxima may fall. */
const LOWEST = -500;
const RANGE = 1500;
/** Distinguishes inputs that are drawn alike: each value can be traced to its operation. */
const SERIAL = 1 / 65_536;

export const aggregate: Workload = {
  name: 'aggregate',
  summary: 'inputs that rise and fall, and reads of their aggregates',
  operations: [
    { f: 'set', doc: "a number, every one unique: the member's input from here on -> nothing" },
    { f: 'read', doc: 'null -> { epoch, average, sum, count, max, min } of the last epoch that ended, or null' },
  ],
  properties: ['mass-conservation', 'estimate'],
  defaultRate: (n) => Math.min(10, n),
  plan: (context) =>
    arrivals(context).map((atMs, serial): WorkloadOperation => {
      const member = drawMember(context, atMs);
      if (context.random.next() >= SET_SHARE) return { atMs, member, f: 'read', value: null };
      // Serial numbers are binary fractions, so that adding them is exact.
      return { atMs, member, f: 'set', value: LOWEST + context.random.int(RANGE) + (serial % 65_536) * SERIAL };
    }),
};
