import { describe, expect, it } from 'vitest';
import { split } from '../harness/model/rng.ts';
import { consensus } from './consensus.ts';

const members = Array.from({ length: 7 }, (_, i) => ({ name: `n${i + 1}`, startAtMs: 0 }));
const operations = consensus
  .plan({ members, channel: 'c', ratePerSecond: 2, timeMs: 30_000, random: split('s', 'consensus') })
  .map(({ atMs, member, value }) => ({ atMs, member, ...(value as { instance: number; value: string }) }));

describe('consensus workload', () => {
  it('proposes a value of its own each time', () => {
    expect(new Set(operations.map(({ value }) => value)).size).toBe(operations.length);
  });

  it('numbers instances from 1 without gaps, in order of their first proposals', () => {
    const firsts = [...new Set(operations.map(({ instance }) => instance))];
    expect(firsts).toEqual(firsts.map((_, i) => i + 1));
  });

  it('has rivals at nearly the same time at several members, and proposals that come late', () => {
    const pairs = operations.flatMap((a, i) =>
      operations.slice(i + 1).flatMap((b) => (a.instance === b.instance ? [[a, b] as const] : [])),
    );
    expect(pairs.filter(([a, b]) => b.atMs - a.atMs <= 5 && a.member !== b.member).length).toBeGreaterThan(5);
    expect(pairs.filter(([a, b]) => b.atMs - a.atMs > 500).length).toBeGreaterThan(3);
  });
});
