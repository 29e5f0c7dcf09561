import { expect, test } from 'vitest';
import type { TrafficLine, ViewLine } from '../../harness/model/history.ts';
import { syntheticRun } from '../synthetic-run.ts';
import { AgreementFold } from './agreement-fold.ts';
import { OperationFold } from './operation-fold.ts';
import { TrafficFold } from './traffic-fold.ts';

const run = syntheticRun({ operations: 2 });
const S = 1e9;

test('traffic that lies over several bins is split by time, and nothing is lost', () => {
  const fold = new TrafficFold(run.plan);
  const line: TrafficLine = {
    type: 'traffic',
    time: 3 * S,
    since: 0.5 * S,
    member: 'n1',
    life: 1,
    sent: { 'swim.ping': [10, 1000], 'swim.ack': [5, 250] },
    received: { 'swim.ping': [4, 400] },
    dropped: { malformed: 3 },
    wallAheadMs: 0,
    monotonicMs: 2500,
    stalledMs: 0,
  };
  fold.line(line);
  const [member] = fold.members();
  expect(member?.rates).toEqual([250, 500, 500]);
  expect(member?.totalBytes).toBe(1250);
  expect(fold.kinds().map((kind) => [kind.name, kind.totalMessages])).toEqual([
    ['swim.ping', 10],
    ['swim.ack', 5],
  ]);
  expect(fold.dropped()).toEqual([{ reason: 'malformed', count: 3 }]);
  fold.line(line);
  expect(fold.total('n1')).toEqual({ sent: { messages: 30, bytes: 2500 }, received: { messages: 8, bytes: 800 } });
  expect(fold.total('n2')).toBeUndefined();
});

test('latency counts from the planned time; what never ended counts as open', () => {
  const fold = new OperationFold(run.plan);
  const invoke = (op: number, plannedMs: number): void =>
    fold.invoke({
      type: 'invoke',
      time: plannedMs * 1e6 + 5e6,
      process: 0,
      op,
      member: 'n1',
      workload: 'register',
      channel: 'anti-entropy',
      f: 'write',
      value: null,
      planned: plannedMs * 1e6,
    });
  const done = { process: 0, member: 'n1', f: 'write' } as const;
  for (let op = 0; op < 100; op++) {
    invoke(op, 1000 + op);
    fold.complete({ type: 'ok', time: (1000 + op + op + 1) * 1e6, op, ...done });
  }
  invoke(100, 2000);
  invoke(101, 2000);
  fold.complete({ type: 'fail', time: 2100 * 1e6, op: 100, error: 'down', ...done });
  expect(fold.kinds()).toEqual([
    { workload: 'register', f: 'write', invoked: 102, ok: 100, fail: 1, info: 0, open: 1 },
  ]);
  expect(fold.errors()).toEqual([{ text: 'fail: down', count: 1 }]);
  const [bin] = fold.latencies();
  expect(bin).toMatchObject({ workload: 'register', t: 1, count: 100 });
  expect(Math.abs((bin?.p50 ?? 0) - 50)).toBeLessThan(1.5);
  expect(Math.abs((bin?.p99 ?? 0) - 99)).toBeLessThan(2.5);
  const cells = fold.cells();
  expect(cells.reduce((sum, cell) => sum + cell.count, 0)).toBe(102);
  expect(cells.filter((cell) => cell.ending !== 'ok').map((cell) => cell.ending)).toEqual(['fail', 'info']);
});

test('agreement by round', () => {
  const fold = new AgreementFold();
  const view = (round: number, member: string, digest: string): ViewLine => ({
    type: 'view',
    time: round * S,
    member,
    life: 1,
    round,
    channel: 'c',
    digest,
  });
  for (const line of [view(1, 'a', 'x'), view(1, 'b', 'y'), view(1, 'c', 'y'), view(2, 'a', 'y')]) fold.line(line);
  expect(fold.channels().get('c')).toEqual([
    { round: 1, time: S, answered: 3, groups: 2, largest: 2 },
    { round: 2, time: 2 * S, answered: 1, groups: 1, largest: 1 },
  ]);
});
