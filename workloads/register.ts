/** Writes, reads and deletes of keys at any member, concurrent writers to one key included. */
import type { Workload, WorkloadOperation } from '../harness/model/workload.ts';
import { arrivals, drawMember, roundToMicros } from './open-loop.ts';

const WRITE_SHARE = 0.5;
const READ_SHARE = 0.4;
/** Share of the writes that another member answers with a write to the same key within a few ms. */
const RIVAL_SHARE = 0.2;
const RIVAL_WITHIN_MS = 5;
/** More keys than this would test the size of a digest, not the protocol. */
const MOST_KEYS = 100;

export const register: Workload = {
  name: 'register',
  summary: 'writes, reads and deletes of keys, concurrent writers included',
  operations: [
    { f: 'write', doc: '{ key, value }, every value unique -> { version }' },
    { f: 'read', doc: '{ key } -> { value, version }; value null where unknown or deleted' },
    { f: 'delete', doc: '{ key } -> { version }' },
  ],
  properties: ['convergence', 'lost-writes', 'phantom-values', 'stale-reads', 'version-order'],
  defaultRate: (n) => Math.min(20, 2 * n),
  plan(context) {
    const times = arrivals(context);
    const keys = Math.max(1, Math.min(MOST_KEYS, Math.ceil((times.length * WRITE_SHARE) / 2)));
    const operations: WorkloadOperation[] = [];
    let rival: { key: string; member: string; atMs: number } | undefined;
    let serial = 0;
    const write = (atMs: number, member: string, key: string): void => {
      operations.push({ atMs, member, f: 'write', value: { key, value: `${member}#${serial++}` } });
    };
    for (const atMs of times) {
      if (rival !== undefined) {
        const soon = roundToMicros(rival.atMs + context.random.next() * RIVAL_WITHIN_MS);
        // A rival takes the place of the next operation, but never comes after it.
        write(Math.min(soon, atMs), drawMember(context, soon, rival.member), rival.key);
        rival = undefined;
        continue;
      }
      const key = `k${context.random.int(keys)}`;
      const member = drawMember(context, atMs);
      const share = context.random.next();
      if (share < WRITE_SHARE) {
        write(atMs, member, key);
        if (context.random.next() < RIVAL_SHARE) rival = { key, member, atMs };
      } else {
        operations.push({ atMs, member, f: share < WRITE_SHARE + READ_SHARE ? 'read' : 'delete', value: { key } });
      }
    }
    return operations;
  },
};
