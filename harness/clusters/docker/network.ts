/**
 * The run's own network: internal, with a fixed address for each member. A bridge within one engine, an attachable
 * overlay across those of a Swarm.
 */
import { randomInt } from 'node:crypto';
import type Docker from 'dockerode';
import { UnavailableError } from '../../model/errors.ts';
import { reasonOf } from './engine.ts';
import { labelsOf } from './labels.ts';
import type { Swarm } from './swarm.ts';

/** Set aside for tests of network devices (RFC 2544): 198.18.0.0/15, of which each run takes one /24. */
const SUBNETS = 512;
const ATTEMPTS = 20;
/** The first addresses are the engine's. */
const FIRST_ADDRESS = 10;
export const MOST_MEMBERS = 240;
/** On an overlay each engine takes two addresses, for its end of it and its outpost: from among the first 64. */
const FIRST_OVERLAY_ADDRESS = 64;
const OVERLAY_RANGE = 26;
export const MOST_OVERLAY_MEMBERS = 180;
export const MOST_ENGINES = 30;
/** A Swarm makes its networks only after it has said that it has. */
const ALLOCATION_MS = 10_000;
const LOOK_EVERY_MS = 50;

const NETWORK_MEND = 'run hearsay clean, or look at docker network ls';

export interface RunNetwork {
  readonly name: string;
  /** Of the plan's i-th member, from 0. */
  addressOf(index: number): string;
}

/** The hardware address that goes with an address: everybody can know it without asking. */
export function hardwareAddress(address: string): string {
  return `02:42:${address
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join(':')}`;
}

/**
 * For `ip -batch -` in a member's namespace: where all others are. All namespaces of a machine share one table of
 * neighbours that were found by asking, with room for 1024; beyond some 32 members on one bridge they would push each
 * other out. What is known for good does not count there.
 */
export function neighbourBatch(self: string, addresses: readonly string[], device: string): string {
  return addresses
    .filter((address) => address !== self)
    .map((address) => `neigh replace ${address} lladdr ${hardwareAddress(address)} dev ${device} nud permanent\n`)
    .join('');
}

/** Throws UnavailableError where the engine gives none. */
export async function createNetwork(engine: Docker, run: string): Promise<RunNetwork> {
  const name = `hearsay-${run}`;
  for (let attempt = 1; ; attempt++) {
    const prefix = subnetPrefix(randomInt(SUBNETS));
    try {
      await engine.createNetwork({
        Name: name,
        Driver: 'bridge',
        Internal: true,
        CheckDuplicate: true,
        IPAM: { Driver: 'default', Config: [{ Subnet: `${prefix}.0/24` }] },
        Labels: labelsOf(run, 'network'),
      });
      return { name, addressOf: (index) => `${prefix}.${FIRST_ADDRESS + index}` };
    } catch (error) {
      const reason = reasonOf(error);
      // Somebody else has drawn that one.
      if (/overlap/i.test(reason) && attempt < ATTEMPTS) continue;
      throw new UnavailableError(`the engine gives no network: ${reason}`, undefined, NETWORK_MEND);
    }
  }
}

/** Throws UnavailableError where the Swarm gives none. */
export async function createOverlay({ manager, addresses }: Swarm, run: string): Promise<RunNetwork> {
  const name = `hearsay-${run}`;
  const taken = [...addresses.map((address) => `${address}/32`), ...(await subnetsOf(manager))];
  try {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const prefix = subnetPrefix(randomInt(SUBNETS));
      if (taken.some((subnet) => overlaps(subnet, `${prefix}.0/24`))) continue;
      const network = await manager.createNetwork({
        Name: name,
        Driver: 'overlay',
        Internal: true,
        Attachable: true,
        IPAM: {
          Driver: 'default',
          Config: [{ Subnet: `${prefix}.0/24`, IPRange: `${prefix}.0/${OVERLAY_RANGE}`, Gateway: `${prefix}.1` }],
        },
        Labels: labelsOf(run, 'network'),
      });
      if (await isAllocated(network))
        return { name, addressOf: (index) => `${prefix}.${FIRST_OVERLAY_ADDRESS + index}` };
      // Somebody else has drawn that one; who asked first has it.
      await network.remove();
    }
  } catch (error) {
    throw new UnavailableError(`the Swarm gives no network: ${reasonOf(error)}`, undefined, NETWORK_MEND);
  }
  throw new UnavailableError('the Swarm gives no network', undefined, NETWORK_MEND);
}

async function subnetsOf(engine: Docker): Promise<string[]> {
  const networks = await engine.listNetworks();
  return networks.flatMap(({ IPAM: ipam }) => (ipam?.Config ?? []).flatMap(({ Subnet: subnet }) => subnet ?? []));
}

async function isAllocated(network: Docker.Network): Promise<boolean> {
  const deadline = Date.now() + ALLOCATION_MS;
  do {
    const { Options: options } = (await network.inspect()) as Docker.NetworkInspectInfo;
    if (options?.['com.docker.network.driver.overlay.vxlanid_list'] !== undefined) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  } while (Date.now() < deadline);
  return false;
}

/** Whether two IPv4 subnets have an address in common; never with what is none. */
export function overlaps(some: string, other: string): boolean {
  const [a, b] = [parseSubnet(some), parseSubnet(other)];
  if (a === undefined || b === undefined) return false;
  const size = 2 ** (32 - Math.min(a.bits, b.bits));
  return Math.floor(a.address / size) === Math.floor(b.address / size);
}

function parseSubnet(text: string): { readonly address: number; readonly bits: number } | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(text);
  if (match === null) return undefined;
  const [, ...parts] = match.map(Number);
  return { address: parts.slice(0, 4).reduce((total, part) => total * 256 + part, 0), bits: parts[4] ?? 32 };
}

function subnetPrefix(index: number): string {
  return `198.${18 + (index >> 8)}.${index & 255}`;
}
