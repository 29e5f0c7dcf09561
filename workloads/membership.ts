/** Reads of members' views: what a client of a membership service sees. Joins and crashes are the nemesis' business. */
import type { Workload } from '../harness/model/workload.ts';
import { arrivals, drawMember } from './open-loop.ts';

export const membership: Workload = {
  name: 'membership',
  summary: "reads of members' views while members join, crash and are suspected",
  operations: [{ f: 'members', doc: 'null -> { alive, suspect }' }],
  properties: ['convergence', 'detection', 'refutation', 'reinstatement', 'membership-legality'],
  defaultRate: () => 1,
  plan: (context) =>
    arrivals(context).map((atMs) => ({ atMs, member: drawMember(context, atMs), f: 'members', value: null })),
};
