import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../model/errors.ts';
import { engineAt, reasonOf } from './engine.ts';
import { tlsMend } from './engine-tls.ts';

const way = (engine: Docker): Record<string, unknown> => engine.modem as unknown as Record<string, unknown>;
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

describe('the way to an engine', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hearsay-engine-at-'));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });
  const put = (...names: string[]) => {
    for (const name of names) writeFileSync(join(folder, name), CERTIFICATE);
  };
  const tls = () => ({ DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder });

  it('is the one that was asked for, whatever DOCKER_HOST says', () => {
    vi.stubEnv('DOCKER_HOST', 'tcp://192.0.2.1:2376');
    expect(way(engineAt('unix:///run/a.sock'))).toMatchObject({ socketPath: '/run/a.sock', host: undefined });
    expect(way(engineAt('tcp://127.0.0.1', {}))).toMatchObject({ host: '127.0.0.1', port: 2375, protocol: 'http' });
  });

  it('is TLS with the certificates of the folder that is named', () => {
    put('cert.pem', 'key.pem');
    writeFileSync(join(folder, 'ca.pem'), CERTIFICATE + CERTIFICATE);
    const found = way(engineAt('tcp://127.0.0.1', tls()));
    expect(found).toMatchObject({ protocol: 'https', port: 2376, cert: CERTIFICATE, key: CERTIFICATE });
    expect(found.ca).toHaveLength(2);
    const only = { DOCKER_CERT_PATH: folder };
    expect(way(engineAt('https://127.0.0.1:99', only))).toMatchObject({ protocol: 'https', port: 99 });
    expect(way(engineAt('tcp://127.0.0.1', only))).toMatchObject({ protocol: 'http' });
  });

  it('needs no client certificate where there is none, and all of one where there is some', () => {
    put('ca.pem');
    expect(way(engineAt('tcp://127.0.0.1', tls()))).toMatchObject({ protocol: 'https', cert: undefined });
    put('cert.pem');
    expect(() => engineAt('tcp://127.0.0.1', tls())).toThrow(/a cert.pem .* no key.pem/);
    put('key.pem');
    writeFileSync(join(folder, 'ca.pem'), 'none');
    expect(() => engineAt('tcp://127.0.0.1', tls())).toThrow(UserError);
    expect(() => engineAt('tcp://127.0.0.1', { ...tls(), DOCKER_CERT_PATH: join(folder, 'none') })).toThrow(
      /DOCKER_CERT_PATH names no folder/,
    );
  });
});

it('says of a failed handshake what it was about, and how to mend it', () => {
  const reason = (code: string) => reasonOf(Object.assign(new Error('routines:...:alert'), { code }));
  expect(reason('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED')).toContain('asks for a client certificate');
  expect(reason('CERT_HAS_EXPIRED')).toBe('its certificate has expired');
  expect(tlsMend(reason('CERT_HAS_EXPIRED'))).toContain('DOCKER_CERT_PATH');
  expect(tlsMend(reason('ERR_SSL_WRONG_VERSION_NUMBER'))).toContain('unset DOCKER_TLS_VERIFY');
  expect(tlsMend(reason('ECONNREFUSED'))).toBeUndefined();
});
