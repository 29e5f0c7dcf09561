/** Looks at the machine: what the clusters need, and whether it is there. */
import { createSocket } from 'node:dgram';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { delimiter, join } from 'node:path';
import { NEMESES } from '../../nemesis/registry.ts';
import { programPath } from '../clusters/local/program-path.ts';

export interface Part {
  readonly name: string;
  readonly found: boolean;
  /** What to install or change where it is missing. */
  readonly mend: string;
}

export interface Finding {
  readonly cluster: string;
  readonly offered: boolean;
  readonly summary: string;
  readonly faults: readonly string[];
  readonly parts: readonly Part[];
}

type Environment = Readonly<Record<string, string | undefined>>;

export async function examineMachine(environment: Environment): Promise<Finding[]> {
  const faults = NEMESES.map((nemesis) => nemesis.type);
  const local: Part[] = [
    { name: 'Node >= 20.19', found: nodeIsNewEnough(process.versions.node), mend: 'install Node 20.19 or newer' },
    {
      name: 'UDP on 127.0.0.1',
      found: await canBindLoopback(),
      mend: 'allow this user to open UDP sockets on loopback',
    },
    { name: 'the compiled member program', found: isBuilt(), mend: 'run npm run build' },
  ];
  const soon = 'this version of hearsay cannot drive it yet';
  return [
    { cluster: 'sim', offered: true, summary: 'virtual time in one thread', faults, parts: [] },
    {
      cluster: 'local',
      offered: local.every((part) => part.found),
      summary: 'a process for each member, on loopback; needs no root',
      faults,
      parts: local,
    },
    { cluster: 'netns', offered: false, summary: soon, faults: [], parts: netnsParts(environment) },
    { cluster: 'docker', offered: false, summary: soon, faults: [], parts: dockerParts(environment) },
  ];
}

export function nodeIsNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 20 || (major === 20 && minor >= 19);
}

function canBindLoopback(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind(0, '127.0.0.1', () => socket.close(() => resolve(true)));
  });
}

function isBuilt(): boolean {
  try {
    programPath('member.js');
    programPath('guardian.js');
    return true;
  } catch {
    return false;
  }
}

function netnsParts(environment: Environment): Part[] {
  if (process.platform !== 'linux') {
    return [{ name: 'a Linux kernel', found: false, mend: 'use a Linux machine or a virtual one' }];
  }
  const rooted = process.getuid?.() === 0 || userNamespacesAllowed();
  return [
    { name: 'root or user namespaces', found: rooted, mend: 'run as root, or set kernel.unprivileged_userns_clone=1' },
    {
      name: 'ip and tc',
      found: hasProgram(environment, 'ip') && hasProgram(environment, 'tc'),
      mend: 'install iproute2',
    },
    { name: 'nft', found: hasProgram(environment, 'nft'), mend: 'install nftables' },
    { name: 'unshare', found: hasProgram(environment, 'unshare'), mend: 'install util-linux' },
    { name: 'sch_netem', found: hasNetem(), mend: 'install a kernel that has the module sch_netem' },
    { name: 'libfaketime', found: hasFaketime(), mend: 'install libfaketime (Debian: apt-get install libfaketime)' },
  ];
}

function dockerParts(environment: Environment): Part[] {
  const socket = (environment.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace(/^unix:\/\//, '');
  const remote = /^[a-z]+:\/\//.test(socket);
  return [
    {
      name: 'a Docker engine',
      found: !remote && existsSync(socket),
      mend: remote ? 'DOCKER_HOST names a remote engine, which is not probed' : 'install Docker and start its engine',
    },
  ];
}

function hasProgram(environment: Environment, name: string): boolean {
  // Administrators' programs are often not on a user's path.
  const folders = [...(environment.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].filter(
    (folder) => folder !== '',
  );
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function userNamespacesAllowed(): boolean {
  if (readOrEmpty('/proc/sys/kernel/unprivileged_userns_clone').trim() === '0') return false;
  return Number(readOrEmpty('/proc/sys/user/max_user_namespaces')) > 0;
}

/** Loaded, built in, or there to be loaded. */
function hasNetem(): boolean {
  if (existsSync('/sys/module/sch_netem')) return true;
  const modules = join('/lib/modules', release());
  return ['modules.builtin', 'modules.dep'].some((file) => readOrEmpty(join(modules, file)).includes('sch_netem'));
}

function hasFaketime(): boolean {
  const folders = [
    '/usr/lib',
    '/usr/lib64',
    '/usr/local/lib',
    `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`,
  ];
  return folders.some((folder) => existsSync(join(folder, 'faketime', 'libfaketime.so.1')));
}
