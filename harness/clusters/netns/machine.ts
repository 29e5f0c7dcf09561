/** What the `netns` cluster needs of the machine. */
import { execa } from 'execa';
import { type KernelPart, PART_SOURCES, probeKernel } from '../../../nemesis/linux/capabilities.ts';
import { findFaketime } from '../../../nemesis/linux/clock.ts';
import { type Environment, hasProgram, type MachinePart, searchPath } from '../machine-part.ts';
import { cpuPart } from '../real/cpu-groups.ts';
import { unshareCommand } from './world.ts';

/** As whom namespaces are made: with root's rights, or in a user namespace of their own. */
export type Standing = 'root' | 'rootless';

const PATIENCE_MS = 5000;
const STANDINGS: { readonly [standing in Standing]: string } = { root: 'root', rootless: 'an ordinary user' };
const NAMESPACES = 'network namespaces';
const NAMESPACES_MEND =
  'run as root, or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces above 0)';

/** Tries it, in namespaces that are gone at once. */
async function canMakeNamespaces(rootless: boolean, environment: Environment): Promise<boolean> {
  const [program, ...rest] = [...unshareCommand(rootless), 'sh', '-c', 'mount -t tmpfs hearsay /run'];
  const options = { reject: false, timeout: PATIENCE_MS, env: { PATH: searchPath(environment) } } as const;
  return !(await execa(program, rest, options)).failed;
}

/** undefined: worlds cannot be made at all. */
export async function standingHere(environment: Environment): Promise<Standing | undefined> {
  if (process.platform !== 'linux' || !hasProgram(environment, 'unshare')) return undefined;
  if (await canMakeNamespaces(false, environment)) return 'root';
  return (await canMakeNamespaces(true, environment)) ? 'rootless' : undefined;
}

/** Everything, the kernel's own parts included. */
export async function netnsParts(environment: Environment): Promise<MachinePart[]> {
  const standing = await standingHere(environment);
  const name = standing === undefined ? NAMESPACES : `${NAMESPACES} (as ${STANDINGS[standing]})`;
  return [
    ...toolParts(environment),
    { name, found: standing !== undefined, mend: NAMESPACES_MEND },
    {
      name: 'libfaketime',
      found: findFaketime() !== undefined,
      optional: true,
      mend: "apt-get install libfaketime; without it members' own programs turn their clocks",
    },
    cpuPart(),
    ...(standing === undefined ? [] : await kernelParts()),
  ];
}

/** The first thing that is missing for worlds to be made in this way, or in either way; undefined: nothing is. */
export async function lackOf(
  standing: Standing | 'either',
  environment: Environment,
): Promise<MachinePart | undefined> {
  const tool = toolParts(environment).find((part) => !part.found);
  if (tool !== undefined) return tool;
  const able =
    standing === 'either'
      ? (await standingHere(environment)) !== undefined
      : await canMakeNamespaces(standing === 'rootless', environment);
  return able ? undefined : { name: NAMESPACES, found: false, mend: NAMESPACES_MEND };
}

function toolParts(environment: Environment): MachinePart[] {
  if (process.platform !== 'linux') {
    return [{ name: 'a Linux kernel', found: false, mend: 'use a Linux machine or a virtual one' }];
  }
  const has = (...names: string[]): boolean => names.every((name) => hasProgram(environment, name));
  return [
    { name: 'ip and tc', found: has('ip', 'tc'), mend: 'install iproute2 (Debian: apt-get install iproute2)' },
    { name: 'nft', found: has('nft'), mend: 'install nftables (Debian: apt-get install nftables)' },
    {
      name: 'unshare, nsenter and mount',
      found: has('unshare', 'nsenter', 'mount'),
      mend: 'install util-linux (Debian: apt-get install util-linux mount)',
    },
  ];
}

/** Without some of these the relay does more; what then cannot be had at all is refused with the plan that asks for it. */
async function kernelParts(): Promise<MachinePart[]> {
  const { parts } = await probeKernel();
  return (Object.keys(PART_SOURCES) as KernelPart[]).map((part) => ({
    name: `${part} in the kernel`,
    found: parts.has(part),
    optional: true,
    mend: PART_SOURCES[part],
  }));
}
