import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareClocks,
  counterOf,
  EMPTY_CLOCK,
  incrementClock,
  isVectorClock,
  mergeClocks,
  pruneClock,
  type Relation,
  type VectorClock,
} from './vector-clock.ts';

const node = fc.constantFrom('a', 'b', 'c', 'd');
const clock: fc.Arbitrary<VectorClock> = fc
  .dictionary(node, fc.integer({ min: 1, max: 4 }), { maxKeys: 4 })
  .map((counters) => Object.entries(counters).sort(([x], [y]) => (x < y ? -1 : 1)));

const REVERSED: Readonly<Record<Relation, Relation>> = {
  before: 'after',
  after: 'before',
  same: 'same',
  concurrent: 'concurrent',
};

/** The definition, over every node there is. */
function relation(a: VectorClock, b: VectorClock): Relation {
  const nodes = ['a', 'b', 'c', 'd'];
  const atMost = (x: VectorClock, y: VectorClock) => nodes.every((name) => counterOf(x, name) <= counterOf(y, name));
  if (atMost(a, b)) return atMost(b, a) ? 'same' : 'before';
  return atMost(b, a) ? 'after' : 'concurrent';
}

describe('compare', () => {
  it.each<[VectorClock, VectorClock, Relation]>([
    [EMPTY_CLOCK, EMPTY_CLOCK, 'same'],
    [EMPTY_CLOCK, [['a', 1]], 'before'],
    [[['a', 2]], [['a', 1]], 'after'],
    [[['a', 1]], [['b', 1]], 'concurrent'],
    [
      [
        ['a', 1],
        ['b', 2],
      ],
      [
        ['a', 2],
        ['b', 1],
      ],
      'concurrent',
    ],
  ])('%j to %j: %s', (a, b, expected) => {
    expect(compareClocks(a, b)).toBe(expected);
  });

  it('is the definition, and turns round with its arguments', () => {
    fc.assert(
      fc.property(clock, clock, (a, b) => {
        expect(compareClocks(a, b)).toBe(relation(a, b));
        expect(compareClocks(b, a)).toBe(REVERSED[compareClocks(a, b)]);
      }),
    );
  });

  it('before is transitive', () => {
    fc.assert(
      fc.property(clock, clock, clock, (a, b, c) => {
        if (compareClocks(a, b) === 'before' && compareClocks(b, c) === 'before') {
          expect(compareClocks(a, c)).toBe('before');
        }
      }),
    );
  });
});

describe('merge', () => {
  it('is idempotent, commutative and associative', () => {
    fc.assert(
      fc.property(clock, clock, clock, (a, b, c) => {
        expect(mergeClocks(a, a)).toEqual(a);
        expect(mergeClocks(a, b)).toEqual(mergeClocks(b, a));
        expect(mergeClocks(mergeClocks(a, b), c)).toEqual(mergeClocks(a, mergeClocks(b, c)));
      }),
    );
  });

  it('is the least clock that is behind neither', () => {
    fc.assert(
      fc.property(clock, clock, clock, (a, b, other) => {
        const merged = mergeClocks(a, b);
        expect(['before', 'same']).toContain(compareClocks(a, merged));
        expect(['before', 'same']).toContain(compareClocks(b, merged));
        const behind = (x: VectorClock) => ['before', 'same'].includes(compareClocks(x, other));
        if (behind(a) && behind(b)) expect(['before', 'same']).toContain(compareClocks(merged, other));
      }),
    );
  });
});

describe('increment', () => {
  it('is after what it was, by one at that node, and leaves its argument alone', () => {
    fc.assert(
      fc.property(clock, node, (a, name) => {
        const copy = structuredClone(a);
        const next = incrementClock(a, name);
        expect(compareClocks(next, a)).toBe('after');
        expect(counterOf(next, name)).toBe(counterOf(a, name) + 1);
        expect(a).toEqual(copy);
        expect(isVectorClock(next, 4)).toBe(true);
      }),
    );
  });

  it('at two different nodes makes concurrent clocks, which a merge brings together', () => {
    fc.assert(
      fc.property(clock, node, node, (a, left, right) => {
        fc.pre(left !== right);
        const x = incrementClock(a, left);
        const y = incrementClock(a, right);
        expect(compareClocks(x, y)).toBe('concurrent');
        expect(compareClocks(mergeClocks(x, y), incrementClock(incrementClock(a, left), right))).toBe('same');
      }),
    );
  });

  it('tells causes from coincidences: in a random exchange, clocks relate as the events that are known do', () => {
    const step = fc.tuple(node, fc.option(node, { nil: undefined }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const clocks = new Map<string, VectorClock>();
        const known = new Map<string, Set<number>>();
        steps.forEach(([name, heard], event) => {
          const seen = new Set([...(known.get(name) ?? []), ...(heard === undefined ? [] : (known.get(heard) ?? []))]);
          const merged = mergeClocks(clocks.get(name) ?? [], heard === undefined ? [] : (clocks.get(heard) ?? []));
          clocks.set(name, incrementClock(merged, name));
          known.set(name, seen.add(event));
        });
        for (const [one, a] of clocks) {
          for (const [other, b] of clocks) {
            const inside = [...(known.get(one) ?? [])].every((event) => known.get(other)?.has(event));
            expect(['before', 'same'].includes(compareClocks(a, b))).toBe(inside);
          }
        }
      }),
    );
  });
});

describe('prune', () => {
  it('takes the one node out, and keeps the order of clocks that are both pruned', () => {
    fc.assert(
      fc.property(clock, clock, node, (a, b, name) => {
        const x = pruneClock(a, name);
        const y = pruneClock(b, name);
        expect(counterOf(x, name)).toBe(0);
        expect(mergeClocks(x, y)).toEqual(pruneClock(mergeClocks(a, b), name));
        if (['before', 'same'].includes(compareClocks(a, b))) {
          expect(['before', 'same']).toContain(compareClocks(x, y));
        }
      }),
    );
  });
});

describe('isVectorClock', () => {
  it.each<[string, unknown]>([
    ['no list', {}],
    ['a counter of 0', [['a', 0]]],
    ['a fraction', [['a', 1.5]]],
    ['no pair', [['a']]],
    ['a node that is no name', [[1, 1]]],
    [
      'nodes out of order',
      [
        ['b', 1],
        ['a', 1],
      ],
    ],
    [
      'a node twice',
      [
        ['a', 1],
        ['a', 2],
      ],
    ],
    ['too many', Array.from({ length: 5 }, (_, i) => [`n${i}`, 1])],
  ])('refuses %s', (_, value) => {
    expect(isVectorClock(value, 4)).toBe(false);
  });

  it('never throws, and accepts what the other functions make', () => {
    fc.assert(fc.property(fc.anything(), (value) => void isVectorClock(value, 4)));
    fc.assert(
      fc.property(clock, clock, (a, b) => {
        expect(isVectorClock(mergeClocks(a, b), 4)).toBe(true);
      }),
    );
  });
});
