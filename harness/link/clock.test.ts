import { describe, expect, it } from 'vitest';
import type { PlannedFault } from '../model/fault.ts';
import { MemberClock } from './clock.ts';

const window = { atMs: 0, untilMs: 10_000, targets: ['a'] };
const skew: PlannedFault = { id: 's', type: 'clock-skew', skewMs: -500, ...window };
const drift: PlannedFault = { id: 'd', type: 'clock-drift', factor: 1.5, ...window };
const strobe: PlannedFault = { id: 'l', type: 'clock-strobe', skewMs: 700, everyMs: 250, ...window, atMs: 1000 };
const timers: PlannedFault = { id: 't', type: 'timer-drift', factor: 2, ...window };

describe('MemberClock', () => {
  it('skews and drifts the wall clock of the target only, and gives it back', () => {
    const clock = new MemberClock('a');
    const other = new MemberClock('b');
    for (const each of [clock, other]) each.setFaults([skew, drift], 1e9);
    expect(clock.wallErrorMs(3e9)).toBeCloseTo(-500 + 1000);
    expect(other.wallErrorMs(3e9)).toBe(0);
    // The drift goes on from where it was when another fault changes.
    clock.setFaults([drift], 4e9);
    expect(clock.wallErrorMs(5e9)).toBeCloseTo(2000);
    clock.setFaults([], 6e9);
    expect(clock.wallErrorMs(7e9)).toBe(0);
    expect(clock.monotonicMs(7e9)).toBe(7000);
  });

  it('leaps between true and wrong from the beginning of its window on, whenever it hears of it', () => {
    const clock = new MemberClock('a');
    clock.setFaults([strobe, skew], 1.6e9);
    const errors = [1600, 1749, 1750, 1999, 2000, 2250].map((ms) => clock.wallErrorMs(ms * 1e6));
    expect(errors).toEqual([200, 200, -500, -500, 200, -500]);
    clock.setFaults([], 2.1e9);
    expect(clock.wallErrorMs(2.1e9)).toBe(0);
    const other = new MemberClock('b');
    other.setFaults([strobe], 1e9);
    expect(other.wallErrorMs(1e9)).toBe(0);
  });

  it('drifts timers without ever running backwards', () => {
    const clock = new MemberClock('a');
    clock.setFaults([timers], 1e9);
    expect(clock.monotonicMs(2e9)).toBe(3000);
    expect(clock.realDelayNs(100)).toBe(50e6);
    clock.setFaults([], 2e9);
    expect(clock.monotonicMs(2e9)).toBe(3000);
    expect(clock.monotonicMs(3e9)).toBe(4000);
    expect(clock.wallErrorMs(3e9)).toBe(0);
  });
});
