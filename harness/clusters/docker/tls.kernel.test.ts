/** An engine that is spoken to by TLS, and asks its clients for a certificate: on loopback, in the engine's own namespace. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { soundRun } from '../../cli/command-run.ts';
import { ROOT } from '../real/test-context.ts';
import { makeCertificates, whyNoCertificates } from './test-certificates.ts';
import { leftoversOf, type OwnEngine, skipLoudly, startOwnEngine, whyNoOwnEngine } from './test-engine.ts';

const PORT = 2376;
const HOST = `tcp://127.0.0.1:${PORT}`;
const CLI = join(ROOT, 'dist', 'cli.js');

describe.skipIf(skipLoudly('engines by TLS', whyNoOwnEngine() ?? whyNoCertificates()))('an engine by TLS', () => {
  let engine: OwnEngine;
  let root = '';
  const folder = (name: string): string => join(root, name);
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'hearsay-tls-'));
    for (const name of ['all', 'ca-only', 'none', 'others']) mkdirSync(folder(name));
    await makeCertificates(folder('all'));
    await makeCertificates(folder('others'));
    copyFileSync(join(folder('all'), 'ca.pem'), join(folder('ca-only'), 'ca.pem'));
    copyFileSync(join(folder('all'), 'ca.pem'), join(folder('others'), 'ca.pem'));
    engine = await startOwnEngine('tls', undefined, { port: PORT, certificates: folder('all') });
  });
  afterAll(async () => {
    await engine?.stop();
    rmSync(root, { recursive: true, force: true });
  });
  const hearsay = (certificates: string | undefined, ...call: string[]) => {
    const inside = ['--target', String(engine.pid), '--net', '--', process.execPath, CLI];
    const tls = certificates === undefined ? {} : { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certificates };
    const bare = { DOCKER_HOST: undefined, DOCKER_TLS_VERIFY: undefined, DOCKER_CERT_PATH: undefined };
    return execa('nsenter', [...inside, ...call], { reject: false, stdin: 'ignore', env: { ...bare, ...tls } });
  };

  it('carries a run from its start to its end, and leaves nothing', async () => {
    const flags = ['--nodes', '3', '--time', '5s', '--protocol', 'swim', '--loss', '0.2', '--seed', 'tls'];
    const call = ['nemesis', '--cluster', 'docker', '--docker-host', HOST, ...flags];
    const { verdict } = await soundRun(folder('runs'), (out) => hearsay(folder('all'), ...call, '--out', out));
    expect(verdict.cluster).toBe('docker');
    expect(await leftoversOf(engine.host)).toEqual([]);
  });

  it.each([
    [
      'without a client certificate',
      'ca-only',
      69,
      'it asks for a client certificate that it trusts',
      'set DOCKER_CERT_PATH',
    ],
    [
      "with another engine's certificate",
      'others',
      69,
      'it asks for a client certificate that it trusts',
      'DOCKER_CERT_PATH',
    ],
    ['without knowing who signs', 'none', 69, 'nobody who is known has signed its certificate', 'DOCKER_CERT_PATH'],
    ['with no such folder', 'missing', 64, 'DOCKER_CERT_PATH names no folder', 'name the one of ca.pem'],
    ['in the clear', undefined, 69, 'it speaks TLS, and was spoken to in the clear', 'set DOCKER_TLS_VERIFY=1'],
  ] as const)('is refused %s, in one line', async (_how, certificates, code, what, mend) => {
    const where = certificates === undefined ? undefined : folder(certificates);
    const refused = await hearsay(where, 'clean', '--docker-host', HOST);
    expect(refused.exitCode, refused.stderr).toBe(code);
    expect(refused.stderr.trim().split('\n')).toHaveLength(1);
    expect(refused.stderr).toContain(what);
    expect(refused.stderr).toContain(code === 64 ? folder('missing') : `given: ${HOST}`);
    expect(refused.stderr).toContain(mend);
  });
});
