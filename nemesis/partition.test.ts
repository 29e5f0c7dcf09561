import fc from 'fast-check';
import { expect, test } from 'vitest';
import { touches } from '../harness/model/fault.ts';
import { split } from '../harness/model/rng.ts';
import { cutsOf, PARTITION_SHAPES, type PartitionShape } from './partition.ts';

const members = (n: number): string[] => Array.from({ length: n }, (_, i) => `n${i + 1}`);

/** For each member, whom it can still reach directly. */
function reach(shape: PartitionShape, n: number, seed: string): Map<string, string[]> {
  const names = members(n);
  const cuts = cutsOf(shape, names, split(seed));
  return new Map(names.map((from) => [from, names.filter((to) => to !== from && !touches(cuts, from, to))]));
}

const sizes = (shape: PartitionShape, n: number, seed: string): number[] =>
  [...reach(shape, n, seed).values()].map((peers) => peers.length).sort((a, b) => a - b);

test('halves, majority and one leave groups of the sizes they name', () => {
  expect(sizes('halves', 6, 'a')).toEqual([2, 2, 2, 2, 2, 2]);
  expect(sizes('halves', 7, 'a')).toEqual([2, 2, 2, 3, 3, 3, 3]);
  expect(sizes('majority', 6, 'a')).toEqual([1, 1, 3, 3, 3, 3]);
  expect(sizes('one', 5, 'a')).toEqual([0, 3, 3, 3, 3]);
});

test('in a ring each sees its two neighbours, and the ring is one', () => {
  for (const n of [4, 5, 9]) {
    const links = reach('ring', n, 'a');
    for (const [name, peers] of links) {
      expect(peers).toHaveLength(2);
      for (const peer of peers) expect(links.get(peer)).toContain(name);
    }
    const visited = new Set<string>();
    const walk = (name: string): void => {
      if (visited.has(name)) return;
      visited.add(name);
      for (const peer of links.get(name) ?? []) walk(peer);
    };
    walk('n1');
    expect(visited.size).toBe(n);
  }
});

test('a bridge reaches everybody, and the two sides only themselves and it', () => {
  expect(sizes('bridge', 7, 'a')).toEqual([3, 3, 3, 3, 3, 3, 6]);
});

test('one-way cuts one direction and spares the other', () => {
  const links = reach('one-way', 6, 'a');
  const cut = members(6).filter((name) => (links.get(name) ?? []).length === 2);
  expect(cut).toHaveLength(3);
  for (const name of members(6).filter((other) => !cut.includes(other))) expect(links.get(name)).toHaveLength(5);
});

test('every shape cuts something between known members, for any size and seed', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...PARTITION_SHAPES),
      fc.integer({ min: 4, max: 40 }),
      fc.string(),
      (shape, n, seed) => {
        const names = members(n);
        const cuts = cutsOf(shape, names, split(seed));
        expect(names.some((from) => names.some((to) => touches(cuts, from, to)))).toBe(true);
        for (const { from, to } of cuts) for (const name of [...from, ...to]) expect(names).toContain(name);
      },
    ),
  );
});

test('too few members for a shape is a mistake that is named', () => {
  expect(() => cutsOf('ring', members(3), split('a'))).toThrow(/at least 4 members and there are 3/);
  expect(() => cutsOf('halves', members(1), split('a'))).toThrow(/at least 2/);
});
