import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PiggybackQueue } from './piggyback-queue.ts';

function take(queue: PiggybackQueue<string>, entries: number, limit: number, bytes = 1000): string[] {
  const out: string[] = [];
  queue.take(out, entries, bytes, limit);
  return out;
}

describe('PiggybackQueue', () => {
  it('sends those sent least often first', () => {
    const queue = new PiggybackQueue<string>();
    queue.put('a', 'a', 1);
    queue.put('b', 'b', 1);
    expect(take(queue, 1, 3)).toEqual(['a']);
    expect(take(queue, 1, 3)).toEqual(['b']);
    queue.put('c', 'c', 1);
    expect(take(queue, 2, 3)).toEqual(['c', 'a']);
    expect(take(queue, 3, 3)).toEqual(['b', 'c', 'a']);
  });

  it('sends each at most the limit and then forgets it', () => {
    const queue = new PiggybackQueue<string>();
    queue.put('a', 'a', 1);
    for (let i = 0; i < 3; i++) expect(take(queue, 5, 3)).toEqual(['a']);
    expect(take(queue, 5, 3)).toEqual([]);
    expect(queue.size).toBe(0);
  });

  it('a newer update about a subject takes the place of the older and starts anew', () => {
    const queue = new PiggybackQueue<string>();
    queue.put('a', 'old', 1);
    take(queue, 1, 2);
    queue.put('a', 'new', 1);
    expect(queue.size).toBe(1);
    expect([take(queue, 1, 2), take(queue, 1, 2), take(queue, 1, 2)]).toEqual([['new'], ['new'], []]);
  });

  it('keeps within entries and bytes, and to each subject its limit', () => {
    const step = fc.oneof(
      fc.record({ put: fc.constantFrom('a', 'b', 'c', 'd', 'e'), bytes: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ entries: fc.nat(4), room: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new PiggybackQueue<string>();
        const sizes = new Map<string, number>();
        const sent = new Map<string, number>();
        let version = 0;
        for (const one of steps) {
          if ('put' in one) {
            const update = `${one.put}${version++}`;
            sizes.set(update, one.bytes);
            queue.put(one.put, update, one.bytes);
            continue;
          }
          const out = take(queue, one.entries, 3, one.room);
          expect(out.length).toBeLessThanOrEqual(one.entries);
          expect(out.reduce((sum, update) => sum + (sizes.get(update) ?? 0), 0)).toBeLessThanOrEqual(one.room);
          expect(new Set(out.map((update) => update[0])).size).toBe(out.length);
          for (const update of out) sent.set(update, (sent.get(update) ?? 0) + 1);
        }
        for (const times of sent.values()) expect(times).toBeLessThanOrEqual(3);
      }),
    );
  });
});
