/** What only containers can do wrong: what members may do, what is left behind, whom `clean` touches, the helpers' way. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { antiEntropy } from '../../../impl/anti-entropy/anti-entropy.ts';
import manifest from '../../../package.json' with { type: 'json' };
import { UnavailableError, UserError } from '../../model/errors.ts';
import type { PlannedFault } from '../../model/fault.ts';
import type { Plan } from '../../model/plan.ts';
import { Stage } from '../conformance/stage.ts';
import { deafEvents, planOf, ROOT, until } from '../real/test-context.ts';
import { expectCountersAgree } from '../real/test-counters.ts';
import { createOpenDocker } from './docker.ts';
import { engineAt } from './engine.ts';
import { startHelper } from './helper.ts';
import { ensureImage } from './image.ts';
import { collectImageFiles } from './image-files.ts';
import { ROLE_LABEL, RUN_LABEL } from './labels.ts';
import { removeLeftovers } from './leftovers.ts';
import { type TarEntry, tarOf } from './tar.ts';
import { leftoversOf, skipLoudly, startTestEngine, type TestEngine } from './test-engine.ts';

const busyPlan = (n: number): Plan => {
  const plan = planOf(n, 'kv', antiEntropy);
  return {
    ...plan,
    channels: plan.channels.map((channel) => ({ ...channel, settings: { ...channel.settings, intervalMs: 5 } })),
  };
};

const ALL = { filters: { label: [RUN_LABEL] } };

describe.skipIf(skipLoudly('what docker members may do and leave behind'))('docker cluster', () => {
  let server: TestEngine;
  let engine: Docker;
  let directory = '';
  beforeAll(async () => {
    server = await startTestEngine();
    engine = engineAt(server.host);
    await ensureImage(engine);
    directory = mkdtempSync(join(tmpdir(), 'hearsay-docker-test-'));
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  /** Each test leaves the engine as it found it. */
  afterEach(async () => {
    expect(await leftovers()).toEqual([]);
  });

  const leftovers = (): Promise<string[]> => leftoversOf(server.host);
  const open = (options = {}) => createOpenDocker({ hosts: [server.host], ...options });
  const members = async (): Promise<Docker.ContainerInspectInfo[]> => {
    const all = await engine.listContainers({ all: true, filters: { label: [`${ROLE_LABEL}=member`] } });
    const seen = await Promise.allSettled(all.map(({ Id: id }) => engine.getContainer(id).inspect()));
    // One may have ended in between.
    return seen.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  };

  it('gives members no capability, no way out, no disk but their own, and limits', async () => {
    const seen: Docker.ContainerInspectInfo[] = [];
    let status = '';
    let networks: Docker.NetworkInspectInfo[] = [];
    await Stage.play(open(), {
      plan: planOf(2, 'kv', antiEntropy),
      script(stage) {
        stage.startAll();
        stage.sequence([
          [
            () => stage.ups.length === 2,
            () => {
              void members().then(async (all) => {
                networks = await engine.listNetworks(ALL);
                status = readFileSync(`/proc/${all[0]?.State.Pid}/status`, 'utf8');
                seen.push(...all);
              });
            },
          ],
          [() => seen.length > 0, () => stage.endAt(0)],
        ]);
      },
    });
    expect(seen).toHaveLength(2);
    for (const { HostConfig: host, Config: config, Mounts: mounts } of seen) {
      expect(host.Privileged).toBe(false);
      expect(host.CapDrop).toEqual(['ALL']);
      expect(host.CapAdd ?? []).toEqual([]);
      expect(host.ReadonlyRootfs).toBe(true);
      expect(host.SecurityOpt).toContain('no-new-privileges:true');
      expect(host.Memory).toBeGreaterThan(0);
      expect(host.NanoCpus).toBeGreaterThan(0);
      expect(host.PidsLimit).toBeGreaterThan(0);
      expect(config.User).not.toMatch(/^(0|root|)(:|$)/);
      expect(mounts.map(({ Destination: path }) => path)).toEqual(['/state']);
    }
    expect(networks).toHaveLength(1);
    expect(networks[0]?.Internal).toBe(true);
    expect(networks[0]?.IPAM?.Config?.[0]?.Subnet).toMatch(/^198\.1[89]\./);
    // What the kernel says of the process counts most.
    expect(/^CapEff:\s*(\w+)/m.exec(status)?.[1]).toMatch(/^0+$/);
    expect(/^CapBnd:\s*(\w+)/m.exec(status)?.[1]).toMatch(/^0+$/);
    expect(/^NoNewPrivs:\s*(\d)/m.exec(status)?.[1]).toBe('1');
    expect(/^Uid:\s*(\d+)/m.exec(status)?.[1]).not.toBe('0');
  });

  it.each(['direct', 'helper'] as const)('makes faults of links in the kernel, the %s way', async (reach) => {
    const loss: PlannedFault = { type: 'loss', id: 'f1', atMs: 0, untilMs: 1, links: 'all', probability: 0.4 };
    const delay: PlannedFault = {
      type: 'delay',
      id: 'f2',
      atMs: 0,
      untilMs: 1,
      links: 'all',
      delayMs: 60,
      jitterMs: 0,
    };
    const tables: string[] = [];
    let helpers = 0;
    let epochs = 0;
    let quietFrom = 0;
    const look = async (): Promise<void> => {
      helpers = (await engine.listContainers({ filters: { label: [`${ROLE_LABEL}=helper`] } })).length;
      for (const { State: state } of await members()) {
        tables.push((await execa('nsenter', ['-t', String(state.Pid), '-n', 'nft', 'list', 'tables'])).stdout);
      }
    };
    const stage = await Stage.play(open({ reach }), {
      plan: busyPlan(2),
      script(stage) {
        const after = (ms: number) => () => (stage.latest - quietFrom) / 1e6 > ms;
        const change = (faults: readonly PlannedFault[]) => (cluster: Parameters<Parameters<Stage['at']>[1]>[0]) => {
          cluster.setFaults(++epochs, faults);
          quietFrom = cluster.now();
        };
        stage.startAll();
        stage.sequence([
          [() => stage.ups.length === 2, change([loss])],
          [() => stage.latest - quietFrom > 1e9, () => void look()],
          [after(2500), change([])],
          [after(1500), change([delay])],
          // A new process in a new namespace: what acts must act on it too.
          [after(1500), (cluster) => cluster.kill('n2')],
          [() => stage.downs.length === 1, () => stage.start(0, 'n2', 1, 2, true)],
          [() => stage.ups.length === 3, change([loss])],
          [after(2500), () => stage.endAt(0)],
        ]);
      },
    });
    expect(helpers).toBe(reach === 'helper' ? 2 : 0);
    expect(tables).toHaveLength(2);
    for (const text of tables) expect(text).toContain('hearsay');
    for (const epoch of [1, 4]) {
      const [sent, received] = [stage.sentIn(epoch), stage.receivedIn(epoch).received];
      expect(sent).toBeGreaterThan(100);
      expect(Math.abs(received - 0.6 * sent)).toBeLessThan(6 * Math.sqrt(0.24 * sent));
    }
    expect(stage.receivedIn(2).received).toBe(stage.sentIn(2));
    expect(stage.receivedIn(3).delayMin).toBeGreaterThanOrEqual(59);
  });

  it.each(['direct', 'helper'] as const)(
    'counts what the kernel counts, the %s way, to 2 in 100 packets and bytes at each member',
    async (reach) => {
      await expectCountersAgree(open({ reach }));
    },
  );

  it('says which part is wrong: an engine that is not there, one of several, an image of another version', async () => {
    const base = { plan: planOf(2, 'kv', antiEntropy), events: deafEvents, directory: undefined };
    const nowhere = `unix://${directory}/none.sock`;
    await expect(createOpenDocker({ hosts: [nowhere] })(base)).rejects.toThrow(UnavailableError);
    await expect(createOpenDocker({ hosts: [nowhere] })(base)).rejects.toThrow('no Docker engine answers');
    await expect(createOpenDocker({ hosts: ['what'] })(base)).rejects.toThrow(UserError);
    await expect(createOpenDocker({ hosts: [server.host, nowhere] })(base)).rejects.toThrow('no Docker engine answers');
    await expect(ensureImage(engine, 'no-such-image:1')).rejects.toThrow('does not have the image');
  });

  it('builds the image when the engine does not have it, and else not', async () => {
    const before = await ensureImage(engine);
    expect((await ensureImage(engine)).built).toBe(false);
    await engine.getImage(before.name).remove({ force: true });
    expect((await ensureImage(engine)).built).toBe(true);
    expect((await ensureImage(engine)).built).toBe(false);
    // By this name people find it.
    const named = await engine.getImage(`hearsay-member:${manifest.version}`).inspect();
    expect(await ensureImage(engine, named.RepoTags[0])).toMatchObject({ built: false });
    expect(named.Config.User).not.toMatch(/^(0|root|)(:|$)/);
  });

  it('makes, of docker/Dockerfile and a base that has all tools, an image that members run', async () => {
    const base = await engineBase(engine);
    try {
      await buildDockerfile(engine, base, 'hearsay-from-dockerfile');
      process.env.HEARSAY_IMAGE = 'hearsay-from-dockerfile';
      const stage = await Stage.play(open(), {
        plan: planOf(2, 'kv', antiEntropy),
        script(stage) {
          stage.startAll();
          stage.sequence([[() => stage.ups.length === 2, () => stage.endAt(0)]]);
        },
      });
      expect(stage.ups).toHaveLength(2);
    } finally {
      delete process.env.HEARSAY_IMAGE;
      await engine
        .getImage('hearsay-from-dockerfile')
        .remove({ force: true })
        .catch(() => undefined);
      await engine
        .getImage(base)
        .remove({ force: true })
        .catch(() => undefined);
    }
  });

  it('removes what a dead controller left, and nothing else', async () => {
    const { name: image } = await ensureImage(engine);
    const foreign = await engine.createContainer({ Image: image, name: 'foreign', Labels: { other: '1' } });
    const foreignNetwork = await engine.createNetwork({ Name: 'foreign', Internal: true });
    const foreignVolume = await engine.createVolume({ Name: 'foreign' });
    const living = await startHelper(engine, { image, run: 'aaaaaaaa', name: 'living', network: 'none' });
    const dead = await living.container.inspect();
    const orphan = await engine.createContainer({
      Image: image,
      name: 'orphan',
      // A pid that was used again: the process is another one.
      Labels: { ...dead.Config.Labels, 'hearsay.controller.started': '1' },
    });
    try {
      const [removed] = await removeLeftovers([engine], 'orphans');
      expect(removed).toEqual({ containers: 1, networks: 0, volumes: 0, failed: [] });
      await expect(orphan.inspect()).rejects.toThrow('404');
      expect((await living.container.inspect()).State.Running).toBe(true);
      expect(await removeLeftovers([engine], 'all')).toMatchObject([{ containers: 1 }]);
      expect((await foreign.inspect()).Name).toBe('/foreign');
      expect((await foreignNetwork.inspect()).Name).toBe('foreign');
    } finally {
      await foreign.remove({ force: true });
      await foreignNetwork.remove();
      await foreignVolume.remove();
      await living.remove();
    }
  });

  describe('a controller that is killed', () => {
    let controller: ChildProcess | undefined;
    afterEach(() => controller?.kill('SIGKILL'));

    it.each([
      ['while it opens', async () => (await leftovers()).some((what) => what.startsWith('network'))],
      ['with half of its members', async () => (await members()).length >= 2],
      ['while members are stopped', async (run: string) => historyOf(run).includes('"pause"')],
    ] as const)('%s: nothing is left', async (moment, reached) => {
      const run = join(directory, moment.replaceAll(' ', '-'));
      const flags = ['--nodes', '4', '--time', '6s', '--pause', 'all', '--fault-every', '3s', '--fault-for', '2s'];
      const call = ['nemesis', '--cluster', 'docker', '--docker-host', server.host, '--out', run, ...flags];
      controller = spawn(process.execPath, [join(ROOT, 'dist', 'cli.js'), ...call], { stdio: 'ignore' });
      await until(() => reached(run), `it has come that far: ${moment}`, 40_000);
      controller.kill('SIGKILL');
      await until(async () => (await leftovers()).length === 0, 'nothing is left', 40_000);
    });
  });
});

function historyOf(run: string): string {
  const path = join(run, 'history.jsonl');
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** An image with node, a shell and all tools that docker/Dockerfile uses, made of this machine's files. */
async function engineBase(engine: Docker): Promise<string> {
  const { entries } = await collectImageFiles(['mkdir', 'chown', 'chmod', 'ln', 'rm']);
  const stream = await engine.importImage(Readable.from(tarOf(entries), { objectMode: false }), {
    repo: 'hearsay-test-base',
    tag: '1',
    changes: ['ENV PATH=/usr/local/bin:/usr/bin', 'USER 10001'],
  });
  await drained(stream);
  return 'hearsay-test-base:1';
}

/** Builds it without any network. */
async function buildDockerfile(engine: Docker, base: string, tag: string): Promise<void> {
  const file = (path: string): TarEntry => ({ type: 'file', path, mode: 0o644, bytes: readFileSync(join(ROOT, path)) });
  const context = ['docker/Dockerfile', 'dist/member.js', 'dist/relay.js', 'dist/probe.js'].map(file);
  const stream = await engine.buildImage(Readable.from(tarOf(context), { objectMode: false }), {
    t: tag,
    dockerfile: 'docker/Dockerfile',
    buildargs: { BASE: base },
    networkmode: 'none',
  });
  const text = await drained(stream);
  if (text.includes('"error"')) throw new Error(text.slice(-1000));
}

async function drained(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}
