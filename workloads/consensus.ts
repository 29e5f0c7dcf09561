/**
 * Proposals for numbered instances: most have several proposers at nearly the same time, each with a value of its own,
 * some have one, and some come long after the instance was decided and must be told what was.
 */
import type { Workload, WorkloadOperation } from '../harness/model/workload.ts';
import { arrivals, drawMember, roundToMicros, startedBy } from './open-loop.ts';

/** Rivals propose within this time of each other, ms. */
const RIVAL_MS = 5;

export const consensus: Workload = {
  name: 'consensus',
  summary: 'rival proposals for numbered instances, of which all members must decide one',
  operations: [{ f: 'propose', doc: '{ instance, value } -> { decided }: the value that every member decides' }],
  properties: ['consensus-safety', 'consensus-termination'],
  // In each round of gossip an undecided instance costs about n² votes.
  defaultRate: (n) => Math.min(2, 100 / (n * n)),
  plan(context) {
    const operations: WorkloadOperation[] = [];
    let instance = 0;
    let startedMs = 0;
    const propose = (atMs: number, member: string, number: number): void => {
      const value = `${member}!${number}.${operations.length}`;
      operations.push({ atMs, member, f: 'propose', value: { instance: number, value } });
    };
    arrivals(context).forEach((atMs, i) => {
      const place = i % 6;
      if (place === 1 || place === 2 || place === 5) {
        // A rival of the one before.
        const members = startedBy(context, startedMs);
        const rivalMs = roundToMicros(startedMs + context.random.next() * RIVAL_MS);
        propose(rivalMs, members[context.random.int(members.length)] ?? '', instance);
      } else if (place === 3 && instance > 1) {
        propose(atMs, drawMember(context, atMs), 1 + context.random.int(instance - 1));
      } else {
        instance++;
        startedMs = atMs;
        propose(atMs, drawMember(context, atMs), instance);
      }
    });
    return operations.sort((a, b) => a.atMs - b.atMs);
  },
};
