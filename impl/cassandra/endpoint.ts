/** One endpoint's versioned states: making them, telling which is newer, putting them into messages. */
import { ExponentialPhi } from '../primitives/phi-accrual.ts';
import type { AppState, Digest, EndpointDelta } from './messages.ts';
import type { CassandraSettings } from './settings.ts';
import type { Endpoint } from './state.ts';

/** Application states that the protocol itself sets; all others are its clients'. */
export const STATUS = 'STATUS';
export const LOAD = 'LOAD';
export const NORMAL = 'NORMAL';
const LEFT_PREFIX = 'LEFT,';

const NO_STATES: readonly AppState[] = [];

export function createEndpoint(name: string, life: number, generation: number, settings: CassandraSettings): Endpoint {
  return {
    name,
    life,
    generation,
    heartbeat: 0,
    version: 0,
    states: new Map(),
    alive: false,
    phi: new ExponentialPhi({
      samples: settings.phiSamples,
      initialMs: settings.phiFirstIntervalMs,
      maxIntervalMs: settings.phiMaxIntervalMs,
      // No heartbeat comes more often than once in an interval: a lower mean only says that messages had queued up.
      minMeanMs: settings.gossipIntervalMs,
    }),
    echoAt: Number.NEGATIVE_INFINITY,
    digest: undefined,
    bare: undefined,
  };
}

/** The STATUS of a member that has left, with the wall time, ms, from which its state may be forgotten. */
export function leftStatus(expiryMs: number): string {
  return `${LEFT_PREFIX}${expiryMs}`;
}

/** When the state of one that has left expires, wall ms; undefined for one that has not. */
export function leftExpiry(endpoint: Endpoint): number | undefined {
  const status = endpoint.states.get(STATUS)?.[1];
  if (status === undefined || !status.startsWith(LEFT_PREFIX)) return undefined;
  const expiryMs = Number(status.slice(LEFT_PREFIX.length));
  return Number.isFinite(expiryMs) ? expiryMs : 0;
}

/**
 * Lives first, then generations: above 0 where those named are later than the other endpoint's. Cassandra knows generations alone, and takes
 * them from clocks; a member that has lost its disc while its clock was set back is then not heard.
 */
export function compareGenerations(life: number, generation: number, other: Endpoint): number {
  return life !== other.life ? life - other.life : generation - other.generation;
}

/** A placeholder from the records of an earlier boot: the name is known and nothing of it. */
export function isEmpty(endpoint: Endpoint): boolean {
  return endpoint.life === 0;
}

/** Takes what is newer; the deltas of one generation are merged by version. */
export function updateEndpoint(endpoint: Endpoint, delta: EndpointDelta): void {
  if (delta[3] > endpoint.heartbeat) endpoint.heartbeat = delta[3];
  for (const state of delta[4]) {
    const held = endpoint.states.get(state[0]);
    if (held === undefined || held[2] < state[2]) endpoint.states.set(state[0], state);
  }
  endpoint.version = Math.max(endpoint.version, deltaVersion(delta));
  endpoint.digest = undefined;
  endpoint.bare = undefined;
}

/** The highest version in a delta. */
export function deltaVersion(delta: EndpointDelta): number {
  let version = delta[3];
  for (const state of delta[4]) if (state[2] > version) version = state[2];
  return version;
}

export function digestOf(endpoint: Endpoint): Digest {
  endpoint.digest ??= [endpoint.name, endpoint.life, endpoint.generation, endpoint.version];
  return endpoint.digest;
}

/** What somebody who has the endpoint up to `version` does not have yet; the heartbeat in any case. */
export function deltaAbove(endpoint: Endpoint, version: number): EndpointDelta {
  let states: AppState[] | undefined;
  for (const state of endpoint.states.values()) {
    if (state[2] <= version) continue;
    states ??= [];
    states.push(state);
  }
  const { name, life, generation, heartbeat } = endpoint;
  if (states !== undefined) return [name, life, generation, heartbeat, states];
  endpoint.bare ??= [name, life, generation, heartbeat, NO_STATES];
  return endpoint.bare;
}
