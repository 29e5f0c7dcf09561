/** Ctrl-C, SIGTERM and SIGKILL to the program that controls a run on real processes. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { until } from '../real/test-context.ts';
import { TestController as Controller } from '../real/test-controller.ts';

const NODES = 4;

describe.concurrent('the controller of a local run', { timeout: 120_000 }, () => {
  let root = '';
  const controllers: Controller[] = [];
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'hearsay-interrupt-'));
  });
  afterAll(() => {
    for (const controller of controllers) controller.process.kill('SIGKILL');
    rmSync(root, { recursive: true, force: true });
  });
  const start = (...flags: string[]): Controller => {
    const all = ['--cluster', 'local', '--nodes', `${NODES}`, ...flags];
    const controller = new Controller(join(root, `${controllers.length}`), all);
    controllers.push(controller);
    return controller;
  };

  it('interrupted while members start: leaves nothing, and says 130', async ({ expect }) => {
    const controller = start('--time', '5s');
    await until(async () => (await controller.children()) >= 2, 'a member has started');
    await controller.signalGroup('SIGINT');
    const { code } = await controller.end();
    if (code !== 130) throw new Error(`exit code ${code}: ${controller.stderr}`);
    // Where starting was quicker than the signal, the run had begun and was ended in order.
    if (existsSync(controller.run)) expect(existsSync(join(controller.run, 'report.html'))).toBe(true);
  });

  it.each([
    ['during load', 'SIGINT', ['--time', '8s', '--loss', '20%'], (c: Controller) => c.history().includes('"up"')],
    [
      'while all members are stopped',
      'SIGTERM',
      ['--time', '8s', '--pause', 'all', '--fault-every', '6s', '--fault-for', '5s'],
      (c: Controller) => c.history().includes('"pause"'),
    ],
    [
      'while it closes',
      'SIGINT',
      ['--time', '2s'],
      // It closes for no more than a second: whoever its children are is known by then.
      async (c: Controller) => {
        if (c.stderr.includes('healed')) return true;
        await c.children();
        return false;
      },
    ],
  ] as const)('interrupted %s: stops in order, reports, and says 130', async (_, signal, flags, moment) => {
    const controller = start(...flags);
    await until(() => moment(controller), 'it has come that far');
    await controller.signalGroup(signal);
    const { code } = await controller.end();
    if (code !== 130) throw new Error(`exit code ${code}: ${controller.stderr}`);
    const last = controller.history().trimEnd().split('\n').at(-1) ?? '';
    const { type, outcome } = JSON.parse(last) as { type: string; outcome: string };
    if (type !== 'end' || outcome !== 'interrupted') throw new Error(last);
    const crashed = /"event":"crash"/.exec(controller.history());
    if (crashed !== null) throw new Error('a member did not outlive the signal');
    for (const file of ['report.html', 'junit.xml', 'verdict.json']) {
      if (!existsSync(join(controller.run, file))) throw new Error(`no ${file}`);
    }
  });

  it('interrupted twice: ends at once', async ({ expect }) => {
    const controller = start('--time', '8s', '--pause', 'all');
    await until(() => controller.history().includes('"up"'), 'it runs');
    // Members that do not answer keep it waiting: it has not ended by itself before the second signal comes.
    await controller.children();
    await controller.signalChildren('member', 'SIGSTOP');
    await controller.signalGroup('SIGINT');
    await until(() => controller.stderr.includes('interrupted'), 'it has heard of the first');
    // What follows within a moment is taken for the same key press.
    const again = setInterval(() => {
      if (controller.process.exitCode === null && controller.process.signalCode === null) {
        process.kill(-(controller.process.pid ?? 0), 'SIGINT');
      }
    }, 20);
    try {
      expect(await controller.end()).toEqual({ code: null, signal: 'SIGINT' });
    } finally {
      clearInterval(again);
    }
    expect(existsSync(join(controller.run, 'verdict.json'))).toBe(false);
  });

  it.each([
    ['as soon as it has a child', async (c: Controller) => (await c.children()) >= 1],
    ['with half of its members', async (c: Controller) => (await c.children()) >= 1 + NODES / 2],
    ['with all of them', async (c: Controller) => (await c.children()) >= 1 + NODES],
    ['while they are stopped', (c: Controller) => c.history().includes('"pause"')],
  ] as const)('killed %s: no process is left', async (_, moment) => {
    const controller = start('--time', '4s', '--pause', 'all', '--fault-every', '3s', '--fault-for', '2s');
    await until(() => moment(controller), 'it has come that far');
    await controller.children();
    controller.process.kill('SIGKILL');
    const { signal } = await controller.end();
    if (signal !== 'SIGKILL') throw new Error(`ended by ${signal}`);
  });
});
