/** Faults that fall together: what each measures is its own, no member is accused of another's, and who is down of nothing. */
import { expect, it } from 'vitest';
import type { PlannedFault } from '../model/fault.ts';
import { planOf, propertyOf, runOnSim } from './test-scenario.ts';

function faultEffect(protocol: string, faults: readonly PlannedFault[]) {
  const plan = planOf('overlap', {}, { protocols: [protocol], nodes: 5, timeMs: 12_000, ratePerSecond: 20 });
  const { verdict, reason } = propertyOf(runOnSim({ ...plan, faults }).properties, 'fault-effect');
  return { verdict, reason };
}

it('a member that is paused says nothing of what its disk has room for by then, and says it afterwards', () => {
  const found = faultEffect('bracha', [
    { id: 'disk-full-1', type: 'disk-full', targets: ['n2'], atMs: 2000, untilMs: 4000 },
    { id: 'pause-1', type: 'pause', targets: ['n2'], atMs: 3000, untilMs: 7000 },
  ]);
  expect(found).toEqual({ verdict: 'valid', reason: expect.stringContaining('2 faults measured') });
});

it('a clock that is wrong when a process starts has not leapt in it', () => {
  const found = faultEffect('anti-entropy', [
    {
      id: 'clock-strobe-1',
      type: 'clock-strobe',
      targets: ['n2', 'n3'],
      skewMs: 3000,
      everyMs: 280,
      atMs: 5896,
      untilMs: 6415,
    },
    { id: 'kill-1', type: 'kill', targets: ['n2', 'n3'], restart: 'without-state', atMs: 5729, untilMs: 6148 },
  ]);
  expect(found.verdict).not.toBe('invalid');
  expect(found.reason).not.toContain('leapt');
});

it('who starts while a resumed member lets out what had waited for it loses nothing that a link has lost', () => {
  const found = faultEffect('bracha', [
    { id: 'pause-1', type: 'pause', targets: ['n3'], atMs: 1200, untilMs: 3500 },
    { id: 'disk-full-1', type: 'disk-full', targets: ['n4'], atMs: 3400, untilMs: 3500 },
    { id: 'kill-1', type: 'kill', targets: ['n5'], restart: 'with-state', atMs: 3400, untilMs: 3500 },
  ]);
  expect(found).toEqual({ verdict: 'valid', reason: expect.stringContaining('3 faults measured') });
});

it('a clock that drifts between two small leaps has not leapt', () => {
  const window = { targets: ['n2', 'n3'], atMs: 2006, untilMs: 8023 };
  const found = faultEffect('swim', [
    { id: 'clock-drift-1', type: 'clock-drift', factor: 1.1, ...window },
    { id: 'clock-strobe-1', type: 'clock-strobe', skewMs: 10, everyMs: 440, ...window },
  ]);
  expect(found).toEqual({ verdict: 'valid', reason: expect.stringContaining('2 faults measured') });
});

it.for([
  ['consul', -13, 19, 380, 3100, 3500],
  ['cassandra', -19, 17, 100, 7234, 7535],
] as const)(
  '%s: a leap that a skew takes back in the same moment is not missed',
  ([protocol, skew, leap, everyMs, atMs, untilMs]) => {
    const window = { targets: ['n4'], atMs, untilMs };
    const found = faultEffect(protocol, [
      { id: 'clock-skew-1', type: 'clock-skew', skewMs: skew, ...window },
      { id: 'clock-strobe-1', type: 'clock-strobe', skewMs: leap, everyMs, ...window },
    ]);
    expect(found.verdict).not.toBe('invalid');
    expect(found.reason).not.toContain('leapt');
  },
);

it('a leap after the last look of a process that lived shortly is not missed', () => {
  const found = faultEffect('push', [
    {
      id: 'clock-strobe-1',
      type: 'clock-strobe',
      targets: ['n1'],
      skewMs: 15,
      everyMs: 500,
      atMs: 7400,
      untilMs: 7976,
    },
    { id: 'kill-1', type: 'kill', targets: ['n1'], restart: 'with-state', atMs: 7325, untilMs: 7426 },
  ]);
  expect(found.verdict).not.toBe('invalid');
  expect(found.reason).not.toContain('leapt');
});

it('who is resumed in the moment in which its clock is turned back tells the time of after', () => {
  const window = { targets: ['n4'], atMs: 8942, untilMs: 12_000 };
  const found = faultEffect('push', [
    { id: 'pause-1', type: 'pause', ...window },
    { id: 'clock-skew-1', type: 'clock-skew', skewMs: -45, ...window },
  ]);
  expect(found.verdict).not.toBe('invalid');
  expect(found.reason).not.toContain('differ');
});

it('the end of one strobe is no leap of another', () => {
  const found = faultEffect('push', [
    { id: 'strobe-1', type: 'clock-strobe', targets: ['n3'], skewMs: -110, everyMs: 360, atMs: 6272, untilMs: 8090 },
    { id: 'strobe-2', type: 'clock-strobe', targets: ['n3'], skewMs: 160, everyMs: 400, atMs: 7327, untilMs: 8573 },
  ]);
  expect(found.verdict).not.toBe('invalid');
  expect(found.reason).not.toContain('leapt');
});

it('a copy waits as its message does, and weighs as much in the mean', () => {
  const links = [{ from: ['n3'], to: ['n2'] }];
  const found = faultEffect('aggregation', [
    { id: 'delay-1', type: 'delay', links, delayMs: 97, jitterMs: 0, atMs: 600, untilMs: 4000 },
    { id: 'duplicate-1', type: 'duplicate', links, probability: 0.9, atMs: 600, untilMs: 4000 },
    { id: 'reorder-1', type: 'reorder', links: 'all', probability: 0.05, holdMs: 13, atMs: 700, untilMs: 4000 },
  ]);
  expect(found).toEqual({ verdict: 'valid', reason: expect.stringContaining('3 faults measured') });
});

it('where all are down for good nobody is late with an epoch', () => {
  const plan = planOf('overlap', {}, { protocols: ['aggregation'], nodes: 3, timeMs: 12_000, ratePerSecond: 20 });
  const faults: PlannedFault[] = [
    { id: 'kill-1', type: 'kill', targets: ['n1', 'n2', 'n3'], restart: 'never', atMs: 9000, untilMs: 10_000 },
  ];
  expect(propertyOf(runOnSim({ ...plan, faults }).properties, 'estimate').verdict).toBe('valid');
});
