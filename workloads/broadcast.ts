/** Unique values broadcast from random members. */
import type { Workload } from '../harness/model/workload.ts';
import { arrivals, drawMember } from './open-loop.ts';

export const broadcast: Workload = {
  name: 'broadcast',
  summary: 'unique values, broadcast from random members',
  operations: [{ f: 'broadcast', doc: 'a unique string -> { origin, life, sequence }' }],
  properties: ['delivery', 'coverage'],
  defaultRate: () => 5,
  plan: (context) =>
    // A member that knows nobody yet has nobody to tell: membership gets a second to form.
    arrivals(context, { leadMs: 1000 }).map((atMs, i) => {
      const member = drawMember(context, atMs);
      return { atMs, member, f: 'broadcast', value: `${member}:${i}` };
    }),
};
