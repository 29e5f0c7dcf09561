/** What only processes can do wrong: ports, deaths of members and of the controller, garbage at the socket. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { antiEntropy } from '../../../impl/anti-entropy/anti-entropy.ts';
import { UnavailableError } from '../../model/errors.ts';
import type { Plan } from '../../model/plan.ts';
import { split } from '../../model/rng.ts';
import { Stage } from '../conformance/stage.ts';
import { createOpenLocal, openLocal } from '../local/local.ts';
import { bundleProgram, childrenOf, deafEvents, planOf as kvPlan, programs, until } from '../real/test-context.ts';

const planOf = (n: number): Plan => kvPlan(n, 'kv', antiEntropy);

/** Above what members choose from, and what systems hand out to clients: a row of ports that nobody else draws. */
async function drawBasePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const base = 61_000 + 10 * Math.floor(Math.random() * 450);
    const free = await Promise.all([0, 1, 2].map((i) => isFree(base + i)));
    if (!free.includes(false)) return base;
  }
  throw new Error('no row of ports is free');
}

async function isFree(port: number): Promise<boolean> {
  const udp = createSocket('udp4');
  const tcp = createServer();
  try {
    const bound = once(udp, 'listening');
    udp.bind(port, '127.0.0.1');
    await bound;
    const listening = once(tcp, 'listening');
    tcp.listen(port, '127.0.0.1');
    await listening;
    return true;
  } catch {
    return false;
  } finally {
    udp.close();
    tcp.close();
  }
}

function isBound(socket: Socket): boolean {
  try {
    return socket.address().port > 0;
  } catch {
    return false;
  }
}

describe('local cluster', () => {
  let directory = '';
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'hearsay-test-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('leaves no process and no file behind', async () => {
    const temporary = mkdtempSync(join(directory, 'tmp-'));
    const usual = process.env.TMPDIR;
    process.env.TMPDIR = temporary;
    const stage = await Stage.play(openLocal, {
      plan: planOf(3),
      script(stage) {
        expect(readdirSync(temporary)).toHaveLength(1);
        stage.startAll();
        stage.sequence([
          // One paused, the others never told to stop.
          [() => stage.ups.length === 3, (cluster) => cluster.pause('n1')],
          [() => true, (cluster) => cluster.finish()],
        ]);
      },
    });
    expect(stage.ups).toHaveLength(3);
    expect(await childrenOf(process.pid)).toEqual([]);
    expect(readdirSync(temporary)).toEqual([]);
    if (usual === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = usual;
  });

  it('leaves no process behind when a callback throws, and throws what it threw', async () => {
    const play = Stage.play(openLocal, {
      plan: planOf(3),
      script(stage) {
        stage.startAll();
        stage.at(200, () => {
          throw new Error('the director is wrong');
        });
      },
    });
    await expect(play).rejects.toThrow('the director is wrong');
    expect(await childrenOf(process.pid)).toEqual([]);
  });

  it('tells of a member that dies by itself, and can start it again', async () => {
    const stage = await Stage.play(openLocal, {
      plan: planOf(2),
      script(stage) {
        stage.startAll();
        stage.sequence([
          [
            () => stage.ups.length === 2,
            () => {
              void childrenOf(process.pid).then((children) => {
                const member = children.find(({ program }) => program === 'member');
                if (member !== undefined) process.kill(member.pid, 'SIGKILL');
              });
            },
          ],
          [() => stage.downs.length === 1, () => stage.start(0, stage.downs[0]?.member ?? '', 1, 2, true)],
          [() => stage.ups.length === 3, () => stage.endAt(0)],
        ]);
      },
    });
    expect(stage.downs[0]).toMatchObject({ life: 1, expected: false, reason: 'SIGKILL' });
    expect(stage.ups.at(-1)).toMatchObject({ member: stage.downs[0]?.member, life: 1, boot: 2 });
  });

  it('gives members the ports above the base, and says which one is taken', async () => {
    const basePort = await drawBasePort();
    const taken = createSocket('udp4');
    taken.bind(basePort + 1, '127.0.0.1');
    await once(taken, 'listening');
    try {
      const opening = Promise.resolve(
        createOpenLocal({ basePort })({ plan: planOf(3), events: deafEvents, directory }),
      );
      await expect(opening).rejects.toThrow(UnavailableError);
      await expect(opening).rejects.toThrow(`port ${basePort + 1} for member n2 is in use`);
      expect(await childrenOf(process.pid)).toEqual([]);
    } finally {
      taken.close();
    }
  });

  it('does not blame a member for a port that was taken while it was down', async () => {
    const basePort = await drawBasePort();
    const thief = createSocket('udp4');
    const play = Stage.play(createOpenLocal({ basePort }), {
      plan: planOf(2),
      script(stage) {
        stage.startAll();
        stage.sequence([
          [() => stage.ups.length === 2, (cluster) => cluster.kill('n2')],
          [() => stage.downs.length === 1, () => thief.bind(basePort + 1, '127.0.0.1')],
          [() => isBound(thief), () => stage.start(0, 'n2', 1, 2, true)],
        ]);
      },
    });
    try {
      await expect(play).rejects.toThrow(UnavailableError);
      await expect(play).rejects.toThrow(`port ${basePort + 1} of member n2 was taken while the member was down`);
      expect(await childrenOf(process.pid)).toEqual([]);
    } finally {
      thief.close();
    }
  });

  it('answers and keeps its views under 10,000 garbage datagrams', async () => {
    const basePort = await drawBasePort();
    const attacker = createSocket('udp4');
    const random = split('garbage', 'datagrams');
    let seen = (): number => 0;
    const flood = async (): Promise<void> => {
      for (let i = 0; i < 10_000 || (seen() <= 1000 && i < 200_000); i++) {
        const bytes = Uint8Array.from({ length: random.int(1500) }, () => random.int(256));
        // Half of them look like ours at first sight.
        if (i % 2 === 0) bytes.set([0x48, 0x53, 1].slice(0, bytes.length));
        attacker.send(bytes, basePort, '127.0.0.1');
        if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const stage = await Stage.play(createOpenLocal({ basePort }), {
      plan: planOf(2),
      script(stage) {
        stage.startAll();
        seen = () => stage.dropped();
        let flooding = true;
        stage.sequence([
          [() => stage.ups.length === 2, (cluster) => cluster.invoke('n1', 1, 'kv', 'write', { key: 'k', value: 'v' })],
          [() => stage.observed('n2', 'apply').length === 1, (cluster) => stage.pollAll(cluster.now() / 1e6, 1, true)],
          [
            () => stage.digests(1, 'kv').length === 2,
            () => {
              void flood().then(() => {
                flooding = false;
              });
            },
          ],
          // What a busy machine's sockets could not hold was not seen: then there is more of it.
          [
            () => !flooding && stage.dropped() > 1000,
            (cluster) => {
              cluster.invoke('n1', 2, 'kv', 'read', { key: 'k' });
              stage.pollAll(cluster.now() / 1e6, 2, true);
            },
          ],
          [() => stage.digests(2, 'kv').length === 2, () => stage.endAt(0)],
        ]);
      },
    });
    attacker.close();
    expect(stage.reply(2)?.outcome).toMatchObject({ type: 'ok', value: { value: 'v' } });
    expect(stage.downs.every(({ expected }) => expected)).toBe(true);
    expect(stage.digests(2, 'kv')).toEqual(stage.digests(1, 'kv'));
    const dropped = new Map(stage.trafficOf('n1').flatMap((line) => Object.entries(line.dropped)));
    // What got through was seen for what it was.
    expect(stage.dropped()).toBeGreaterThan(1000);
    expect([...dropped.keys()].sort()).toContain('foreign');
    expect(stage.corrupted()).toBe(0);
  });

  it('keeps logs and state of members in the directory of the run', async () => {
    const own = join(directory, 'run');
    await Stage.play((options) => openLocal({ ...options, directory: own }), {
      plan: planOf(1),
      script(stage) {
        stage.startAll();
        stage.at(200, (cluster) => cluster.invoke('n1', 1, 'kv', 'write', { key: 'k', value: 'v' }));
        stage.endAt(500);
      },
    });
    expect(existsSync(join(own, 'members', 'n1.log'))).toBe(true);
    const [line] = readFileSync(join(own, 'state', 'n1.1.jsonl'), 'utf8').split('\n');
    const { batch, records, reports } = JSON.parse(line ?? '') as {
      batch: number;
      records: unknown[];
      reports: unknown[];
    };
    expect(batch).toBe(1);
    expect(records).toContainEqual(['kv', ['k', expect.any(String), 'v']]);
    expect(reports).toContainEqual(expect.objectContaining({ type: 'reply', id: 1 }));
  });

  it('leaves no process behind when the controller is killed, paused members included', async () => {
    const script = await bundleProgram('controller.mjs', CONTROLLER);
    try {
      const controller = execa(process.execPath, [script, JSON.stringify(planOf(4))], {
        stdin: 'ignore',
        stdout: 'pipe',
        stderr: 'ignore',
        reject: false,
      });
      await once(controller.stdout, 'data');
      const children = await childrenOf(controller.pid ?? 0);
      expect(children.map(({ program }) => program).sort()).toEqual([
        'guardian',
        'member',
        'member',
        'member',
        'member',
      ]);
      controller.kill('SIGKILL');
      await controller;
      const pids = new Set(children.map(({ pid }) => pid));
      await until(async () => !(await programs()).some(({ pid }) => pids.has(pid)), 'every process is gone');
    } finally {
      rmSync(script, { force: true });
    }
  });
});

/** A controller of its own: runs its plan for ever, pauses two members, and then says so. */
const CONTROLLER = `
  import { openLocal } from '../local/local.ts';
  import { deafEvents } from '../real/test-context.ts';
  const plan = JSON.parse(process.argv[2]);
  const cluster = await openLocal({ plan, events: deafEvents, directory: undefined });
  for (const { name } of plan.members) cluster.at(0, () => cluster.start(name, 1, 1, false));
  for (const name of ['n1', 'n2']) cluster.at(3e8, () => cluster.pause(name));
  cluster.at(5e8, () => console.log('paused'));
  await cluster.run();
`;
