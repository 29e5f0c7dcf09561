import { expect, test } from 'vitest';
import type { ObserveLine } from '../../harness/model/history.ts';
import { syntheticRun } from '../synthetic-run.ts';
import { CoverageFold } from './coverage-fold.ts';

const run = syntheticRun({ operations: 4 });
const base = { type: 'observe', life: 1, channel: 'anti-entropy' } as const;

function itemsOf(lines: readonly ObserveLine[]) {
  const fold = new CoverageFold(run.plan);
  for (const line of lines) fold.line(line);
  return fold.channels(run.timeline)[0]?.items ?? [];
}

function apply(member: string, ms: number, version: string, operation?: number): ObserveLine {
  const own = operation === undefined ? {} : { operation };
  return { ...base, time: ms * 1e6, member, kind: 'apply', key: 'k', version, ...own };
}

test('a broadcast is covered by first deliveries, also those that stand before its start', () => {
  const line = { ...base, channel: 'rumor' } as const;
  const deliver = (member: string, ms: number): ObserveLine => ({
    ...line,
    time: ms * 1e6,
    member,
    kind: 'deliver',
    origin: 'n1',
    originLife: 1,
    sequence: 5,
    value: 'v',
  });
  const items = itemsOf([
    deliver('n3', 140),
    { ...line, time: 100e6, member: 'n1', kind: 'broadcast', operation: 1, sequence: 5 },
    deliver('n4', 150),
    deliver('n4', 900),
    deliver('n9', 160),
  ]);
  expect(items).toHaveLength(1);
  expect(items[0]?.arrivals).toEqual([
    { member: 'n1', time: 100e6 },
    { member: 'n3', time: 140e6 },
    { member: 'n4', time: 150e6 },
  ]);
  expect(items[0]?.allAfter).toBeUndefined();
});

test('a later version of the key covers an earlier write, an earlier version does not', () => {
  const names = run.plan.members.map((member) => member.name);
  const lines = [apply('n1', 300, '0005', 0), apply('n2', 310, '0004')];
  for (const name of names.slice(1)) lines.push(apply(name, 400, '0009'));
  const item = itemsOf(lines).find((found) => found.operation === 0);
  expect(item?.arrivals.find((arrival) => arrival.member === 'n2')?.time).toBe(400e6);
  expect(item?.allAfter).toBe(100e6);
});

test('members that did not stay up are not waited for', () => {
  const names = run.plan.members.map((member) => member.name);
  const others = names.filter((name) => name !== 'n2' && name !== 'n1');
  const all = others.map((name) => apply(name, 400, '0005'));
  // n2 is killed later, n3 stays up.
  expect(itemsOf([apply('n1', 300, '0005', 0), ...all])[0]?.allAfter).toBe(100e6);
  expect(itemsOf([apply('n1', 300, '0005', 0), ...all.slice(1)])[0]?.allAfter).toBeUndefined();
});

test('many operations: an even selection is followed, and all are counted', () => {
  const many = syntheticRun({ operations: 8000, members: 3 });
  const fold = new CoverageFold(many.plan);
  for (const line of many.lines) if (line.type === 'observe') fold.line(line);
  for (const channel of fold.channels(many.timeline)) {
    expect(channel.items.length).toBeGreaterThan(2000);
    expect(channel.items.length).toBeLessThanOrEqual(3000);
    expect(channel.started).toBeGreaterThan(3500);
    const late = channel.items.filter((item) => item.start > 20e9).length;
    expect(late / channel.items.length).toBeGreaterThan(0.2);
    expect(channel.items.filter((item) => item.allAfter === undefined).length).toBe(0);
  }
});
