/** docker/compose.yaml gives members no more than the harness does: no right, no socket, no way out, no disk but their own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import manifest from '../../../package.json' with { type: 'json' };
import { ROOT } from '../real/test-context.ts';
import { MEMBER_UID, NODE_PATH, STATE_FOLDER } from './image-files.ts';

interface Service {
  readonly [key: string]: unknown;
  readonly image: string;
  readonly environment: { readonly NAME: string; readonly MEMBERS: string };
  readonly networks: { readonly [name: string]: { readonly ipv4_address: string } };
  readonly volumes: readonly string[];
  readonly tmpfs: readonly string[];
}

interface Compose {
  readonly [key: string]: unknown;
  readonly services: { readonly [name: string]: Service };
  readonly networks: { readonly [name: string]: { readonly internal: boolean; readonly ipam: unknown } };
}

/** All that a service may say; whatever else there is in Compose has to be thought about first. */
const ALLOWED = [
  'image',
  'container_name',
  'entrypoint',
  'user',
  'read_only',
  'cap_drop',
  'security_opt',
  'mem_limit',
  'cpus',
  'pids_limit',
  'stdin_open',
  'tmpfs',
  'volumes',
  'environment',
  'networks',
];

/** What is wrong with it; nothing: it is as safe as what the harness makes. */
function faultsOf({ services, networks, ...rest }: Compose): string[] {
  const wrong: string[] = [];
  const must = (right: boolean, what: string): void => {
    if (!right) wrong.push(what);
  };
  // The older docker-compose takes nothing else at the top.
  for (const key of Object.keys(rest)) must(key.startsWith('x-'), `at the top: ${key}`);
  for (const [name, network] of Object.entries(networks)) must(network.internal === true, `${name} is internal`);
  const names = Object.keys(services);
  must(names.length > 1, 'members');
  const addresses = names.map((name) => `${name}=${services[name]?.networks.gossip?.ipv4_address}`).join(',');
  for (const [name, service] of Object.entries(services)) {
    for (const key of Object.keys(service)) must(ALLOWED.includes(key), `${name}: ${key}`);
    must(service.image === `\${HEARSAY_IMAGE:-hearsay-member:${manifest.version}}`, `${name}: image`);
    must(JSON.stringify(service.cap_drop) === '["ALL"]', `${name}: capabilities`);
    must(service.read_only === true, `${name}: read-only root`);
    must(JSON.stringify(service.security_opt) === '["no-new-privileges:true"]', `${name}: no new privileges`);
    must(service.user === `${MEMBER_UID}:${MEMBER_UID}`, `${name}: user`);
    must(JSON.stringify(service.entrypoint) === JSON.stringify([NODE_PATH, '/by-hand.mjs']), `${name}: entrypoint`);
    for (const limit of ['mem_limit', 'cpus', 'pids_limit']) must(service[limit] !== undefined, `${name}: ${limit}`);
    must(
      JSON.stringify(service.volumes.map((volume) => volume.split(':').at(-1))) === '["ro","ro"]',
      `${name}: volumes`,
    );
    must(
      service.volumes.every((volume) => /^\.\/[a-z-]+\.(mjs|json):/.test(volume)),
      `${name}: volumes of docker/ alone`,
    );
    must(
      service.tmpfs.every((mount) => mount.startsWith(`${STATE_FOLDER}:uid=${MEMBER_UID},`)),
      `${name}: state`,
    );
    must(service.environment.NAME === name && service.environment.MEMBERS === addresses, `${name}: members`);
    must(/^198\.1[89]\./.test(service.networks.gossip?.ipv4_address ?? ''), `${name}: address`);
  }
  return wrong;
}

const TEXT = readFileSync(join(ROOT, 'docker', 'compose.yaml'), 'utf8');
const read = (text: string): Compose => parse(text, { merge: true }) as Compose;

describe('docker/compose.yaml', () => {
  it('gives members what the harness gives them, and no more', () => {
    expect(faultsOf(read(TEXT))).toEqual([]);
  });

  it.each([
    ['  read_only: true', '  read_only: true\n  privileged: true', 'n1: privileged'],
    ['  read_only: true', '  read_only: false', 'n1: read-only root'],
    ['cap_drop: [ALL]', 'cap_drop: [NET_RAW]', 'n1: capabilities'],
    [
      "volumes: ['./by-hand.mjs",
      "volumes: ['/var/run/docker.sock:/s:ro', './by-hand.mjs",
      'n1: volumes of docker/ alone',
    ],
    ['internal: true', 'internal: false', 'gossip is internal'],
    ['x-member: &member', 'name: other\nx-member: &member', 'at the top: name'],
    ['n5=198.18.255.15', 'n5=198.18.255.16', 'n1: members'],
  ])('would be convicted with %j turned into %j', (before, after, what) => {
    expect(TEXT).toContain(before);
    expect(faultsOf(read(TEXT.replace(before, after)))).toContain(what);
  });
});
