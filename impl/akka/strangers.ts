/**
 * Members of one cluster that do not know each other, all own: Akka passes over gossip from whoever is no member, so that
 * where the one that let somebody in crashes before anybody else has heard of it, the cluster stays two groups for good.
 * Here the two merge, by the same rules as any two states, and nobody loses its incarnation.
 */
import { admit, receiveGossip, sendGossip } from './cluster.ts';
import { DOWN, type Gossip, hasLater, idsOf, leaderOf, parseId, statusOf, unreachableIn } from './gossip.ts';
import type { AkkaContext, AkkaState } from './state.ts';

/** Neither removed nor superseded here: nobody comes back in this way. */
function isNew(gossip: Gossip, id: string): boolean {
  return !gossip.t.includes(id) && !hasLater(gossip.t, id) && !hasLater(idsOf(gossip), id);
}

/**
 * Somebody that is unknown here, but knows this very incarnation: the one that let it in has not got through to this
 * member, and may have crashed since. Its state counts like any other. `remote`: undefined where it sent its clock alone.
 */
export function hearStranger(state: AkkaState, from: string, remote: Gossip | undefined, ctx: AkkaContext): void {
  const local = state.gossip;
  if (local === undefined || state.quirks.ignoresStrangers || !isNew(local, from)) {
    state.ignored++;
    return;
  }
  if (remote === undefined) {
    // It sees that it is missing there, and tells its own.
    sendGossip(state, from, ctx);
    return;
  }
  if (statusOf(remote, from) === undefined || statusOf(remote, state.id) === undefined) {
    state.ignored++;
    return;
  }
  ctx.reach('stranger-heard');
  receiveGossip(state, from, remote, ctx);
}

/**
 * Two groups of which neither knows anybody of the other any more: the leader asks now and then all that it does not
 * know, or cannot reach, whether there is a cluster at their place.
 */
export function lookForOthers(state: AkkaState, ctx: AkkaContext): void {
  const gossip = state.gossip;
  const now = ctx.monotonic();
  if (gossip === undefined || state.quirks.ignoresStrangers || now - state.lookedAt < ctx.settings.joinRetryMs) return;
  state.lookedAt = now;
  const unreachable = unreachableIn(gossip);
  if (leaderOf(gossip, state.id, unreachable) !== state.id) return;
  const near = new Set<string>();
  for (const [id, status] of gossip.m) if (status !== DOWN && !unreachable.has(id)) near.add(parseId(id).name);
  state.soughtOut.clear();
  for (const name of state.roster) {
    if (near.has(name)) continue;
    state.soughtOut.add(name);
    ctx.send(name, { k: 'init', f: state.id });
  }
}

/** There is: whoever answers is let in with the incarnation that it has, and by its gossip comes the rest. */
export function findOther(state: AkkaState, from: string, id: string, ctx: AkkaContext): void {
  if (state.gossip === undefined || !state.soughtOut.delete(from)) return;
  if (statusOf(state.gossip, id) === undefined && admit(state, id, ctx)) sendGossip(state, id, ctx);
}
