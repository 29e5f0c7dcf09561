import { expect, it } from 'vitest';
import { medianShiftMs, type TimedWait, withTimerGauge } from './timer-gauge.ts';

/** Uniform from 15 to 25 ms. */
const share = (x: number): number => Math.min(1, Math.max(0, (x - 15) / 10));
const waits = (count: number, lateMs: number): TimedWait[] =>
  Array.from({ length: count }, () => ({ askedMs: 2, lateMs }));

it('says nothing of a machine whose timers are on time', () => {
  expect(medianShiftMs(waits(100, 0), 20, share)).toBe(0);
  expect(medianShiftMs([], 20, share)).toBe(0);
});

it('finds how far stalls move a median', () => {
  // A third of the time on time, the rest in stalls of 4 ms: a mean of 4/3 ms later, and far from the ends all moves alike.
  expect(medianShiftMs(waits(100, 4), 20, share)).toBeCloseTo(4 / 3, 2);
  // One stall of 2 s in 4: what was due in it left 1 s late in the mean, which the median does not see; it moves to where
  // half of all lie: all of those on time and almost none of the others.
  expect(medianShiftMs([...waits(1000, 0), { askedMs: 2, lateMs: 2000 }], 20, share)).toBeGreaterThan(4);
  // A long stall, but one that few datagrams were due in.
  expect(medianShiftMs([...waits(1000, 0), { askedMs: 2, lateMs: 20 }], 20, share)).toBeLessThan(0.1);
});

it('waits beside what is measured, and ends with it', async () => {
  let ticks = 0;
  const { of, waits: gauged } = await withTimerGauge(async () => {
    const until = performance.now() + 100;
    while (performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 1)).then(() => ticks++);
    return 'measured';
  });
  expect(of).toBe('measured');
  expect(ticks).toBeGreaterThan(0);
  expect(gauged.length).toBeGreaterThan(0);
  expect(gauged.every(({ askedMs, lateMs }) => askedMs > 0 && lateMs >= 0)).toBe(true);
  await expect(withTimerGauge(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
});
