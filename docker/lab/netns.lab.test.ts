/** Members in namespaces of their own, their links' faults made by a kernel that has netem. */
import { expect, it } from 'vitest';
import { probeKernel } from '../../nemesis/linux/capabilities.ts';
import { expectBite } from './test-context.ts';

it('has netem', async () => {
  expect([...(await probeKernel()).parts]).toContain('netem');
});

it.for(['partition loss', 'delay clock-skew', 'partition loss delay clock-skew'] as const)(
  'netns: %s',
  async (kinds, test) => {
    await expectBite(test, ['netns'], kinds);
  },
);
