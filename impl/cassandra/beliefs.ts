/** Who is alive in a member's eyes: taking in states, convicting the silent, reinstating, removing those who left. */
import type { MemberStatus } from '../protocol.ts';
import { compareGenerations, createEndpoint, deltaVersion, isEmpty, leftExpiry, updateEndpoint } from './endpoint.ts';
import type { EndpointDelta } from './messages.ts';
import type { CassandraContext, CassandraState, Endpoint } from './state.ts';

/** A generation this far ahead of the own wall clock, in seconds, is not believed (Gossiper.MAX_GENERATION_DIFFERENCE). */
export const MAX_GENERATION_AHEAD = 365 * 86_400;

function say(endpoint: Endpoint, status: MemberStatus, ctx: CassandraContext, by?: string): void {
  ctx.emit({
    kind: 'status',
    subject: endpoint.name,
    subjectLife: endpoint.life,
    status,
    incarnation: endpoint.generation,
    ...(by === undefined ? {} : { by }),
  });
}

/** Whether this member has found, not long ago, that it had stood still: then silence and bursts are its own doing. */
function isDazed(state: CassandraState, ctx: CassandraContext): boolean {
  return ctx.monotonic() - state.lastPause < ctx.settings.localPauseMs;
}

/** Takes in what somebody says of an endpoint (Gossiper.notifyFailureDetector and applyStateLocally). */
export function learn(state: CassandraState, delta: EndpointDelta, ctx: CassandraContext): void {
  const [name, life, generation] = delta;
  const now = ctx.monotonic();
  const blocked =
    name === state.self ||
    !state.roster.has(name) ||
    life === 0 ||
    (state.quarantine.get(name) ?? now) > now ||
    (state.evicted.get(name) ?? 0) >= life ||
    generation > ctx.now() / 1000 + MAX_GENERATION_AHEAD;
  if (blocked) {
    if (name !== state.self) state.ignored++;
    return;
  }
  const held = state.endpoints.get(name);
  const order = held === undefined ? 1 : compareGenerations(life, generation, held);
  if (held === undefined) {
    ctx.persist({ n: name });
    take(state, held, delta, ctx);
  } else if (state.quirks.ignoresGenerations && !isEmpty(held)) {
    if (deltaVersion(delta) > held.version) take(state, held, delta, ctx);
  } else if (order > 0) take(state, held, delta, ctx);
  else if (order === 0 && deltaVersion(delta) > held.version) {
    if (delta[3] > held.version) held.phi.heartbeat(now, !isDazed(state, ctx));
    const wasLeft = !held.alive && leftExpiry(held) !== undefined;
    updateEndpoint(held, delta);
    if (held.alive && delta[4].length === 0) return;
    if (leftExpiry(held) === undefined) askWhetherThere(state, held, ctx);
    else if (!wasLeft) remove(state, held, ctx);
  }
}

/** A later generation wins whole: nothing of the one before is kept (Gossiper.handleMajorStateChange). */
function take(state: CassandraState, before: Endpoint | undefined, delta: EndpointDelta, ctx: CassandraContext): void {
  const next = createEndpoint(delta[0], delta[1], delta[2], ctx.settings);
  if (before !== undefined && before.life === next.life) ctx.reach('generation-replaced');
  updateEndpoint(next, delta);
  next.phi.heartbeat(ctx.monotonic());
  state.endpoints.set(next.name, next);
  const hasLeft = leftExpiry(next) !== undefined;
  if (before?.alive && (before.life !== next.life || hasLeft)) lose(state, before, hasLeft ? undefined : 'dead', ctx);
  if (hasLeft) remove(state, next, ctx);
  else if (before?.alive && before.life === next.life) {
    // The same process group member after a restart that nobody missed: it stays listed.
    next.alive = true;
    say(next, 'alive', ctx);
  } else {
    state.unreachable.add(next.name);
    askWhetherThere(state, next, ctx);
  }
}

/** One that is not listed has given news: whether it can be reached from here decides (Gossiper.markAlive, ECHO_REQ). */
function askWhetherThere(state: CassandraState, endpoint: Endpoint, ctx: CassandraContext): void {
  const now = ctx.monotonic();
  if (endpoint.alive || state.left || now - endpoint.echoAt < ctx.settings.gossipIntervalMs) return;
  endpoint.echoAt = now;
  ctx.send(endpoint.name, { k: 'echo', g: endpoint.generation });
}

/** It is there, in the very life and generation that is held (Gossiper.realMarkAlive). */
export function hearEcho(
  state: CassandraState,
  from: string,
  fromLife: number,
  generation: number,
  ctx: CassandraContext,
): void {
  const endpoint = state.endpoints.get(from);
  if (endpoint === undefined || endpoint.alive || leftExpiry(endpoint) !== undefined) return;
  if (endpoint.life !== fromLife || endpoint.generation !== generation) return;
  endpoint.alive = true;
  ctx.reach('found-alive');
  state.unreachable.remove(from);
  state.live.add(from);
  say(endpoint, 'alive', ctx);
  ctx.announce(from, endpoint.life, true);
}

/** It is no longer listed. `said`: undefined where something else will be said of it. */
function lose(state: CassandraState, endpoint: Endpoint, said: MemberStatus | undefined, ctx: CassandraContext): void {
  endpoint.alive = false;
  state.live.remove(endpoint.name);
  if (said !== undefined) say(endpoint, said, ctx, said === 'dead' ? state.self : undefined);
  ctx.announce(endpoint.name, endpoint.life, false);
}

/** One that has left is neither live nor unreachable, and its state waits for its expiry (Gossiper.removeEndpoint). */
function remove(state: CassandraState, endpoint: Endpoint, ctx: CassandraContext): void {
  if (endpoint.alive) lose(state, endpoint, undefined, ctx);
  say(endpoint, 'left', ctx);
  state.unreachable.remove(endpoint.name);
  state.quarantine.set(endpoint.name, ctx.monotonic() + ctx.settings.quarantineMs);
}

/** Convicts the silent and forgets those whose leaving has expired (Gossiper.doStatusCheck, FailureDetector.interpret). */
export function checkStatus(state: CassandraState, ctx: CassandraContext): void {
  const now = ctx.monotonic();
  const wall = ctx.now();
  const dazed = isDazed(state, ctx);
  for (const endpoint of state.endpoints.values()) {
    if (endpoint.alive) {
      if (dazed) ctx.reach('judged-nobody-after-a-pause');
      if (dazed || state.quirks.neverConvicts || !endpoint.phi.isConvicted(now, ctx.settings.phiThreshold)) continue;
      lose(state, endpoint, 'dead', ctx);
      state.unreachable.add(endpoint.name);
      if (state.quirks.neverReinstates) endpoint.echoAt = Number.POSITIVE_INFINITY;
    } else if (wall > (leftExpiry(endpoint) ?? Number.POSITIVE_INFINITY)) {
      // Cassandra forgets even that there was one; here its life is remembered, so that no late state brings it back.
      state.endpoints.delete(endpoint.name);
      state.evicted.set(endpoint.name, endpoint.life);
      state.quarantine.set(endpoint.name, now + ctx.settings.quarantineMs);
    }
  }
}
