/** Several engines as one: members of one Swarm, whose overlay network carries members of the cluster on all of them. */
import type Docker from 'dockerode';
import { UnavailableError, UserError } from '../../model/errors.ts';
import { reasonOf } from './engine.ts';

export interface SwarmEngine {
  readonly host: string;
  readonly engine: Docker;
}

export interface Swarm {
  /** Through which what belongs to all is made. */
  readonly manager: Docker;
  /** Addresses at which its nodes know each other: no network of a run may take them. */
  readonly addresses: readonly string[];
}

interface SwarmInfo {
  readonly Swarm?: {
    readonly NodeID: string;
    readonly NodeAddr: string;
    readonly LocalNodeState: string;
    readonly ControlAvailable: boolean;
  };
}

interface SwarmNode {
  readonly ID: string;
  readonly Status: { readonly State: string; readonly Addr?: string };
}

/** Throws UnavailableError, or UserError for one that is named twice, with what to do about the first that is wrong. */
export async function findSwarm(engines: readonly SwarmEngine[]): Promise<Swarm> {
  const infos = await Promise.all(
    engines.map(async ({ host, engine }) => ({ host, engine, info: (await engine.info()) as SwarmInfo })),
  );
  for (const { host, info } of infos) {
    const state = info.Swarm?.LocalNodeState ?? 'inactive';
    if (state === 'active') continue;
    const what = state === 'inactive' ? 'this engine is in no Swarm' : `this engine's place in a Swarm is ${state}`;
    const mend =
      'on one of the engines docker swarm init, on all others what docker swarm join-token worker says there';
    throw new UnavailableError(what, host, mend);
  }
  // Their own ids would not do: machines that were cloned share one.
  const seen = new Map<string, string>();
  for (const { host, info } of infos) {
    const id = info.Swarm?.NodeID ?? '';
    const other = seen.get(id);
    if (other !== undefined)
      throw new UserError('two --docker-host lead to one engine', `${other} ${host}`, 'name it once');
    seen.set(id, host);
  }
  const manager = infos.find(({ info }) => info.Swarm?.ControlAvailable === true);
  if (manager === undefined) {
    const hosts = infos.map(({ host }) => host).join(' ');
    throw new UnavailableError('none of these engines manages their Swarm', hosts, 'name one that does, too');
  }
  const nodes = await listNodes(manager.engine, manager.host);
  for (const { host, info } of infos) {
    const node = nodes.find(({ ID: id }) => id === info.Swarm?.NodeID);
    if (node === undefined) {
      const mend = `let it leave its own (docker swarm leave) and join that of ${manager.host}`;
      throw new UnavailableError(`this engine is in another Swarm than ${manager.host}`, host, mend);
    }
    if (node.Status.State !== 'ready') {
      const what = `to the Swarm's manager this engine is ${node.Status.State}, not ready`;
      throw new UnavailableError(
        what,
        host,
        'see docker node ls, and whether ports 2377 and 7946 are open between them',
      );
    }
  }
  const addresses = [
    ...infos.map(({ info }) => info.Swarm?.NodeAddr ?? ''),
    ...nodes.map(({ Status: status }) => status.Addr ?? ''),
  ].filter((address) => address !== '');
  return { manager: manager.engine, addresses };
}

async function listNodes(manager: Docker, host: string): Promise<readonly SwarmNode[]> {
  try {
    return (await manager.listNodes()) as readonly SwarmNode[];
  } catch (error) {
    const mend = 'see docker node ls there; most of its managers must be up';
    throw new UnavailableError(`the Swarm's manager does not answer for it: ${reasonOf(error)}`, host, mend);
  }
}
