import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GAPS_LIMIT, SequenceSet } from './sequence-set.ts';

describe('sequence sets', () => {
  it('behave as sets', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 100 }), (numbers) => {
        const model = new Set<number>();
        const set = new SequenceSet();
        for (const each of numbers) {
          expect(set.add(each)).toBe(!model.has(each));
          model.add(each);
        }
        expect(set.size).toBe(model.size);
        for (let each = 0; each <= 61; each++) expect(set.has(each)).toBe(model.has(each));
      }),
    );
  });

  it('are written as ranges', () => {
    const set = new SequenceSet();
    for (const each of [3, 1, 9, 2, 11, 10, 6]) set.add(each);
    expect(set.toString()).toBe('1-3,6,9-11');
    expect(new SequenceSet().toString()).toBe('');
  });

  it('close their oldest gap rather than grow without bound, and never forget', () => {
    const set = new SequenceSet();
    const added = 2 * GAPS_LIMIT;
    for (let i = 1; i <= added; i++) expect(set.add(2 * i)).toBe(true);
    for (let i = 1; i <= added; i++) expect(set.add(2 * i)).toBe(false);
    expect(set.has(3)).toBe(true);
    expect(set.has(2 * added - 1)).toBe(false);
    expect(set.toString().split(',').length).toBe(GAPS_LIMIT + 1);
    // Every closed gap held one number.
    expect(set.size).toBe(added + (added - GAPS_LIMIT - 1));
  });

  it('keep every gap where they are told to', () => {
    const set = new SequenceSet(Number.POSITIVE_INFINITY);
    const added = 2 * GAPS_LIMIT;
    for (let i = 1; i <= added; i++) set.add(2 * i);
    expect(set.size).toBe(added);
    for (let i = 1; i <= added; i++) expect(set.has(2 * i + 1)).toBe(false);
  });
});
