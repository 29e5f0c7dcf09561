import { describe, expect, it } from 'vitest';
import { SeenBatches } from './seen-batches.ts';

describe('SeenBatches', () => {
  it('takes each batch of a life once, and one that was never seen from whichever boot brings it', () => {
    const seen = new SeenBatches();
    expect([1, 2, 2, 3].map((batch) => seen.isNew('n1', 1, batch))).toEqual([true, true, false, true]);
    // Batches without reports are not told of, so numbers have gaps.
    expect([7, 7, 8].map((batch) => seen.isNew('n1', 1, batch))).toEqual([true, false, true]);
  });

  it('counts each member and each life anew', () => {
    const seen = new SeenBatches();
    expect(seen.isNew('n1', 1, 5)).toBe(true);
    expect(seen.isNew('n2', 1, 1)).toBe(true);
    expect(seen.isNew('n1', 2, 1)).toBe(true);
    expect(seen.isNew('n1', 2, 1)).toBe(false);
  });
});
