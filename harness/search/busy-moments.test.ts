import { describe, expect, it } from 'vitest';
import { KNOWLEDGE } from '../cli/parts.ts';
import { checkPlan } from '../model/plan-check.ts';
import { planOf } from '../proof/test-scenario.ts';
import { withBusyMoments } from './busy-moments.ts';
import { withRestartStorm } from './restart-storm.ts';

const USUAL = new Map([['register', 4]]);
const SHAPE = { timeMs: 60_000, faultEveryMs: 60_000, faultForMs: 2000, ratePerSecond: 40 };
const PROTOCOLS = { protocols: ['anti-entropy'] };

/** Operations per second from..until, ms. */
function rateIn({ operations }: ReturnType<typeof planOf>, fromMs: number, untilMs: number): number {
  const inside = operations.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs);
  return (1000 * inside.length) / (untilMs - fromMs);
}

describe('a load that is busy at moments', () => {
  it('keeps every operation around a fault that wants work, and the usual rate elsewhere', () => {
    const plan = planOf('busy', { 'disk-full': 'one' }, { ...SHAPE, ...PROTOCOLS });
    const thinned = withBusyMoments(plan, USUAL, 'a');
    checkPlan(JSON.parse(JSON.stringify(thinned)), KNOWLEDGE, 'plan');
    const [{ atMs, untilMs } = { atMs: 0, untilMs: 0 }] = plan.faults;
    expect(rateIn(thinned, atMs, untilMs)).toBe(rateIn(plan, atMs, untilMs));
    expect(rateIn(thinned, atMs, untilMs)).toBeGreaterThan(35);
    const awayMs = untilMs + 1000;
    expect(rateIn(plan, awayMs, 59_000)).toBeGreaterThan(35);
    const elsewhere = rateIn(thinned, awayMs, 59_000);
    expect(elsewhere).toBeGreaterThan(2);
    expect(elsewhere).toBeLessThan(7);
    // The same trial, the same moments.
    expect(withBusyMoments(plan, USUAL, 'a')).toEqual(thinned);
    expect(withBusyMoments(plan, USUAL, 'b')).not.toEqual(thinned);
  });

  it('is busy in a storm, and only at the beginning of a fault that goes on for long', () => {
    const stormy = withRestartStorm(planOf('storm', {}, { ...SHAPE, ...PROTOCOLS }), KNOWLEDGE, 'c');
    const kills = stormy.faults.filter(({ type }) => type === 'kill');
    const thinned = withBusyMoments(stormy, USUAL, 'c');
    expect(kills.length).toBeGreaterThan(1);
    for (const { atMs, untilMs } of kills) expect(rateIn(thinned, atMs, untilMs)).toBe(rateIn(stormy, atMs, untilMs));
    const plan = planOf('long', { cpu: '1%' }, { ...SHAPE, ...PROTOCOLS, faultForMs: 30_000 });
    const [{ atMs, untilMs } = { atMs: 0, untilMs: 0 }] = plan.faults;
    const long = withBusyMoments(plan, USUAL, 'd');
    expect(rateIn(long, atMs, atMs + 3000)).toBe(rateIn(plan, atMs, atMs + 3000));
    expect(rateIn(long, atMs + 5000, untilMs)).toBeLessThan(8);
  });

  it('leaves a plan alone in which nothing wants work and the rate is the usual one', () => {
    const plan = planOf('calm', { loss: '0.1' }, { ...SHAPE, ...PROTOCOLS });
    expect(withBusyMoments(plan, new Map([['register', 40]]), 'e')).toEqual(plan);
    expect(withBusyMoments(plan, new Map(), 'e')).toEqual(plan);
  });
});
