/** Members on three engines of one Swarm, as if on three machines: each with its own network and its own monotonic clock. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { antiEntropy } from '../../../impl/anti-entropy/anti-entropy.ts';
import { soundRun } from '../../cli/command-run.ts';
import type { Calibration } from '../../model/calibration.ts';
import type { KernelCounters } from '../../model/counters.ts';
import { UnavailableError } from '../../model/errors.ts';
import { HostClocks } from '../../model/host-clocks.ts';
import { deafEvents, planOf, ROOT, until } from '../real/test-context.ts';
import { createOpenDocker } from './docker.ts';
import { engineAt } from './engine.ts';
import { ExecShell } from './exec-shell.ts';
import { startHelper } from './helper.ts';
import { ensureImage } from './image.ts';
import { NODE_PATH } from './image-files.ts';
import { ROLE_LABEL } from './labels.ts';
import { leftoversOf, skipLoudly, startTestSwarm, type TestSwarm, whyNoSwarm } from './test-engine.ts';

const ENGINES = 3;
const TIMEOUT_MS = 180_000;
const CLI = join(ROOT, 'dist', 'cli.js');

function calibrationOf(run: string): Calibration {
  return JSON.parse(readFileSync(join(run, 'calibration.json'), 'utf8')) as Calibration;
}

describe.skipIf(skipLoudly('members on several engines', whyNoSwarm()))('a cluster on a Swarm', () => {
  let swarm: TestSwarm;
  let directory = '';
  beforeAll(async () => {
    swarm = await startTestSwarm(ENGINES);
    directory = mkdtempSync(join(tmpdir(), 'hearsay-swarm-test-'));
    await execa(process.execPath, [CLI, 'image', ...at(hosts())]);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await swarm?.stop();
    rmSync(directory, { recursive: true, force: true });
  }, TIMEOUT_MS);
  /** Each test leaves the engines as it found them. */
  afterEach(async () => {
    expect(await leftovers()).toEqual([]);
  });

  const hosts = (): string[] => swarm.engines.slice(0, ENGINES).map(({ host }) => host);
  const at = (addresses: readonly string[]): string[] => addresses.flatMap((host) => ['--docker-host', host]);
  const leftovers = async (): Promise<string[]> => (await Promise.all(hosts().map(leftoversOf))).flat();
  /** Containers of that role, by engine. */
  const counts = (role: string): Promise<number[]> =>
    Promise.all(
      hosts().map(async (host) => {
        const filters = { label: [`${ROLE_LABEL}=${role}`] };
        return (await engineAt(host).listContainers({ filters })).length;
      }),
    );
  const nemesis = (out: string, flags: readonly string[]) =>
    execa(process.execPath, [CLI, 'nemesis', '--cluster', 'docker', ...at(hosts()), '--out', out, ...flags], {
      reject: false,
      stdin: 'ignore',
    });

  it('has engines whose monotonic clocks are far apart', async () => {
    const readings = await Promise.all(
      hosts().map(async (host) => {
        const { name: image } = await ensureImage(engineAt(host));
        const outpost = await startHelper(engineAt(host), { image, run: 'aaaaaaaa', name: 'clock', network: 'none' });
        const shell = new ExecShell(engineAt(host), outpost.container);
        const shown = await shell.run([NODE_PATH, '-p', 'process.hrtime()[0]'], '');
        await outpost.remove();
        return Number(shown) - Number(process.hrtime.bigint() / 1_000_000_000n);
      }),
    );
    // To the nearest thousand seconds; a reading that is a second behind is no minus zero.
    expect(readings.map((ahead) => Math.floor((ahead + 500) / 1000))).toEqual([0, 1, 2]);
  });

  it(
    'spreads members, makes faults on every engine, brings their times together, and leaves nothing',
    async () => {
      const flags = ['--nodes', '6', '--time', '12s', '--partition', '--loss', '0.1', '--seed', '5'];
      const { out, stdout, lines } = await soundRun(join(directory, 'spread'), async (folder) => {
        const run = nemesis(folder, flags);
        await until(
          async () => (await counts('member')).every((count) => count === 2) && (await counts('helper'))[2] === 3,
          'two members, their helpers and an outpost are on each engine',
          60_000,
        );
        return run;
      });
      expect(stdout).toContain('2 faults measured, each as asked');
      const clocks = lines.filter((line) => line.type === 'clocks');
      expect(clocks).toHaveLength(2);
      for (const { hosts: compared } of clocks) {
        expect(compared.map(({ members }) => members)).toEqual([
          ['n1', 'n4'],
          ['n2', 'n5'],
          ['n3', 'n6'],
        ]);
        for (const { uncertaintyMs } of compared) expect(uncertaintyMs).toBeGreaterThan(0);
      }
      const known = new HostClocks();
      for (const line of clocks) known.line(line);
      const receipts = lines.flatMap((line) =>
        line.type === 'links'
          ? Object.entries(line.received).map(([from, { delayMin }]) => ({
              delayMin,
              mostMs: known.betweenMs(from, line.member),
            }))
          : [],
      );
      expect(receipts.filter(({ mostMs }) => mostMs > 0).length).toBeGreaterThan(20);
      // No message arrives before it was sent, as far as the clocks can tell.
      for (const { delayMin, mostMs } of receipts) expect(delayMin + mostMs).toBeGreaterThan(0);
      expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('Cross-host latencies ±');
      const calibration = calibrationOf(out);
      expect(calibration.faults.map(({ type, effect }) => `${type} ${effect}`).sort()).toEqual([
        'loss seen',
        'partition seen',
      ]);
      // Monotonic clocks are a thousand seconds apart, one-way times across hosts are not.
      const across = calibration.baseline.filter(({ clockMs }) => clockMs !== undefined);
      expect(across.length).toBeGreaterThan(0);
      for (const { minMs, p50Ms, clockMs = 0, from, to } of across) {
        expect(known.betweenMs(from, to)).toBeGreaterThan(0);
        expect(minMs + clockMs).toBeGreaterThan(0);
        expect(p50Ms - clockMs).toBeLessThan(1000);
      }
      for (const link of calibration.baseline) expect(link.received).toBe(link.sent);
      const counters = JSON.parse(readFileSync(join(out, 'counters.json'), 'utf8')) as KernelCounters;
      expect(counters.members).toHaveLength(6);
      for (const { sent, received } of counters.members) {
        expect(sent.packets).toBeGreaterThan(50);
        expect(received.packets).toBeGreaterThan(50);
      }
    },
    TIMEOUT_MS,
  );

  it(
    'brings killed members back where they were, with delays and clocks turned',
    async () => {
      const flags = ['--nodes', '6', '--time', '24s', '--kill', '2', '--delay', '50', '--clock-skew', '2s'];
      const { out, stdout } = await soundRun(join(directory, 'killed'), (folder) =>
        nemesis(folder, [...flags, '--seed', '6']),
      );
      // On a busy machine one of the three may have met too few messages to show.
      expect(stdout).toMatch(/[23] faults measured, each as asked/);
      // What a fault adds to a delay is a difference between times of the same two clocks.
      const [calibrated] = calibrationOf(out).faults;
      expect(calibrated).toMatchObject({ type: 'delay', effect: 'seen' });
      expect(Math.abs((calibrated?.pooled.measured ?? 0) - 50)).toBeLessThan(25);
    },
    TIMEOUT_MS,
  );

  it(
    'leaves nothing on any engine when its controller is killed',
    async () => {
      const run = nemesis(join(directory, 'dead'), ['--nodes', '6', '--time', '60s', '--loss', '0.1']);
      await until(async () => (await counts('member')).every((count) => count > 0), 'members run', 60_000);
      run.kill('SIGKILL');
      await run;
      await until(async () => (await leftovers()).length === 0, 'nothing is left', 60_000);
    },
    TIMEOUT_MS,
  );

  it('says which engine is wrong: in no Swarm, none that manages it, one twice', async () => {
    const base = { plan: planOf(2, 'kv', antiEntropy), events: deafEvents, directory: undefined };
    const [manager = '', worker = '', other = ''] = hosts();
    const outside = swarm.engines[ENGINES]?.host ?? '';
    const refusal = (addresses: readonly string[]) => createOpenDocker({ hosts: addresses })(base);
    await expect(refusal([manager, outside])).rejects.toThrow(UnavailableError);
    await expect(refusal([manager, outside])).rejects.toThrow(`this engine is in no Swarm (given: ${outside})`);
    await expect(refusal([worker, other])).rejects.toThrow('none of these engines manages their Swarm');
    await expect(refusal([manager, manager])).rejects.toThrow('lead to one engine');
    const said = await execa(
      process.execPath,
      [CLI, 'nemesis', '--cluster', 'docker', ...at([manager, outside]), '--out', join(directory, 'refused')],
      { reject: false, stdin: 'ignore' },
    );
    expect(said.exitCode).toBe(69);
    expect(said.stderr.split('\n').filter((line) => line.startsWith('hearsay: '))).toHaveLength(1);
    expect(said.stderr).toContain('docker swarm join');
  });

  it('says when an engine is in another Swarm', async () => {
    const outside = swarm.engines[ENGINES]?.host ?? '';
    const engine = engineAt(outside);
    await engine.swarmInit({ ListenAddr: '127.0.0.1:2377', AdvertiseAddr: '127.0.0.1', ForceNewCluster: false });
    try {
      const base = { plan: planOf(2, 'kv', antiEntropy), events: deafEvents, directory: undefined };
      const opening = createOpenDocker({ hosts: [hosts()[0] ?? '', outside] })(base);
      await expect(opening).rejects.toThrow('this engine is in another Swarm');
    } finally {
      await engine.swarmLeave({ force: true });
    }
  });
});
