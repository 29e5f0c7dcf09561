/** What the `docker` cluster needs, and whether it is there. */

import type Docker from 'dockerode';
import { findFaketime } from '../../../nemesis/linux/clock.ts';
import { type Environment, hasProgram, type MachinePart } from '../machine-part.ts';
import { engineAt, engineHost, knowsQuotas, probeEngine } from './engine.ts';

/** Throws UserError where DOCKER_HOST is no address of an engine. */
export async function dockerParts(environment: Environment): Promise<MachinePart[]> {
  const host = engineHost(undefined, environment);
  const engine = engineAt(host, environment);
  const problem = await probeEngine(engine);
  const ownImage = process.platform === 'linux' || Boolean(environment.HEARSAY_IMAGE);
  return [
    {
      name: problem === undefined ? 'a Docker engine' : `a Docker engine at ${host} (${problem})`,
      found: problem === undefined,
      mend: 'install Docker (Debian: docker.io) and start its engine, or name another in DOCKER_HOST or --docker-host',
    },
    {
      name: "an image for members (of this machine's own node, or the one named in HEARSAY_IMAGE)",
      found: ownImage,
      mend: 'build docker/Dockerfile and name the image in HEARSAY_IMAGE',
    },
    {
      name: 'ip, tc and nft, to be part of that image',
      found: Boolean(environment.HEARSAY_IMAGE) || ['ip', 'tc', 'nft'].every((tool) => hasProgram(environment, tool)),
      mend: 'install iproute2 and nftables',
    },
    {
      name: 'libfaketime, to be part of that image',
      found: Boolean(environment.HEARSAY_IMAGE) || findFaketime() !== undefined,
      mend: "install libfaketime (else clock faults are made by members' own programs)",
      optional: true,
    },
    ...(problem === undefined ? [await quotaPart(engine)] : []),
  ];
}

/** What the fault `cpu` needs: the engine starves its containers itself. */
async function quotaPart(engine: Docker): Promise<MachinePart> {
  return {
    name: "quotas of processor time in the engine's kernel",
    found: await knowsQuotas(engine).catch(() => false),
    mend: 'run the engine on a kernel with CONFIG_CFS_BANDWIDTH; without it --cpu is refused',
    optional: true,
    brings: ['cpu'],
  };
}
