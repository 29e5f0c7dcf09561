import { expect, test } from 'vitest';
import { roundsToAll } from '../impl/theory/spread.ts';
import { coverageCurve, spreadSettings } from './coverage-curve.ts';

const roundsTo = (mode: 'push' | 'pull' | 'push-pull', n: number, arrives = 1): number =>
  coverageCurve({ mode, fanout: 1, roundMs: 1 }, n, arrives).find((point) => point.share > 1 - 0.5 / n)?.ms ??
  Number.POSITIVE_INFINITY;

test('the recursion grows to all, push-pull first, and loss slows it', () => {
  const curve = coverageCurve({ mode: 'push-pull', fanout: 1, roundMs: 200 }, 100, 1);
  expect(curve[0]).toEqual({ ms: 0, share: 0.01 });
  // One member contacts one and is contacted by about one: about three know after the first round.
  expect((curve[1]?.share ?? 0) * 100).toBeGreaterThan(2.8);
  expect((curve[1]?.share ?? 0) * 100).toBeLessThan(3.01);
  for (let i = 1; i < curve.length; i++) expect(curve[i]?.share).toBeGreaterThan(curve[i - 1]?.share ?? 1);
  expect(curve.at(-1)?.share).toBeGreaterThan(0.997);
  expect(roundsTo('push-pull', 1000)).toBeLessThan(roundsTo('pull', 1000));
  expect(roundsTo('pull', 1000)).toBeLessThanOrEqual(roundsTo('push', 1000));
  expect(roundsTo('push', 1000, 0.7)).toBeGreaterThan(roundsTo('push', 1000));
});

test('the mean field stays near the published means, and below the exact bound', () => {
  // reference figures: mean rounds until all know, n = 1000: push 18.03, pull 13.78, push-pull 9.16.
  expect(Math.abs(roundsTo('push', 1000) - 18.03)).toBeLessThan(2);
  expect(Math.abs(roundsTo('pull', 1000) - 13.78)).toBeLessThan(2);
  expect(Math.abs(roundsTo('push-pull', 1000) - 9.16)).toBeLessThan(2);
  expect(roundsTo('push', 100)).toBeLessThanOrEqual(roundsToAll('push', 100, 1, 1e-6));
});

test('a channel without the settings has no curve', () => {
  const channel = { name: 'c', protocol: 'c' };
  expect(spreadSettings({ ...channel, settings: { mode: 'push', fanout: 2, intervalMs: 200 } })).toEqual({
    mode: 'push',
    fanout: 2,
    roundMs: 200,
  });
  expect(spreadSettings({ ...channel, settings: { mode: 'push', fanout: 2 } })).toBeUndefined();
  expect(spreadSettings({ ...channel, settings: { intervalMs: 200 } })).toBeUndefined();
});
