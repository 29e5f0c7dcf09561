import { expect, it } from 'vitest';
import type { PlannedFault } from './fault.ts';
import { driftPerMs, leapShows, watchesOf } from './watches.ts';

const window = { atMs: 0, untilMs: 1000 };
const cpu: PlannedFault = { id: 'c', type: 'cpu', targets: ['n1', 'n2'], share: 0.1, ...window };
const disk: PlannedFault = { id: 'd', type: 'disk-full', targets: ['n1'], ...window };
const strobe = (id: string, skewMs: number, everyMs: number): PlannedFault => ({
  id,
  type: 'clock-strobe',
  targets: ['n3'],
  skewMs,
  everyMs,
  ...window,
});

it('lets each member measure what its own faults would show, and all others nothing', () => {
  const faults = [cpu, disk, strobe('s', -500, 200)];
  expect(watchesOf(faults, 'n1')).toEqual({ cpu: true, disk: true });
  expect(watchesOf(faults, 'n2')).toEqual({ cpu: true });
  expect(watchesOf(faults, 'n3')).toEqual({ wall: { everyMs: 50, leapMs: 250 } });
  expect(watchesOf(faults, 'n4')).toBeUndefined();
});

it('looks often enough for the quickest strobe, but no more often than every 5 ms, and sees the smallest leap', () => {
  expect(watchesOf([strobe('s', 500, 40), strobe('t', 80, 400)], 'n3')).toEqual({ wall: { everyMs: 10, leapMs: 40 } });
  expect(watchesOf([strobe('s', 500, 20)], 'n3')).toEqual({ wall: { everyMs: 5, leapMs: 250 } });
});

it('looks more often where the clock drifts besides, so that a leap shows', () => {
  const drift = (factor: number): PlannedFault => ({
    id: 'd',
    type: 'clock-drift',
    targets: ['n3'],
    factor,
    ...window,
  });
  const slow = [strobe('s', 10, 440), drift(1.1)];
  expect(watchesOf(slow, 'n3')?.wall).toEqual({ everyMs: expect.closeTo(25), leapMs: 5 });
  expect(watchesOf([strobe('s', 500, 440), drift(0.9)], 'n3')?.wall).toEqual({ everyMs: 110, leapMs: 250 });
  // Beyond what looks can tell.
  const quick = [strobe('s', 10, 440), drift(10)];
  const wall = watchesOf(quick, 'n3')?.wall ?? { everyMs: 0, leapMs: 0 };
  expect(wall).toEqual({ everyMs: 5, leapMs: 5 });
  expect(leapShows(wall, driftPerMs(quick, 'n3'))).toBe(false);
  expect(driftPerMs(quick, 'n1')).toBe(0);
});
