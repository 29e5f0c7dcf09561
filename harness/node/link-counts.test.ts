import { describe, expect, it } from 'vitest';
import { firstSequence, LinkCounts } from './link-counts.ts';

describe('LinkCounts', () => {
  it('hands over the whole lines of changed epochs, and of those alone', () => {
    const counts = new LinkCounts();
    counts.sent(0, 'b', 10);
    counts.corrupted(1, 'b');
    expect(counts.takeChanged(5, 'a', 1).map((line) => line.epoch)).toEqual([0, 1]);
    expect(counts.takeChanged(6, 'a', 1)).toEqual([]);
    counts.sent(0, 'b', 10);
    expect(counts.takeChanged(7, 'a', 1)).toMatchObject([{ epoch: 0, time: 7, sent: { b: [2, 20] } }]);
  });

  it('takes the first datagrams of a later boot for no copies of the earlier one', () => {
    const counts = new LinkCounts();
    for (const boot of [1, 2]) {
      for (let i = 0; i < 3; i++) counts.received('b', 1, 0, firstSequence(boot) + i, 10, 1);
    }
    counts.received('b', 1, 0, firstSequence(2) + 1, 10, 1);
    const [line] = counts.takeChanged(1, 'a', 1);
    expect(line?.received.b).toMatchObject({ received: 7, duplicates: 1, overtaken: 0 });
  });
});
