/** `hearsay image` and `hearsay clean`, and calls of the docker cluster that cannot be obeyed: one line each, and why. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { skipLoudly, startTestEngine, type TestEngine } from '../clusters/docker/test-engine.ts';
import { callCli } from './cli-harness.ts';

const NOWHERE = 'unix:///no/such/docker.sock';

describe('without an engine', () => {
  it.each([
    [['image', '--docker-host', NOWHERE], 69, 'no Docker engine answers: there is no such socket'],
    [['clean', '--docker-host', NOWHERE], 69, 'no Docker engine answers: there is no such socket'],
    [['nemesis', '--cluster', 'docker', '--docker-host', NOWHERE], 69, 'no Docker engine answers'],
    [['image', '--docker-host', 'docker.sock'], 64, 'this is no address of a Docker engine'],
    [['clean', '--docker-host', NOWHERE, '--docker-host', NOWHERE], 64, 'names one engine twice'],
    [['clean', '--run', '../x'], 64, '--run is no run of the docker cluster'],
    [['clean', '--run', 'deadbeef', '--all'], 64, '--all and --run contradict each other'],
    [['nemesis', '--docker-host', NOWHERE], 64, '--docker-host is for containers'],
    [['nemesis', '--cluster', 'docker', '--nodes', '61'], 64, 'does not carry that many'],
  ] as const)('%j ends with %d', async (call, code, what) => {
    const out = mkdtempSync(join(tmpdir(), 'hearsay-docker-cli-'));
    const result = await callCli(...call, ...(call[0] === 'nemesis' ? ['--out', join(out, 'run')] : []));
    rmSync(out, { recursive: true, force: true });
    expect(result.code).toBe(code);
    // What precedes it is the description of the run.
    const lines = result.stderr.split('\n').filter((line) => line.startsWith('hearsay: '));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(what);
  });
});

describe.skipIf(skipLoudly('hearsay image and hearsay clean'))('with an engine', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine();
  });
  afterAll(() => engine?.stop());

  it('makes the image once, cleans an engine that is clean, and removes the image when asked', async () => {
    const at = ['--docker-host', engine.host];
    const first = await callCli('image', ...at);
    expect(first.stdout).toMatch(/^hearsay-member:\S+: (built|there already), \d+ MB/);
    expect((await callCli('image', ...at)).stdout).toContain('there already');
    expect((await callCli('clean', ...at)).stdout).toBe('nothing to remove\n');
    // One that does not answer keeps nobody from cleaning the others.
    const partly = await callCli('clean', ...at, '--docker-host', NOWHERE);
    expect(partly).toMatchObject({ code: 69, stdout: 'nothing to remove\n' });
    const { stdout } = await callCli('clean', '--images', '--json', ...at);
    expect(JSON.parse(stdout)).toMatchObject({ containers: 0, networks: 0, volumes: 0, failed: [] });
    expect((await callCli('image', ...at)).stdout).toContain(': built');
  });
});
