/** The way to a Docker engine. */

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { excerpt, UnavailableError, UserError } from '../../model/errors.ts';
import { tlsMend, tlsOf, tlsProblemOf } from './engine-tls.ts';

const DEFAULT_HOST = 'unix:///var/run/docker.sock';
const ANSWER_MS = 5000;

/** Where the engine is: what was asked for, else DOCKER_HOST, else the machine's own. */
export function engineHost(asked: string | undefined, environment: NodeJS.ProcessEnv = process.env): string {
  if (asked !== undefined && asked !== '') return asked;
  if (environment.DOCKER_HOST !== undefined && environment.DOCKER_HOST !== '') return environment.DOCKER_HOST;
  const desktop = join(homedir(), '.docker', 'run', 'docker.sock');
  return existsSync('/var/run/docker.sock') || !existsSync(desktop) ? DEFAULT_HOST : `unix://${desktop}`;
}

/** Throws UserError for what is no address of an engine. */
export function checkEngineHost(host: string): string {
  if (/^unix:\/\/\/./.test(host)) return host;
  if (/^(tcp|http|https|ssh):\/\/[^/]/.test(host) && URL.canParse(host)) return host;
  throw new UserError(
    'this is no address of a Docker engine',
    host,
    'write unix:///path, tcp://host:port or ssh://host',
  );
}

const PLAIN_PORT = 2375;
const TLS_PORT = 2376;

/**
 * Not connected yet. Throws UserError where its certificates cannot be used. All that dockerode would else take from
 * DOCKER_HOST, which may be another engine, is said.
 */
export function engineAt(host: string, environment: NodeJS.ProcessEnv = process.env): Docker {
  checkEngineHost(host);
  if (host.startsWith('unix://')) {
    return new Docker({ host: undefined, socketPath: host.slice('unix://'.length), protocol: 'http' });
  }
  const url = new URL(host);
  if (url.protocol === 'ssh:') {
    return new Docker({
      protocol: 'ssh',
      host: url.hostname,
      port: url.port === '' ? 22 : Number(url.port),
      username: url.username,
      sshOptions: environment.SSH_AUTH_SOCK === undefined ? {} : { agent: environment.SSH_AUTH_SOCK },
    });
  }
  const tls = tlsOf(url, environment);
  if (tls === undefined) {
    return new Docker({ protocol: 'http', host: url.hostname, port: Number(url.port || PLAIN_PORT) });
  }
  const { cert, key } = tls;
  const ca = tls.ca === undefined ? undefined : [...tls.ca];
  return new Docker({ protocol: 'https', host: url.hostname, port: Number(url.port || TLS_PORT), ca, cert, key });
}

/** Throws UnavailableError where none answers. */
export async function connectEngine(asked: string | undefined): Promise<Docker> {
  const host = engineHost(asked);
  const engine = engineAt(host);
  const problem = await probeEngine(engine);
  if (problem === undefined) return engine;
  const mend = tlsMend(problem) ?? 'install Docker and start its engine, or name another with --docker-host';
  throw new UnavailableError(`no Docker engine answers: ${problem}`, host, mend);
}

/** Why it cannot be used; undefined: it answers, and runs Linux containers. */
export async function probeEngine(engine: Docker): Promise<string | undefined> {
  let alarm: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    alarm = setTimeout(() => resolve(`it was silent for ${ANSWER_MS / 1000} s`), ANSWER_MS);
  });
  const asked = engine.version().then(
    (version) => (version.Os === 'linux' ? undefined : `it runs ${version.Os} containers, not Linux ones`),
    (error: unknown) => reasonOf(error),
  );
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(alarm);
  }
}

/** Whether its kernel can hold containers to a quota of processor time. */
export async function knowsQuotas(engine: Docker): Promise<boolean> {
  const info = (await engine.info()) as { readonly CpuCfsQuota?: boolean };
  return info.CpuCfsQuota !== false;
}

/** What an engine says when it refuses. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return excerpt(String(error));
  const { code, json } = error as NodeJS.ErrnoException & { readonly json?: { readonly message?: string } };
  if (code === 'ENOENT') return 'there is no such socket';
  if (code === 'ECONNREFUSED') return 'the connection was refused';
  if (code === 'EACCES') return 'this user may not use its socket';
  return tlsProblemOf(error) ?? excerpt(json?.message ?? error.message);
}

/** Of an engine's answer; undefined: there was none. */
export function statusOf(error: unknown): number | undefined {
  return (error as { readonly statusCode?: number } | undefined)?.statusCode;
}
