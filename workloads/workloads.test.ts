import { describe, expect, it } from 'vitest';
import { split } from '../harness/model/rng.ts';
import type { Workload, WorkloadOperation } from '../harness/model/workload.ts';
import type { Data } from '../impl/protocol.ts';
import { broadcast } from './broadcast.ts';
import { register } from './register.ts';
import { workloads } from './registry.ts';
import { reliableBroadcast } from './reliable-broadcast.ts';

function plan(workload: Workload, n = 7, timeMs = 30_000, seed = 's'): WorkloadOperation[] {
  const members = Array.from({ length: n }, (_, i) => ({ name: `n${i + 1}`, startAtMs: 0 }));
  const ratePerSecond = workload.defaultRate(n);
  return workload.plan({ members, channel: 'c', ratePerSecond, timeMs, random: split(seed, workload.name) });
}

function field(operation: WorkloadOperation, name: string): Data | undefined {
  return (operation.value as { [key: string]: Data })[name];
}

describe.each([...workloads.values()])('$name', (workload) => {
  it('plans in order of time, inside the load, the same again for the same seed', () => {
    for (const [n, timeMs] of [
      [7, 30_000],
      [2, 500],
      [100, 30_000],
    ] as const) {
      const operations = plan(workload, n, timeMs);
      expect(operations.length).toBeGreaterThan(0);
      expect(operations).toEqual(plan(workload, n, timeMs));
      operations.forEach((operation, i) => {
        expect(operation.atMs).toBeGreaterThanOrEqual(operations[i - 1]?.atMs ?? 0);
        expect(operation.atMs).toBeLessThan(timeMs);
        expect(workload.operations.map(({ f }) => f)).toContain(operation.f);
      });
      expect(JSON.stringify(operations)).not.toBe(JSON.stringify(plan(workload, n, timeMs, 'other')));
    }
  });

  it('draws only members that have started', () => {
    const members = [
      { name: 'n1', startAtMs: 0 },
      { name: 'n2', startAtMs: 20_000 },
    ];
    const context = { members, channel: 'c', ratePerSecond: 10, timeMs: 30_000, random: split('s') };
    const late = workload.plan(context).filter((operation) => operation.member === 'n2');
    expect(late.length).toBeGreaterThan(0);
    for (const operation of late) expect(operation.atMs).toBeGreaterThanOrEqual(19_990);
  });
});

describe('register', () => {
  const operations = plan(register);

  it('writes a unique value each time, mixes kinds, and has rivals on one key', () => {
    const writes = operations.filter((operation) => operation.f === 'write');
    expect(new Set(writes.map((write) => field(write, 'value'))).size).toBe(writes.length);
    const share = (f: string): number => operations.filter((operation) => operation.f === f).length / operations.length;
    expect(share('write')).toBeGreaterThan(0.4);
    expect(share('read')).toBeGreaterThan(0.25);
    expect(share('delete')).toBeGreaterThan(0.03);
    const rivals = writes.filter((write, i) => {
      const before = writes[i - 1];
      if (before === undefined || field(before, 'key') !== field(write, 'key')) return false;
      return before.member !== write.member && write.atMs - before.atMs <= 5;
    });
    expect(rivals.length).toBeGreaterThan(5);
  });

  it('uses keys that do not look like integers', () => {
    for (const operation of operations) expect(field(operation, 'key')).toMatch(/^k\d+$/);
  });
});

describe('broadcasts', () => {
  it('are unique when disseminated', () => {
    const values = plan(broadcast).map((operation) => operation.value);
    expect(new Set(values).size).toBe(values.length);
  });

  it('repeat payloads from one and from several origins when reliable', () => {
    const operations = plan(reliableBroadcast);
    const pairs = operations.flatMap((operation, i) => {
      const before = operations[i - 1];
      return before !== undefined && before.value === operation.value ? [[before.member, operation.member]] : [];
    });
    expect(pairs.some(([a, b]) => a === b)).toBe(true);
    expect(pairs.some(([a, b]) => a !== b)).toBe(true);
  });

  it('cost the same at every size when reliable, and come at least once', () => {
    expect(plan(reliableBroadcast, 7).length).toBeGreaterThan(10);
    expect(plan(reliableBroadcast, 100)).toHaveLength(1);
  });
});
