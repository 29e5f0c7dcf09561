/** Nothing of a docker run outlives it, however it ends; and nothing that was not its own is touched. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { swim } from '../../../impl/swim/swim.ts';
import { split } from '../../model/rng.ts';
import { Stage } from '../conformance/stage.ts';
import { searchPath } from '../machine-part.ts';
import { FOREIGN, networkState, TestMachine } from '../netns/test-machine.ts';
import { childrenOf, planOf, ROOT, until } from '../real/test-context.ts';
import { TestController } from '../real/test-controller.ts';
import { createOpenDocker } from './docker.ts';
import { engineAt } from './engine.ts';
import { SEAT } from './helper.ts';
import { ensureImage } from './image.ts';
import { NODE_PATH } from './image-files.ts';
import { ROLE_LABEL } from './labels.ts';
import { leftoversOf, type OwnEngine, skipLoudly, startOwnEngine, whyNoOwnEngine } from './test-engine.ts';

const NODES = 3;
/** Faults of which each leaves something of another kind: rules, a queueing discipline, a relay, stopped members. */
const HURT = ['--loss', '20%', '--bandwidth', '1mbit', '--delay', '20ms', '--pause', 'all', '--protocol', 'swim'];
const SHORT = ['--time', '2s', '--fault-every', '1s', '--fault-for', '600ms'];
const LONG = ['--time', '9s', '--fault-every', '3s', '--fault-for', '2s'];
const MOMENTS_MS = 480_000;
const CLI = join(ROOT, 'dist', 'cli.js');

describe.skipIf(skipLoudly('what docker runs leave behind', whyNoOwnEngine()))('a docker run', () => {
  let root = '';
  let machine: TestMachine;
  let engine: OwnEngine;
  let api: Docker;
  let foreign: Docker.Container;
  let before: readonly string[];
  const controllers: TestController[] = [];

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'hearsay-docker-left-'));
    machine = await TestMachine.create();
    engine = await startOwnEngine('leftovers');
    api = engineAt(engine.host);
    await ensureImage(api);
    // An engine that has had a network forwards; that is its own affair, and stays so.
    await (await api.createNetwork({ Name: 'first', Internal: true })).remove();
    await sh(inNamespaceOf(engine.pid), FOREIGN);
    foreign = await startForeign(api);
    await sh(inNamespaceOf((await foreign.inspect()).State.Pid), FOREIGN);
    const isSettled = async (): Promise<boolean> => {
      before = await foreignState();
      // Addresses of new links are on probation for a moment.
      return !before.join().includes('tentative');
    };
    await until(isSettled, 'what others have put there has settled');
  });
  afterAll(async () => {
    for (const controller of controllers) controller.process.kill('SIGKILL');
    await foreign?.remove({ force: true });
    await engine?.stop();
    await machine?.end();
    rmSync(root, { recursive: true, force: true });
  });

  const start = (...flags: string[]): TestController => {
    const { prefix, mark } = machine;
    const all = ['--cluster', 'docker', '--docker-host', engine.host, '--nodes', `${NODES}`, ...flags];
    const controller = new TestController(join(root, `${controllers.length}`), all, {
      prefix,
      environment: mark,
      survivors: () => machine.survivors(),
    });
    controllers.push(controller);
    return controller;
  };
  /** Of the machine on which the controller runs, the one on which the engine does, a container of somebody else's. */
  const foreignState = async (): Promise<string[]> => {
    const { State: state, NetworkSettings: settings } = await foreign.inspect();
    const networks = (await api.listNetworks()).map(({ Name: name, Id: id }) => `${name} ${id}`).sort();
    const { Volumes: volumes } = await api.listVolumes();
    const mounts = readFileSync(`/proc/${engine.pid}/mounts`, 'utf8').split('\n');
    return [
      await machine.state(),
      await networkState(inNamespaceOf(engine.pid)),
      await networkState(inNamespaceOf(state.Pid)),
      `container ${state.Pid} ${state.StartedAt} ${JSON.stringify(settings.Networks)}`,
      ...networks,
      ...(volumes ?? []).map(({ Name: name }) => `volume ${name}`).sort(),
      // Where an engine keeps namespaces.
      ...mounts.filter((line) => line.startsWith('nsfs ')).sort(),
    ];
  };
  const membersUp = async (): Promise<number> =>
    (await api.listContainers({ filters: { label: [`${ROLE_LABEL}=member`] } })).length;
  const clean = (): Promise<{ exitCode?: number; stdout: string }> =>
    execa(process.execPath, [CLI, 'clean', '--json', '--docker-host', engine.host], { reject: false });
  /** A run that has ended by itself before its moment came is played again, to be killed in half the time. */
  const killAt = async ({ stage, delayMs }: Moment, withGuardian: boolean, what: string): Promise<void> => {
    const flags = stage === 'its members were stopped' ? LONG : SHORT;
    for (const share of [1, 1 / 2, 1 / 4, 0]) {
      const controller = start(...HURT, ...flags, ...(stage === 'its start' ? [] : ['--no-calibrate']));
      await STAGES[stage].reached(controller, membersUp);
      await new Promise((resolve) => setTimeout(resolve, share * delayMs));
      if (!withGuardian) for (const { pid } of await childrenOf(controller.process.pid ?? 0)) kill(pid);
      controller.process.kill('SIGKILL');
      if ((await controller.end()).signal === 'SIGKILL') return;
      await expectUntouched(`${what}, had it not ended before`);
    }
    expect.fail(`${what}: it was always over before`);
  };
  const expectUntouched = async (what: string): Promise<void> => {
    expect(await leftoversOf(engine.host), what).toEqual([]);
    await until(
      async () => [...(await machine.survivors()), ...inContainersOf(engine)].length === 0,
      `${what}: none lives`,
    );
    expect(await foreignState(), what).toEqual(before);
    for (const state of before.slice(0, 3)) {
      expect(state).toContain('qdisc tbf 4ea5:');
      expect(state).toContain('ip saddr 203.0.113.1 drop');
    }
  };

  it('that succeeds leaves nothing but its files, what the kernel counted among them', async () => {
    const controller = start(...SHORT, '--protocol', 'swim', '--loss', '20%');
    const { code } = await controller.end();
    // Two seconds may be too few for a verdict on every fault.
    expect([0, 2], controller.stderr).toContain(code);
    expect(readFileSync(join(controller.run, 'report.html'), 'utf8')).toContain('What the kernel counted');
    const { members } = JSON.parse(readFileSync(join(controller.run, 'counters.json'), 'utf8'));
    expect(members).toHaveLength(NODES);
    await expectUntouched('after success');
  });

  it('that is found invalid leaves nothing', async () => {
    const controller = start('--time', '6s', '--protocol', 'textbook/swim', '--partition', '--no-calibrate');
    expect((await controller.end()).code, controller.stderr).toBe(1);
    await expectUntouched('after an invalid run');
  });

  it('that is refused leaves nothing', async () => {
    expect((await start('--plan', join(root, 'no-plan.json')).end()).code).toBe(64);
    await expectUntouched('after a wrong call');
    const missing = start('--time', '2s', '--protocol', 'swim', '--docker-host', `unix://${root}/none.sock`);
    expect((await missing.end()).code, missing.stderr).toBe(69);
    await expectUntouched('after an engine that is not there');
  });

  it('interrupted while members are stopped ends in order, reports, says 130, and leaves nothing', async () => {
    const controller = start(...HURT, ...LONG, '--no-calibrate');
    await until(() => controller.history().includes('"pause"'), 'members are stopped', 60_000);
    await controller.signalGroup('SIGINT');
    expect((await controller.end()).code, controller.stderr).toBe(130);
    expect(existsSync(join(controller.run, 'report.html'))).toBe(true);
    await expectUntouched('after Ctrl-C');
  });

  it(
    'killed at any of 20 random moments leaves nothing, once its guardian, clean, or the next run has been there',
    async () => {
      const cleaned = { containers: 0, networks: 0, volumes: 0 };
      for (const [i, moment] of momentsOf('docker leftovers').entries()) {
        const sweeper = SWEEPERS[i % SWEEPERS.length] ?? 'clean';
        const what = `killed ${moment.delayMs} ms after ${moment.stage}, then ${sweeper}`;
        // What is not to be done by the guardian is not left to it.
        await killAt(moment, sweeper === 'its guardian', what);
        if (sweeper === 'its guardian') await until(async () => (await leftoversOf(engine.host)).length === 0, what);
        else if (sweeper === 'clean') {
          const { exitCode, stdout } = await clean();
          expect(exitCode, what).toBe(0);
          const { failed, ...removed } = JSON.parse(stdout) as typeof cleaned & { failed: string[] };
          expect(failed, what).toEqual([]);
          // In any other stage it may be that nothing is there yet, or that all has been put away.
          if (moment.stage === 'its members were stopped') {
            for (const kind of ['containers', 'networks', 'volumes'] as const) cleaned[kind] += removed[kind];
          }
        } else await playNext(engine.host);
        await expectUntouched(what);
      }
      // There was something of each kind for `clean` to do: each run's network, and its members, with their disks.
      const runs = cleaned.networks;
      expect(runs).toBeGreaterThan(0);
      expect(cleaned).toEqual({ containers: NODES * runs, networks: runs, volumes: NODES * runs });
    },
    MOMENTS_MS,
  );

  it('would be seen if it left a container, a network, a process, or a table of its own', async () => {
    const { name: image } = await ensureImage(api);
    const Labels = { 'hearsay.run': 'aaaaaaaa' };
    const container = await api.createContainer({
      Image: image,
      name: 'left',
      Labels,
      Env: [`${SEAT}=left`],
      Entrypoint: IDLE,
    });
    expect(await leftoversOf(engine.host)).toEqual(['container /left']);
    await container.start();
    expect(inContainersOf(engine)).toHaveLength(1);
    await container.remove({ force: true });
    const network = await api.createNetwork({ Name: 'left', Internal: true, Labels });
    expect(await leftoversOf(engine.host)).toEqual(['network left']);
    expect(await foreignState()).not.toEqual(before);
    await network.remove();
    for (const pid of [engine.pid, (await foreign.inspect()).State.Pid]) {
      await sh(inNamespaceOf(pid), 'nft add table ip left');
      expect(await foreignState()).not.toEqual(before);
      await sh(inNamespaceOf(pid), 'nft delete table ip left');
    }
    await expectUntouched('after what a test put there');
  });
});

const IDLE = [NODE_PATH, '-e', 'setInterval(() => {}, 1e6)'];

type Sweeper = 'clean' | 'its guardian' | 'the next run';
const SWEEPERS: readonly Sweeper[] = ['clean', 'the next run', 'clean', 'its guardian', 'clean'];

interface KillStage {
  readonly moments: number;
  readonly withinMs: number;
  reached(controller: TestController, membersUp: () => Promise<number>): Promise<void>;
}

const marked = (mark: string) => async (controller: TestController) => {
  await until(() => controller.history().includes(mark), `its history says ${mark}`, 60_000);
};

const STAGES = {
  'its start': { moments: 6, withinMs: 4000, reached: async () => undefined },
  'its members were up': { moments: 3, withinMs: 1200, reached: marked('"event":"up"') },
  // These do not see that their stdin has ended.
  'its members were stopped': { moments: 3, withinMs: 500, reached: marked('"event":"pause"') },
  'its heal': { moments: 4, withinMs: 200, reached: marked('"phase":"heal"') },
  'its last reads': { moments: 2, withinMs: 100, reached: marked('"phase":"final"') },
  'its members had gone': {
    moments: 2,
    withinMs: 50,
    reached: async (controller, membersUp) => {
      await marked('"event":"up"')(controller);
      await until(async () => (await membersUp()) < NODES, 'the first of its members is gone', 60_000);
    },
  },
} as const satisfies { [stage: string]: KillStage };

interface Moment {
  readonly stage: keyof typeof STAGES;
  readonly delayMs: number;
}

function momentsOf(seed: string): Moment[] {
  const random = split(seed, 'kills');
  return (Object.keys(STAGES) as (keyof typeof STAGES)[]).flatMap((stage) => {
    const { moments, withinMs } = STAGES[stage];
    return Array.from({ length: moments }, () => ({ stage, delayMs: random.int(withinMs) }));
  });
}

/** A run of two members that has nothing to do but to begin and to end. */
async function playNext(host: string): Promise<void> {
  await Stage.play(createOpenDocker({ hosts: [host] }), {
    plan: planOf(2, 'swim', swim),
    script(stage) {
      stage.startAll();
      stage.sequence([[() => stage.ups.length === 2, () => stage.endAt(0)]]);
    },
  });
}

const SUBNET = { Driver: 'default', Config: [{ Subnet: '198.19.254.0/24' }] };

/** Somebody else's: on a network of its own, with a volume. */
async function startForeign(engine: Docker): Promise<Docker.Container> {
  const { name: image } = await ensureImage(engine);
  await engine.createNetwork({ Name: 'foreign', Internal: true, IPAM: SUBNET });
  await engine.createVolume({ Name: 'foreign' });
  const container = await engine.createContainer({
    Image: image,
    name: 'foreign',
    Entrypoint: IDLE,
    HostConfig: { NetworkMode: 'foreign', Binds: ['foreign:/state'] },
  });
  await container.start();
  return container;
}

function inNamespaceOf(pid: number): string[] {
  return ['nsenter', '--target', String(pid), '--net', '--'];
}

async function sh(prefix: readonly string[], script: string): Promise<void> {
  const [file = '', ...args] = [...prefix, 'sh', '-c', script];
  await execa(file, args, { env: { PATH: searchPath(process.env) } });
}

/** Processes of our containers on that engine. */
function inContainersOf({ cgroup }: OwnEngine): string[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      if (!readFileSync(`/proc/${entry}/cgroup`, 'utf8').includes(`/${cgroup}/`)) return [];
      const seat = readFileSync(`/proc/${entry}/environ`, 'utf8')
        .split('\0')
        .find((pair) => pair.startsWith(`${SEAT}=`));
      return seat === undefined ? [] : [`${entry} ${seat}`];
    } catch {
      // It has just ended.
      return [];
    }
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}
