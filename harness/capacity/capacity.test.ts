import { describe, expect, test } from 'vitest';
import type { Metric, Metrics } from '../model/verdict.ts';
import { type CapacityRun, foldCapacity } from './capacity.ts';
import { capacityCsv } from './csv.ts';

const metric = (p50: number, p99: number): Metric => {
  return { unit: 'ms', count: 9, mean: p50, min: 0, p50, p90: p99, p95: p99, p99, p999: p99, max: p99 };
};

function run(nodes: number, metrics: Metrics, over: Partial<CapacityRun> = {}): CapacityRun {
  const members = Array.from({ length: nodes }, (_, index) => ({ name: `n${index + 1}`, startAtMs: 0 }));
  const channels = [{ name: 'rumor', protocol: 'rumor', settings: {} }];
  const workloads = [{ name: 'broadcast', channel: 'rumor', ratePerSecond: nodes / 2 }];
  return { seed: 's', plan: { members, channels, workloads }, verdict: 'valid', metrics, ...over };
}

describe('foldCapacity', () => {
  test('by figure, scope and size: median, least and most of the runs', () => {
    const { rows, sizes } = foldCapacity(
      [
        run(10, { delivery_ms: metric(7, 70), 'rumor/delivery_ms': metric(8, 80) }),
        run(3, { delivery_ms: metric(5, 50) }, { verdict: 'unknown' }),
        run(3, { delivery_ms: metric(1, 90) }, { verdict: 'invalid' }),
        run(3, { delivery_ms: metric(2, 10) }),
        run(10, { delivery_ms: metric(10, 71) }),
      ],
      [],
    );
    const figure = (members: number, name: string, scope: string) =>
      rows.find((row) => row.members === members && row.figure === name && row.scope === scope);
    expect(rows.map(({ figure: name, scope, members }) => `${name} ${scope} ${members}`)).toEqual([
      'delivery_ms.p50  3',
      'delivery_ms.p50  10',
      'delivery_ms.p99  3',
      'delivery_ms.p99  10',
      'delivery_ms.p50 rumor 10',
      'delivery_ms.p99 rumor 10',
    ]);
    expect(figure(3, 'delivery_ms.p50', '')).toMatchObject({ runs: 3, median: 2, min: 1, max: 5, expected: null });
    expect(figure(3, 'delivery_ms.p99', '')).toMatchObject({ runs: 3, median: 50, min: 10, max: 90 });
    // Of an even number, the mean of the two in the middle; a run without the figure does not count.
    expect(figure(10, 'delivery_ms.p50', '')).toMatchObject({ runs: 2, median: 8.5, min: 7, max: 10 });
    expect(figure(10, 'delivery_ms.p99', 'rumor')).toMatchObject({ runs: 1, median: 80, unit: 'ms' });
    expect(sizes).toEqual([
      { members: 3, runs: 3, valid: 1, invalid: 1, unknown: 1, rates: { 'rumor/broadcast': 1.5 } },
      { members: 10, runs: 2, valid: 2, invalid: 0, unknown: 0, rates: { 'rumor/broadcast': 5 } },
    ]);
  });

  test('theory stands beside its own size, scope and figure, and nowhere else', () => {
    const metrics = { messages_per_member_second: 4, 'rumor/messages_per_member_second': 3 };
    const expected = { members: 4, scope: 'rumor', figure: 'messages_per_member_second', value: 2.5 };
    const { rows } = foldCapacity([run(4, metrics), run(5, metrics)], [expected]);
    expect(rows.map((row) => [row.members, row.scope, row.median, row.expected])).toEqual([
      [4, '', 4, null],
      [5, '', 4, null],
      [4, 'rumor', 3, 2.5],
      [5, 'rumor', 3, null],
    ]);
  });

  test('nothing measured is no row, never a zero', () => {
    expect(foldCapacity([run(4, {})], []).rows).toEqual([]);
    expect(foldCapacity([], [])).toEqual({ sizes: [], rows: [] });
  });
});

test('CSV: one header, one line a row, six digits, quotes where they are needed, empty where theory is silent', () => {
  const row = { members: 3, scope: '', figure: 'f', unit: 'ms', runs: 2, median: 1 / 3, min: 0, max: 1234567 };
  expect(
    capacityCsv([
      { ...row, expected: null },
      { ...row, scope: 'a,"b"', expected: 2 },
    ]),
  ).toBe(
    'members,scope,figure,unit,runs,median,min,max,expected\n' +
      '3,all,f,ms,2,0.333333,0,1234570,\n' +
      '3,"a,""b""",f,ms,2,0.333333,0,1234570,2\n',
  );
});
