import { expect, it } from 'vitest';
import { WallWatch } from './wall-watch.ts';

it('tells extremes and leaps since it was last asked, and nothing where nobody looked', () => {
  const watch = new WallWatch(50);
  expect(watch.take()).toBeUndefined();
  for (const ahead of [0, 1, 100, 99, -2]) watch.look(ahead);
  expect(watch.take()).toEqual({ looks: 5, leaps: 2, leastMs: -2, mostMs: 100 });
  expect(watch.take()).toBeUndefined();
  // The last look of before counts for the next leap, but for no extreme.
  watch.look(100);
  expect(watch.take()).toEqual({ looks: 1, leaps: 1, leastMs: 100, mostMs: 100 });
});

it('takes a clock that drifts for no leaping one', () => {
  const watch = new WallWatch(50);
  for (let ahead = 0; ahead <= 1000; ahead += 49) watch.look(ahead);
  expect(watch.take()).toMatchObject({ leaps: 0 });
});
