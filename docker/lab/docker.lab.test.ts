/** Members in containers, their links' faults made by a kernel that has netem, with an engine of the lab's own. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestEngine, type TestEngine } from '../../harness/clusters/docker/test-engine.ts';
import { probeKernel } from '../../nemesis/linux/capabilities.ts';
import { expectBite } from './test-context.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await startTestEngine();
});
afterAll(async () => {
  await engine?.stop();
});

it('has netem', async () => {
  expect([...(await probeKernel()).parts]).toContain('netem');
});

it.for(['partition loss', 'delay clock-skew'] as const)('docker: %s', async (kinds, test) => {
  await expectBite(test, ['docker', '--docker-host', engine.host], kinds);
});
