/** Nothing of a run outlives it, however it ends; and nothing that was not its own is touched. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { split } from '../../model/rng.ts';
import { searchPath } from '../machine-part.ts';
import { until } from '../real/test-context.ts';
import { TestController } from '../real/test-controller.ts';
import { offers, TestMachine } from './test-machine.ts';

const NODES = 4;
/** Faults of which each leaves something of another kind in a namespace: rules, a queueing discipline, a relay. */
const HURT = ['--loss', '20%', '--bandwidth', '1mbit', '--delay', '20ms', '--pause', 'all', '--fault-every', '3s'];
const RANDOM_KILLS = 20;
const LATEST_KILL_MS = 6000;

const random = split('leftovers', 'kills');
const lack = (await offers('root')) && (await offers('rootless'));

describe.skipIf(lack !== undefined)('a netns run', () => {
  let root = '';
  let machine: TestMachine;
  let before: string;
  const controllers: TestController[] = [];
  const ending: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'hearsay-netns-'));
    machine = await TestMachine.create();
    ending.push(() => machine.end());
    before = await machine.state();
  });
  afterAll(async () => {
    for (const controller of controllers) controller.process.kill('SIGKILL');
    for (const end of ending) await end();
    rmSync(root, { recursive: true, force: true });
  });
  const start = (...flags: string[]): TestController => {
    const { prefix, mark } = machine;
    const all = ['--cluster', 'netns', '--nodes', `${NODES}`, ...flags];
    const controller = new TestController(join(root, `${controllers.length}`), all, {
      prefix,
      environment: mark,
      survivors: () => machine.survivors(),
    });
    controllers.push(controller);
    return controller;
  };
  /** Also that what others have put there stands as it stood: it is part of the state. */
  const expectUntouched = async (): Promise<void> => {
    expect(await machine.survivors()).toEqual([]);
    expect(await machine.state()).toBe(before);
    expect(before).toContain('qdisc tbf 4ea5:');
    expect(before).toContain('ip saddr 203.0.113.1 drop');
  };

  it('that succeeds leaves nothing', async () => {
    const controller = start('--time', '2s', '--protocol', 'swim', '--loss', '10%', '--delay', '5ms');
    const { code } = await controller.end();
    // Two seconds may be too few for a verdict on every fault.
    expect([0, 2], controller.stderr).toContain(code);
    await expectUntouched();
  });

  it('that never came about leaves nothing', async () => {
    const plan = join(root, 'no-plan.json');
    const controller = start('--plan', plan);
    expect((await controller.end()).code).toBe(64);
    await expectUntouched();
  });

  it.each([
    ['during load', 'SIGINT', (c: TestController) => c.history().includes('"up"')],
    ['while all members are stopped', 'SIGTERM', (c: TestController) => c.history().includes('"pause"')],
  ] as const)('interrupted %s stops in order, reports, says 130, and leaves nothing', async (_, signal, moment) => {
    const controller = start('--time', '9s', ...HURT, '--fault-for', '2s');
    await until(() => moment(controller), 'it has come that far', 60_000);
    await controller.signalGroup(signal);
    const { code } = await controller.end();
    expect(code, controller.stderr).toBe(130);
    expect(controller.history()).not.toContain('"event":"crash"');
    expect(existsSync(join(controller.run, 'report.html'))).toBe(true);
    await expectUntouched();
  });

  it.each([
    ['as soon as it has any process', async () => (await machine.survivors()).length >= 2],
    ['with half of its members', async (c: TestController) => (await c.children()) >= 1 + NODES / 2],
    ['with all of them', async (c: TestController) => (await c.children()) >= 1 + NODES],
    ['under faults', (c: TestController) => c.history().includes('"start"')],
    ['while members are stopped', (c: TestController) => c.history().includes('"pause"')],
  ] as const)('killed %s leaves nothing', async (_, moment) => {
    const controller = start('--time', '4s', ...HURT, '--fault-for', '2s');
    await until(() => moment(controller), 'it has come that far', 60_000);
    controller.process.kill('SIGKILL');
    expect((await controller.end()).signal).toBe('SIGKILL');
    await expectUntouched();
  });

  it.each(Array.from({ length: RANDOM_KILLS }, () => random.int(LATEST_KILL_MS)))(
    'killed after %i ms leaves nothing',
    async (delayMs) => {
      const controller = start('--time', '4s', ...HURT, '--fault-for', '2s');
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      controller.process.kill('SIGKILL');
      expect((await controller.end()).signal).toBe('SIGKILL');
      await expectUntouched();
    },
  );

  it('would be seen if it left a table, a link, a queueing discipline, a mount or a process', async () => {
    const plant = (command: string): Promise<unknown> => {
      const [file = '', ...args] = [...machine.prefix, 'sh', '-c', command];
      return execa(file, args, { env: { PATH: searchPath(process.env) } });
    };
    for (const [put, remove] of [
      ['nft add table ip left', 'nft delete table ip left'],
      ['ip link add left type veth peer name over', 'ip link del left'],
      ['tc qdisc add dev lo root handle 7: tbf rate 1mbit burst 32kbit latency 1s', 'tc qdisc del dev lo root'],
      ['mount -t tmpfs left /mnt', 'umount /mnt'],
    ] as const) {
      await plant(put);
      expect(await machine.state()).not.toBe(before);
      await plant(remove);
      expect(await machine.state()).toBe(before);
    }
    const left = execa('sleep', ['60'], { env: machine.mark, reject: false });
    expect(await machine.survivors()).toHaveLength(1);
    left.kill('SIGKILL');
    await left;
    expect(await machine.survivors()).toEqual([]);
  });
});
