/** An engine that is spoken to by TCP: on loopback, in the engine's own namespace, where no TLS is needed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { soundRun } from '../../cli/command-run.ts';
import { ROOT } from '../real/test-context.ts';
import { leftoversOf, type OwnEngine, skipLoudly, startOwnEngine, whyNoOwnEngine } from './test-engine.ts';

const PORT = 2375;
const HOST = `tcp://127.0.0.1:${PORT}`;
const CLI = join(ROOT, 'dist', 'cli.js');

describe.skipIf(skipLoudly('engines by tcp', whyNoOwnEngine()))('an engine at a tcp address', () => {
  let engine: OwnEngine;
  let root = '';
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'hearsay-tcp-'));
    engine = await startOwnEngine('tcp', undefined, { port: PORT });
  });
  afterAll(async () => {
    await engine?.stop();
    rmSync(root, { recursive: true, force: true });
  });
  const hearsay = (...call: string[]) => {
    const inside = ['--target', String(engine.pid), '--net', '--', process.execPath, CLI];
    return execa('nsenter', [...inside, ...call], { reject: false, stdin: 'ignore' });
  };

  it('gets the image, carries a run from its start to its end, and is cleaned', async () => {
    const made = await hearsay('image', '--docker-host', HOST);
    expect(made.exitCode, made.stderr).toBe(0);
    const flags = ['--nodes', '3', '--time', '6s', '--protocol', 'swim', '--loss', '0.2', '--seed', 'tcp'];
    const call = ['nemesis', '--cluster', 'docker', '--docker-host', HOST, ...flags];
    const { stdout, verdict } = await soundRun(root, (out) => hearsay(...call, '--out', out));
    expect(stdout).toContain('1 fault measured, each as asked');
    expect(verdict.cluster).toBe('docker');
    expect(await leftoversOf(engine.host)).toEqual([]);
    expect((await hearsay('clean', '--docker-host', HOST)).stdout).toBe('nothing to remove');
  });

  it('is refused in one line where nobody listens', async () => {
    const none = 'tcp://127.0.0.1:2374';
    const refused = await hearsay('image', '--docker-host', none);
    expect(refused.exitCode).toBe(69);
    expect(refused.stderr).toContain(`the connection was refused (given: ${none})`);
  });
});
