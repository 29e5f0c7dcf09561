/** What a search found in the simulator, run again where the kernel makes the network: k of n times reproduced. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingsOf } from '../../impl/protocol.ts';
import { protocols } from '../../impl/registry.ts';
import { skipLoudly, startTestEngine, type TestEngine } from '../clusters/docker/test-engine.ts';
import { offers } from '../clusters/netns/test-machine.ts';
import { ROOT } from '../clusters/real/test-context.ts';
import type { Plan } from '../model/plan.ts';
import { callCli } from './cli-harness.ts';

const lackOfNetns = (await offers('root')) && (await offers('rootless'));
const CLUSTERS: readonly (readonly [name: string, isLacking: boolean])[] = [
  ['netns', lackOfNetns !== undefined],
  ['docker', skipLoudly('replaying a plan on docker')],
];

describe('replay', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hearsay-replay-'));
  const found = JSON.parse(readFileSync(join(ROOT, 'corpus', 'textbook-broadcast.json'), 'utf8')) as {
    readonly property: string;
    readonly stands: string;
    readonly plan: Plan;
  };
  const plan = join(folder, 'plan.json');
  const stood = join(folder, 'stood.json');
  let engine: TestEngine | undefined;
  beforeAll(() => {
    writeFileSync(plan, JSON.stringify(found.plan));
    // The protocol that stands it, on the same channel, with its own settings.
    const protocol = protocols.get(found.stands);
    const channels = found.plan.channels.map((channel) => ({
      ...channel,
      protocol: found.stands,
      settings: { ...settingsOf<object>(protocol?.settings ?? {}, 'quick'), ...channel.settings },
    }));
    writeFileSync(stood, JSON.stringify({ ...found.plan, channels }));
  });
  afterAll(async () => {
    await engine?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const [cluster, isLacking] of CLUSTERS) {
    it.skipIf(isLacking)(
      `reproduces on ${cluster} what the textbook breaks, and nothing else`,
      { timeout: 240_000 },
      async () => {
        if (cluster === 'docker') engine = await startTestEngine();
        const where = ['--cluster', cluster, ...(engine === undefined ? [] : ['--docker-host', engine.host])];
        const count = ['--times', '2', '--property', found.property, '--json'];
        const broken = await callCli('replay', plan, ...where, ...count);
        expect(broken.code, broken.stderr).toBe(1);
        expect(JSON.parse(broken.stdout)).toMatchObject({ cluster, runs: 2, reproduced: 2, unknown: 0 });
        expect(broken.stderr).toContain(`2 of 2 times reproduced: ${found.property} on ${cluster}`);
        const spared = await callCli('replay', stood, ...where, ...count);
        expect(spared.code, spared.stderr).toBe(0);
        expect(JSON.parse(spared.stdout)).toMatchObject({ cluster, runs: 2, reproduced: 0, unknown: 0 });
      },
    );
  }
});
