import { expect, test } from 'vitest';
import { baseDelayOf, mostBaseMs } from '../model/base-links.ts';
import type { BaseLink } from '../model/plan.ts';
import { BaseLatency } from './base-latency.ts';

const LINKS: readonly BaseLink[] = [
  { from: ['a', 'b'], to: ['c'], latencyMs: 40, jitterMs: 10 },
  { from: ['a'], to: ['b', 'c'], latencyMs: 5, jitterMs: 0 },
];

test('a link has what its blocks add up to, uniform between the least and the most, the other way nothing', () => {
  const base = new BaseLatency('s', LINKS);
  const draws = Array.from({ length: 5000 }, (_, i) => base.drawNs('a', 'c', i) / 1e6);
  expect(Math.min(...draws)).toBeGreaterThanOrEqual(45);
  expect(Math.max(...draws)).toBeLessThan(55);
  const mean = draws.reduce((sum, ms) => sum + ms, 0) / draws.length;
  expect(Math.abs(mean - 50)).toBeLessThan(0.3);
  expect(base.drawNs('a', 'b', 7)).toBe(5e6);
  expect(base.drawNs('c', 'a', 7)).toBe(0);
  expect(new BaseLatency('s', undefined).drawNs('a', 'c', 0)).toBe(0);
});

test('a draw depends on the seed, the link and the datagram alone', () => {
  const one = new BaseLatency('s', LINKS);
  const other = new BaseLatency('s', LINKS);
  other.drawNs('b', 'c', 3);
  expect(one.drawNs('a', 'c', 9)).toBe(other.drawNs('a', 'c', 9));
  expect(one.drawNs('a', 'c', 9)).not.toBe(one.drawNs('b', 'c', 9));
  expect(one.drawNs('a', 'c', 9)).not.toBe(new BaseLatency('t', LINKS).drawNs('a', 'c', 9));
});

test('bounds and measurements count with the same figures', () => {
  const network = { latencyMs: 1, jitterMs: 0, links: LINKS };
  const members = ['a', 'b', 'c'].map((name) => ({ name, startAtMs: 0 }));
  expect(baseDelayOf({ network }, 'a', 'c')).toEqual({ meanMs: 50, mostMs: 55 });
  expect(baseDelayOf({ network }, 'c', 'a')).toEqual({ meanMs: 0, mostMs: 0 });
  expect(mostBaseMs({ network, members })).toBe(55);
  expect(mostBaseMs({ network: { latencyMs: 1, jitterMs: 0 }, members })).toBe(0);
});
