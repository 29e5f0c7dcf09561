/** Ctrl-C to a simulation: it is one loop in virtual time, and ends in order all the same. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { until } from '../clusters/real/test-context.ts';
import { TestController } from '../clusters/real/test-controller.ts';
import { planOf, runOnSim } from '../proof/test-scenario.ts';
import { callCli } from './cli-harness.ts';

const root = mkdtempSync(join(tmpdir(), 'hearsay-interrupted-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

it.each(['SIGINT', 'SIGTERM'] as const)('%s heals, stops, reports, and says 130', async (signal) => {
  const controller = new TestController(join(root, signal), ['--cluster', 'sim', '--time', '10m', '--loss', '20%']);
  try {
    await until(() => controller.history().includes('"up"'), 'it runs');
    await controller.signalGroup(signal);
    expect(await controller.end(), controller.stderr).toEqual({ code: 130, signal: null });
  } finally {
    controller.process.kill('SIGKILL');
  }
  const lines = controller.history().trimEnd().split('\n');
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ type: 'end', outcome: 'interrupted' });
  expect(controller.history()).toContain('"phase":"heal"');
  for (const file of ['report.html', 'junit.xml', 'verdict.json']) {
    expect(existsSync(join(controller.run, file)), file).toBe(true);
  }
});

it('has, where nobody interrupts it, the history of one that never lets go', async () => {
  const plan = planOf('patient', { loss: '20%' }, { timeMs: 5000 });
  writeFileSync(join(root, 'plan.json'), JSON.stringify(plan));
  const flags = ['--plan', join(root, 'plan.json'), '--cluster', 'sim', '--json', '--out', join(root, 'run')];
  const { stdout, stderr } = await callCli('nemesis', ...flags);
  expect(stdout, stderr).toContain(runOnSim(plan).hash);
});
