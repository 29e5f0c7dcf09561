import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import { Rotation } from './rotation.ts';

describe('Rotation', () => {
  it('has nobody at first', () => {
    expect(new Rotation().next(split('seed'))).toBeUndefined();
  });

  it('a name that stays has its turn in every round, whoever comes and goes', () => {
    const step = fc.oneof({ weight: 8, arbitrary: fc.constant('next' as const) }, { weight: 1, arbitrary: fc.nat(9) });
    fc.assert(
      fc.property(fc.string(), fc.array(step, { maxLength: 200 }), (seed, steps) => {
        const random = split(seed);
        const rotation = new Rotation();
        const names = new Set(['stays']);
        rotation.add('stays', random);
        let since = 0;
        let newcomers = 0;
        let largest = 1;
        for (const one of steps) {
          if (one === 'next') {
            const name = rotation.next(random);
            expect(names.has(name ?? '')).toBe(true);
            since = name === 'stays' ? 0 : since + 1;
            if (since === 0) newcomers = 0;
            // Each that came since its last turn may have entered just before it.
            expect(since).toBeLessThan(2 * largest + newcomers);
          } else {
            const name = `x${one}`;
            if (names.delete(name)) rotation.remove(name);
            else {
              names.add(name);
              newcomers++;
              rotation.add(name, random);
            }
            largest = Math.max(largest, names.size);
          }
          expect(rotation.size).toBe(names.size);
        }
      }),
    );
  });

  it('with n names that stay, the gap is at most 2n-1 turns and everybody has one turn a round', () => {
    const random = split('fixed');
    const rotation = new Rotation();
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    for (const name of names) rotation.add(name, random);
    const last = new Map<string, number>();
    let longest = 0;
    for (let turn = 0; turn < 7000; turn++) {
      const name = rotation.next(random) ?? '';
      longest = Math.max(longest, turn - (last.get(name) ?? turn));
      last.set(name, turn);
    }
    expect(longest).toBe(2 * names.length - 1);
  });
});
