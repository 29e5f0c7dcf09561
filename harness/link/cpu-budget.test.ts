import { describe, expect, it } from 'vitest';
import { CpuBudget, periodsIn } from './cpu-budget.ts';

const MS = 1e6;
/** 10 ms of each 100. */
const SHARE = 0.1;

describe('CpuBudget', () => {
  it('holds up nobody who asks for less, and saves nothing for later', () => {
    const budget = new CpuBudget(SHARE, 0);
    for (let at = 0; at < 1000; at += 100) {
      budget.spend(9 * MS, at * MS);
      expect(budget.freeAtNs(at * MS)).toBe(at * MS);
    }
    // Idle for half a second: the quota is still that of one period.
    budget.spend(10 * MS, 1500 * MS);
    expect(budget.freeAtNs(1500 * MS)).toBe(1600 * MS);
  });

  it('holds up who has used up the quota until the next period, and longer who went over it', () => {
    const budget = new CpuBudget(SHARE, 50 * MS);
    budget.spend(10 * MS, 60 * MS);
    expect(budget.freeAtNs(60 * MS)).toBe(150 * MS);
    // 25 ms over: two whole periods' quotas go into it, and the third leaves 5 ms.
    budget.spend(35 * MS, 150 * MS);
    expect(budget.freeAtNs(150 * MS)).toBe(450 * MS);
    budget.spend(4 * MS, 450 * MS);
    expect(budget.freeAtNs(450 * MS)).toBe(450 * MS);
    budget.spend(1 * MS, 450 * MS);
    expect(budget.freeAtNs(450 * MS)).toBe(550 * MS);
  });

  it('gives its share and no more to who always wants more', () => {
    const budget = new CpuBudget(SHARE, 0);
    let [now, spent] = [0, 0];
    while (now < 10_000 * MS) {
      budget.spend(0.7 * MS, now);
      spent += 0.7 * MS;
      now = budget.freeAtNs(now);
    }
    expect(spent / now).toBeGreaterThan(0.99 * SHARE);
    expect(spent / now).toBeLessThan(1.01 * SHARE);
  });

  it('counts periods, begun ones too', () => {
    expect([0, 1, 100 * MS, 101 * MS].map(periodsIn)).toEqual([0, 1, 1, 2]);
  });
});
