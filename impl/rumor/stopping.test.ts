import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import { afterPulledCycle, afterPush, countsMinimized, outOfRounds, REMOVED, type StoppingRule } from './stopping.ts';

const never = (): number => {
  throw new Error('no draw expected');
};

function rule(stop: StoppingRule['stop'], feedback: StoppingRule['feedback'], k: number): StoppingRule {
  return { stop, feedback, k };
}

describe('stopping rules', () => {
  it('counter with feedback: k useless pushes in a row, a useful one sets it back', () => {
    const three = rule('counter', 'feedback', 3);
    let counter = afterPush(three, 0, false, never);
    counter = afterPush(three, counter, false, never);
    expect(counter).toBe(2);
    expect(afterPush(three, counter, true, never)).toBe(0);
    expect(afterPush(three, counter, false, never)).toBe(REMOVED);
  });

  it('blind counter: k pushes, useful or not', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.infiniteStream(fc.boolean()), (k, useful) => {
        let counter = 0;
        let pushes = 0;
        for (; counter !== REMOVED; pushes++) {
          counter = afterPush(rule('counter', 'blind', k), counter, useful.next().value === true, never);
        }
        expect(pushes).toBe(k);
      }),
    );
  });

  it('coin: one draw against 1/k, with feedback for useless pushes only', () => {
    for (const feedback of ['feedback', 'blind'] as const) {
      expect(afterPush(rule('coin', feedback, 4), 0, false, () => 0.2499)).toBe(REMOVED);
      expect(afterPush(rule('coin', feedback, 4), 0, false, () => 0.25)).toBe(0);
    }
    expect(afterPush(rule('coin', 'feedback', 1), 0, true, never)).toBe(0);
    expect(afterPush(rule('coin', 'blind', 1), 0, true, () => 0.999)).toBe(REMOVED);
  });

  it('pulled cycles: unchanged when nobody pulled, set back when anybody needed it', () => {
    const two = rule('counter', 'feedback', 2);
    expect(afterPulledCycle(two, 1, 0, 0, never)).toBe(1);
    expect(afterPulledCycle(two, 1, 3, 1, never)).toBe(0);
    expect(afterPulledCycle(two, 0, 3, 0, never)).toBe(1);
    expect(afterPulledCycle(two, 1, 3, 0, never)).toBe(REMOVED);
  });

  it('minimization: the smaller counter counts, both where equal, anybody against one that was removed', () => {
    expect([countsMinimized(1, 2), countsMinimized(2, 1)]).toEqual([true, false]);
    expect(countsMinimized(2, 2)).toBe(true);
    expect([0, 7].map((mine) => countsMinimized(mine, REMOVED))).toEqual([true, true]);
  });

  it('limits rounds', () => {
    expect([9, 10, 11].map((rounds) => outOfRounds(rounds, 10))).toEqual([false, true, true]);
  });
});

/** Demers table 1 in lock-step, by these functions: share that never hears, and messages a member. */
function spreadOnce(n: number, k: number, seed: string): { residue: number; traffic: number } {
  const random = split(seed);
  const knows = new Uint8Array(n);
  knows[0] = 1;
  const counters = new Map([[0, 0]]);
  let messages = 0;
  while (counters.size > 0) {
    const before = Uint8Array.from(knows);
    for (const [pusher, counter] of [...counters]) {
      const draw = random.int(n - 1);
      const target = draw < pusher ? draw : draw + 1;
      messages++;
      const next = afterPush(rule('counter', 'feedback', k), counter, before[target] === 0, random.next);
      if (next === REMOVED) counters.delete(pusher);
      else counters.set(pusher, next);
      if (knows[target] === 0) {
        knows[target] = 1;
        counters.set(target, 0);
      }
    }
  }
  return { residue: knows.reduce((sum, each) => sum - each, n) / n, traffic: messages / n };
}

describe('the rules in lock-step', () => {
  it.each([
    [1, 0.174, 1.745],
    [2, 0.037, 3.3],
    [3, 0.011, 4.533],
  ])('give table 1 of Demers et al., k = %i: residue %f, traffic %f', (k, residue, traffic) => {
    const runs = 100;
    let residues = 0;
    let messages = 0;
    for (let run = 0; run < runs; run++) {
      const once = spreadOnce(1000, k, `${k} ${run}`);
      residues += once.residue / runs;
      messages += once.traffic / runs;
    }
    expect(Math.abs(residues / residue - 1)).toBeLessThan(0.08);
    expect(Math.abs(messages / traffic - 1)).toBeLessThan(0.03);
  });
});
