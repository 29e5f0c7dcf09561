import { afterEach, expect, it } from 'vitest';
import { StallWatch } from './stall-watch.ts';

const MS = 1e6;
/** A clock that the test turns; ticks of the real one are far too rare to meddle. */
const at = { nowMs: 0, usedMs: 0, queuedMs: 0 as number | null };
let watch: StallWatch | undefined;

function start(): StallWatch {
  Object.assign(at, { nowMs: 0, usedMs: 0, queuedMs: 0 });
  watch = new StallWatch({
    now: () => at.nowMs * MS,
    usedMs: () => at.usedMs,
    queuedMs: () => at.queuedMs,
  });
  return watch;
}

function tick(gapMs: number, usedMs = 0): void {
  at.nowMs += gapMs;
  at.usedMs += usedMs;
  watch?.look();
}

afterEach(() => watch?.close());

it('adds up by how much ticks came late, and leaves out what timers always are', () => {
  const one = start();
  for (const gapMs of [101, 102, 150, 100, 400, 109]) tick(gapMs);
  at.queuedMs = 340;
  expect(one.take()).toEqual({ stalledMs: 300, late: { sumMs: 350, longestMs: 300, queuedMs: 340 } });
  at.queuedMs = 341;
  expect(one.take()).toEqual({ stalledMs: 0, late: { sumMs: 0, longestMs: 0, queuedMs: 1 } });
});

it('blames on nobody else the time in which the process computed', () => {
  const one = start();
  tick(600, 480);
  tick(600, 500);
  expect(one.take()).toMatchObject({ stalledMs: 500, late: { sumMs: 20, longestMs: 20 } });
});

it('counts a stall in the interval that it ends, though its tick is still to come', () => {
  const one = start();
  at.nowMs = 900;
  expect(one.take()).toMatchObject({ stalledMs: 800, late: { sumMs: 800 } });
  at.nowMs = 960;
  expect(one.take()).toMatchObject({ stalledMs: 0, late: { sumMs: 0 } });
});

it('knows of no run queue where the kernel does not tell', () => {
  const one = start();
  at.queuedMs = null;
  expect(one.take().late.queuedMs).toBeNull();
});

it('measures this process where nothing else is said', () => {
  const own = new StallWatch({ now: () => Number(process.hrtime.bigint()) });
  const { late } = own.take();
  own.close();
  expect(late.sumMs).toBeGreaterThanOrEqual(0);
  if (process.platform === 'linux') expect(late.queuedMs).toBeGreaterThanOrEqual(0);
});
