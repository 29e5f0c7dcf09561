import { describe, expect, it } from 'vitest';
import { messageBytes } from '../../../impl/wire/frame.ts';
import { MessageSizes } from './message-sizes.ts';

describe('MessageSizes', () => {
  const small = { kind: 'ping', sequence: 3 };
  const large = { items: Array.from({ length: 100 }, (_, i) => [i, `value ${i}`]) };
  const larger = { items: [...large.items, ...large.items] };

  it('are the encoded sizes, in whatever order messages are sent', () => {
    const sizes = new MessageSizes();
    const sent = [small, large, larger, large, small, small, larger, undefined, null, 7, undefined];
    for (const now of [0, 5, 5, 9]) {
      for (const message of sent) expect(sizes.of(message, now)).toBe(messageBytes(message));
    }
  });

  it('are worked out anew at another time, so that nothing of an earlier step counts', () => {
    const sizes = new MessageSizes();
    for (const message of [[1], large.items.slice()]) {
      const before = sizes.of(message, 1);
      message.push([1000, 'one more'] as never);
      expect(sizes.of(message, 2)).toBe(messageBytes(message));
      expect(sizes.of(message, 2)).toBeGreaterThan(before);
    }
  });

  it('look at a message once per step', () => {
    const sizes = new MessageSizes();
    let looks = 0;
    const watched = {
      items: large.items,
      get mark() {
        looks++;
        return 1;
      },
    };
    for (const message of [watched, larger, watched, small, watched]) sizes.of(message, 1);
    expect(looks).toBe(1);
  });
});
