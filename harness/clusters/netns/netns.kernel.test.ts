/** What only members in namespaces of their own can show: what the kernel counts, and how many of them come up. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { swim } from '../../../impl/swim/swim.ts';
import { probeKernel } from '../../../nemesis/linux/capabilities.ts';
import { soundRun } from '../../cli/command-run.ts';
import type { PlannedFault } from '../../model/fault.ts';
import { Stage } from '../conformance/stage.ts';
import { planOf, ROOT } from '../real/test-context.ts';
import { expectCountersAgree } from '../real/test-counters.ts';
import { createOpenNetns } from './netns.ts';
import { offers } from './test-machine.ts';

const lack = (await offers('root')) && (await offers('rootless'));

describe.skipIf(lack !== undefined)('netns cluster', () => {
  it('counts what the kernel counts, within 2 % of packets and bytes at each member', async () => {
    await expectCountersAgree(createOpenNetns({}));
  });

  it('goes on with cuts and clocks when a member comes back in the middle of them', async () => {
    const cut: PlannedFault = {
      type: 'partition',
      id: 'f1',
      shape: 'one-way',
      cuts: [{ from: ['n1'], to: ['n2'] }],
      atMs: 0,
      untilMs: 1,
    };
    const skew: PlannedFault = { type: 'clock-skew', id: 'f2', targets: ['n1'], skewMs: 60_000, atMs: 0, untilMs: 1 };
    const stage = await Stage.play(createOpenNetns({ prepareFor: [skew] }), {
      plan: planOf(2, 'swim', swim),
      script(stage) {
        stage.startAll();
        stage.sequence([
          [() => stage.ups.length === 2, (cluster) => cluster.setFaults(1, [cut, skew])],
          [() => stage.trafficOf('n1').some((line) => line.wallAheadMs > 50_000), (cluster) => cluster.kill('n1')],
          [() => stage.downs.length === 1, () => stage.start(0, 'n1', 1, 2, true)],
          [() => stage.ups.length === 3, (cluster) => stage.endAt(cluster.now() / 1e6 + 3000)],
        ]);
      },
    });
    const back = stage.ups[2]?.time ?? Number.POSITIVE_INFINITY;
    const own = stage.trafficOf('n1').filter((line) => line.since >= back);
    expect(own.length).toBeGreaterThan(1);
    for (const line of own) expect(Math.abs(line.wallAheadMs - 60_000)).toBeLessThan(500);
    expect(stage.sent(1, 'n1', 'n2')).toBeGreaterThan(0);
    expect(stage.received(1, 'n1', 'n2')).toBe(0);
    expect(stage.received(1, 'n2', 'n1')).toBeGreaterThan(0);
  });

  it('fails with one clear error when a relay dies in the middle of a run', async (context) => {
    const delay: PlannedFault = {
      type: 'delay',
      id: 'f1',
      links: 'all',
      delayMs: 20,
      jitterMs: 0,
      atMs: 0,
      untilMs: 1,
    };
    if ((await probeKernel()).parts.has('netem')) {
      console.error('SKIPPED: this kernel delays without a relay');
      context.skip();
    }
    const relays = (): Promise<number[]> => childrenRunning('relay.js');
    const before = new Set(await relays());
    let changedAt = Number.POSITIVE_INFINITY;
    const played = Stage.play(createOpenNetns({}), {
      plan: planOf(2, 'swim', swim),
      script(stage) {
        stage.startAll();
        stage.sequence([
          [
            () => stage.ups.length === 2,
            (cluster) => {
              cluster.setFaults(1, [delay]);
              changedAt = cluster.now();
            },
          ],
          [
            // Long after the change has been made.
            () => stage.trafficOf('n1').filter((line) => line.since > changedAt).length > 3,
            async () => {
              const own = (await relays()).filter((pid) => !before.has(pid));
              if (own[0] !== undefined) process.kill(own[0], 'SIGKILL');
            },
          ],
        ]);
        // Far beyond when it is to have failed.
        stage.endAt(60_000);
      },
    });
    const failure: unknown = await played.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(String(failure)).toMatch(/the relay that makes faults of links at member n[12] has ended/);
    expect((await relays()).filter((pid) => !before.has(pid))).toEqual([]);
  });

  it('brings up 50 members, and cuts and heals all their links', async () => {
    const names = Array.from({ length: 50 }, (_, i) => `n${i + 1}`);
    const cut: PlannedFault = {
      type: 'partition',
      id: 'f1',
      shape: 'halves',
      atMs: 0,
      untilMs: 1,
      cuts: [
        { from: names.slice(0, 25), to: names.slice(25) },
        { from: names.slice(25), to: names.slice(0, 25) },
      ],
    };
    let changedAt = 0;
    const linesOf = (stage: Stage, since: number): number[] =>
      names.map((name) => stage.trafficOf(name).filter((line) => line.since > since).length);
    const crossing = (stage: Stage, epoch: number, count: 'sent' | 'received'): number =>
      names.reduce(
        (sum, a, i) => sum + names.reduce((s, b, j) => s + (i < 25 === j < 25 ? 0 : stage[count](epoch, a, b)), 0),
        0,
      );
    const stage = await Stage.play(createOpenNetns({}), {
      plan: planOf(50, 'swim', swim),
      script(stage) {
        stage.startAll();
        stage.sequence(
          [
            [
              () => stage.ups.length === 50,
              (cluster) => {
                changedAt = cluster.now();
                cluster.setFaults(1, [cut]);
              },
            ],
            // A line when the change begins, one when it is made, and then one each second.
            [
              () => linesOf(stage, changedAt).every((count) => count > 7),
              (cluster) => {
                changedAt = cluster.now();
                cluster.setFaults(2, []);
              },
            ],
            [() => linesOf(stage, changedAt).every((count) => count > 7), () => stage.endAt(0)],
          ],
          100,
        );
      },
    });
    expect(stage.downs.every(({ expected }) => expected)).toBe(true);
    expect(crossing(stage, 1, 'sent')).toBeGreaterThan(0);
    expect(crossing(stage, 1, 'received')).toBe(0);
    expect(crossing(stage, 2, 'received')).toBeGreaterThan(0);
  });

  it('is refused with 69 and one line where no network namespace can be made', async () => {
    const cli = `exec ${process.execPath} ${join(ROOT, 'dist', 'cli.js')}`;
    const forbidden = 'echo 0 > /proc/sys/user/max_net_namespaces &&';
    const inside = (command: string) =>
      execa('unshare', ['--user', '--map-root-user', 'sh', '-c', `${forbidden} ${cli} ${command}`], { reject: false });
    const out = join(tmpdir(), `hearsay-refused-${process.pid}`);
    const run = await inside(`nemesis --cluster netns --time 1s --seed refused --out ${out}`);
    expect(run.exitCode, run.stderr).toBe(69);
    const said = run.stderr.split('\n').filter((line) => line.includes('netns cluster lacks'));
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/lacks network namespaces.*run as root, or allow user namespaces/);
    expect(run.stderr).not.toContain('    at ');
    expect(existsSync(out)).toBe(false);
    // The doctor says the same, and auto passes it over with the reason.
    expect((await inside('doctor')).stdout).toContain('lacks network namespaces');
    const auto = await inside(`nemesis --cluster auto --time 1s --nodes 2 --protocol swim --seed auto --out ${out}`);
    rmSync(out, { recursive: true, force: true });
    expect(auto.stderr).toMatch(/cluster (local; not docker: .*; not netns: it lacks network namespaces|docker)/);
  });

  // As an ordinary user: one that has no right over anything but what it makes.
  it.skipIf(process.getuid?.() !== 0)('needs no right of root', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hearsay-rootless-'));
    try {
      await execa('chown', ['65534:65534', folder]);
      const cli = [process.execPath, join(ROOT, 'dist', 'cli.js'), 'nemesis', '--cluster', 'netns'];
      const flags = ['--nodes', '4', '--time', '6s', '--protocol', 'swim', '--loss', '20%', '--delay', '10ms'];
      const user = ['--reuid=65534', '--regid=65534', '--clear-groups', ...cli, ...flags];
      const { out, verdict } = await soundRun(folder, (to) =>
        execa('setpriv', [...user, '--out', to], { reject: false, env: { HOME: folder } }),
      );
      expect(verdict.cluster).toBe('netns');
      expect(readdirSync(out)).toContain('report.html');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** Pids of this process' children that run that program. */
async function childrenRunning(program: string): Promise<number[]> {
  const { stdout } = await execa('/bin/ps', ['-A', '-o', 'pid=,ppid=,args=']);
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, args] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return Number(parent) === process.pid && args?.includes(program) ? [Number(pid)] : [];
  });
}
