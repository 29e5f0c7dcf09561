/** Containers that are starved, and whose disks are filled: whole runs as a user asks for them, and what they leave. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { soundRun } from '../../cli/command-run.ts';
import { ROOT, until } from '../real/test-context.ts';
import { engineAt } from './engine.ts';
import { ensureImage } from './image.ts';
import { RUN_LABEL } from './labels.ts';
import { skipLoudly, startTestEngine, type TestEngine } from './test-engine.ts';

const ALL = { filters: { label: [RUN_LABEL] } };
const CLI = join(ROOT, 'dist', 'cli.js');

describe.skipIf(skipLoudly('docker members that are short of something'))('docker members', () => {
  let server: TestEngine;
  let engine: Docker;
  let directory = '';
  let controller: ChildProcess | undefined;
  beforeAll(async () => {
    server = await startTestEngine('limits');
    engine = engineAt(server.host);
    await ensureImage(engine);
    directory = mkdtempSync(join(tmpdir(), 'hearsay-docker-limits-'));
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  afterEach(() => controller?.kill('SIGKILL'));

  const call = (run: string, ...flags: string[]): string[] => {
    const where = ['--cluster', 'docker', '--docker-host', server.host, '--out', run];
    return [CLI, 'nemesis', ...where, '--nodes', '4', '--seed', 'limits', ...flags];
  };
  const left = async (): Promise<number> => {
    const containers = await engine.listContainers({ all: true, ...ALL });
    const { Volumes: volumes } = await engine.listVolumes(ALL);
    return containers.length + (volumes ?? []).length;
  };

  it('are starved, full and strobed beside kills, and it is measured; nothing is left', async () => {
    const faults = ['--cpu', '2%', '--disk-full', '--clock-strobe', '2s,100ms', '--kill', 'one'];
    // Without aggregation: on a busy machine no epoch of its own need go through undisturbed in so short a run.
    const protocols = ['--protocol', 'swim,rumor,anti-entropy,bracha'];
    const flags = [...faults, ...protocols, '--time', '20s', '--fault-every', '8s', '--fault-for', '4s'];
    const { properties } = await soundRun(directory, (out) =>
      execa(process.execPath, call(out, ...flags), { reject: false, stdin: 'ignore' }),
    );
    const bitten = properties.find(({ name }) => name === 'fault-effect');
    const effects = (bitten?.details?.effects ?? []) as readonly { readonly [key: string]: string }[];
    const measured = (kind: string): string[] =>
      effects
        .filter((effect) => effect.kind === kind && effect.outcome === 'as-asked')
        .map((effect) => effect.measured ?? '');
    expect(measured('cpu').join()).toMatch(/held up in \d+ periods/);
    expect(measured('disk-full').join()).toMatch(/no byte free in \d+ readings/);
    expect(measured('clock-strobe').join()).toMatch(/\d+ leaps of \d+/);
    expect(await left()).toBe(0);
  });

  it('leave neither keepers of their disks nor volumes when the controller is killed', async () => {
    const run = join(directory, 'killed');
    controller = spawn(process.execPath, call(run, '--disk-full', '--time', '30s'), { stdio: 'ignore' });
    const history = join(run, 'history.jsonl');
    await until(
      () => existsSync(history) && readFileSync(history, 'utf8').includes('"disk-full"'),
      'a disk is full',
      60_000,
    );
    expect(await left()).toBeGreaterThan(0);
    controller.kill('SIGKILL');
    await until(async () => (await left()) === 0, 'nothing is left', 40_000);
  });
});
