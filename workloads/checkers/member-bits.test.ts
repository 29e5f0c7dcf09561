import { describe, expect, it } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import { MemberBits } from './member-bits.ts';

describe('MemberBits', () => {
  it('agrees with a plain set, growing, members above eight included', () => {
    const random = split('bits');
    const bits = new MemberBits(19);
    let plain = new Set<string>();
    for (let step = 0; step < 20_000; step++) {
      const item = random.int(3000);
      const member = random.int(19);
      const key = `${item} ${member}`;
      expect(bits.has(item, member)).toBe(plain.has(key));
      expect(bits.set(item, member)).toBe(!plain.has(key));
      plain.add(key);
      if (step % 5000 === 4999) {
        bits.clearMember(member);
        plain = new Set([...plain].filter((entry) => !entry.endsWith(` ${member}`)));
      }
    }
  });
});
