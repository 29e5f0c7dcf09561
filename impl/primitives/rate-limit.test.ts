import { expect, it } from 'vitest';
import { PeerLimiter } from './rate-limit.ts';

it('takes a burst of a second, then so many a second, of each peer by itself', () => {
  const limiter = new PeerLimiter();
  const taken = (peer: string, fromMs: number, untilMs: number) => {
    let count = 0;
    for (let now = fromMs; now < untilMs; now++) if (limiter.admits(peer, 10, now)) count++;
    return count;
  };
  expect(taken('a', 0, 10)).toBe(10);
  expect(taken('a', 10, 2010)).toBeGreaterThanOrEqual(19);
  expect(taken('a', 2010, 4010)).toBeLessThanOrEqual(21);
  expect(taken('b', 4010, 4020)).toBe(10);
});

it('without a limit takes all, and a clock that stands still fills nothing', () => {
  const limiter = new PeerLimiter();
  for (let i = 0; i < 1000; i++) expect(limiter.admits('a', 0, 5)).toBe(true);
  expect(Array.from({ length: 5 }, () => limiter.admits('b', 2, 5)).filter(Boolean)).toHaveLength(2);
});
