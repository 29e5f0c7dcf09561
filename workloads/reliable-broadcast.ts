/**
 * Broadcasts that every correct member must deliver, equal payloads included: a protocol that keys its votes by the
 * value alone merges those of different origins and swallows a repeated one.
 */
import type { Workload, WorkloadOperation } from '../harness/model/workload.ts';
import { arrivals, drawMember } from './open-loop.ts';

export const reliableBroadcast: Workload = {
  name: 'reliable-broadcast',
  summary:
    'broadcasts that all correct members must deliver, equal payloads from one and from several origins included',
  operations: [{ f: 'broadcast', doc: 'a string, at times equal to an earlier one -> { origin, life, sequence }' }],
  properties: ['broadcast-safety'],
  // A broadcast costs about 2n² messages: 25/n² a second keeps the traffic the same for every n.
  defaultRate: (n) => Math.min(2, 25 / (n * n)),
  plan(context) {
    const operations: WorkloadOperation[] = [];
    arrivals(context).forEach((atMs, i) => {
      const before = operations.at(-1);
      const place = i % 10;
      if (before !== undefined && place === 2) {
        // The same origin says the same thing again.
        operations.push({ ...before, atMs });
      } else if (before !== undefined && place === 6) {
        // Another origin says what was said just now.
        operations.push({ ...before, atMs, member: drawMember(context, atMs, before.member) });
      } else {
        const member = drawMember(context, atMs);
        operations.push({ atMs, member, f: 'broadcast', value: `${member}!${i}` });
      }
    });
    return operations;
  },
};
