import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import { Decisions } from './decisions.ts';
import { decodeMessage } from './messages.ts';

function of(instances: readonly number[]): Decisions {
  const decisions = new Decisions();
  for (const instance of instances) decisions.add(instance, `v${instance}`);
  return decisions;
}

const instances = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 150 });

describe('decisions', () => {
  it('name by digest exactly what is there, within the stretch they speak of', () => {
    fc.assert(
      fc.property(instances, instances, fc.nat(), (a, b, seed) => {
        const digest = of(a).digest(split('digest', seed));
        expect(decodeMessage({ items: [], digest })).toBeDefined();
        const within = (list: readonly number[]) =>
          [...new Set(list)].filter((i) => i >= digest.since && i <= digest.until).sort((x, y) => x - y);
        const lacking = within(b).filter((i) => !a.includes(i));
        expect(of(b).missingIn(digest, 1000)).toEqual(lacking.map((i) => [i, `v${i}`]));
        expect(of(b).missingIn(digest, 2)).toHaveLength(Math.min(2, lacking.length));
        expect(of(b).lacks(digest)).toBe(within(a).some((i) => !b.includes(i)));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('name by digest what was added since the last one, too', () => {
    const decisions = of([1, 2]);
    expect(decisions.digest(split('digest')).ranges).toEqual([1, 2]);
    decisions.add(3, 'v3');
    expect(decisions.digest(split('digest')).ranges).toEqual([1, 3]);
  });

  it('keep the first value, and cover everything over several digests where one is too short', () => {
    const decisions = of(Array.from({ length: 200 }, (_, i) => 3 * i + 1));
    decisions.add(1, 'other');
    expect(decisions.get(1)).toBe('v1');
    const random = split('cover');
    const named = new Set<number>();
    for (let i = 0; i < 100; i++) for (const instance of decisions.digest(random).ranges) named.add(instance);
    expect(named.size).toBe(200);
  });
});
