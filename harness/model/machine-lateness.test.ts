import { expect, it } from 'vitest';
import { MachineLateness } from './machine-lateness.ts';

const S = 1e9;
const late = (sumMs: number, longestMs = sumMs) => ({ sumMs, longestMs, queuedMs: null });

it('adds members up, over the time that is asked for', () => {
  const lateness = new MachineLateness();
  for (let second = 0; second < 10; second++) {
    const interval = { since: second * S, time: (second + 1) * S };
    lateness.member({ ...interval, late: late(50) });
    lateness.member({ ...interval, late: late(30) });
    lateness.member(interval);
  }
  expect(lateness.betweenMs(0, 10 * S)).toBeCloseTo(800);
  expect(lateness.betweenMs(2.5 * S, 4 * S)).toBeCloseTo(120);
  expect(lateness.betweenMs(20 * S, 30 * S)).toBe(0);
  expect(lateness.isLarge).toBe(false);
});

it('never makes more of it than the time that passed', () => {
  const lateness = new MachineLateness();
  for (let member = 0; member < 9; member++) lateness.member({ since: 0, time: 2 * S, late: late(1800) });
  expect(lateness.betweenMs(0, 2 * S)).toBeCloseTo(2000);
  expect(lateness.betweenMs(0.5 * S, S)).toBeCloseTo(500);
  expect(lateness.isLarge).toBe(true);
  expect(lateness.describe()).toBe(
    "the machine was overrun: members' timers were late by up to 1.8 s, 16.2 s in all; run fewer things at a time",
  );
});

it('counts the controller, and tells of it apart', () => {
  const lateness = new MachineLateness();
  lateness.controller({ type: 'lateness', time: 3 * S, since: 0, ...late(900) });
  expect(lateness.betweenMs(0, 3 * S)).toBeCloseTo(900);
  expect(lateness.isLarge).toBe(true);
  expect(lateness.describe()).toContain("the controller's by up to 0.9 s");
});
