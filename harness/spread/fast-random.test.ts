import { describe, expect, it } from 'vitest';
import { FastRandom } from './fast-random.ts';

describe('FastRandom', () => {
  it('gives the same sequence for the same names, and another one for others', () => {
    const draws = (...names: (string | number)[]): number[] => {
      const random = new FastRandom('seed', ...names);
      return Array.from({ length: 20 }, () => random.next());
    };
    expect(draws('a', 1)).toEqual(draws('a', 1));
    expect(draws('a', 1)).not.toEqual(draws('a', 2));
    expect(draws('a', 1)).not.toEqual(draws('a1'));
  });

  it('is uniform: by chi-square over 64 cells, and over pairs of draws that follow each other', () => {
    const random = new FastRandom('uniform');
    const cells = new Int32Array(64);
    const pairs = new Int32Array(64 * 64);
    const count = 400_000;
    let before = random.int(64);
    for (let i = 0; i < count; i++) {
      const draw = random.int(64);
      cells[draw] = (cells[draw] ?? 0) + 1;
      pairs[before * 64 + draw] = (pairs[before * 64 + draw] ?? 0) + 1;
      before = draw;
    }
    const chiSquare = (counts: Int32Array): number =>
      counts.reduce((sum, seen) => sum + (seen - count / counts.length) ** 2 / (count / counts.length), 0);
    // Mean is the number of cells less one, standard deviation the root of twice that: five of them.
    for (const counts of [cells, pairs]) {
      const freedom = counts.length - 1;
      expect(Math.abs(chiSquare(counts) - freedom)).toBeLessThan(5 * Math.sqrt(2 * freedom));
    }
  });

  it('stays within its bounds', () => {
    const random = new FastRandom('bounds');
    for (const bound of [1, 2, 3, 1000, 2 ** 21]) {
      for (let i = 0; i < 2000; i++) {
        const draw = random.int(bound);
        expect(draw >= 0 && draw < bound && Number.isInteger(draw)).toBe(true);
      }
    }
    for (let i = 0; i < 2000; i++) expect(random.next()).toBeLessThan(1);
  });
});
