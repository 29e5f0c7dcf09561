/** A member's state changes: what it says of them, joining and being let in, received gossip, the leader's actions. */
import { compareClocks, pruneClock } from '../primitives/vector-clock.ts';
import {
  changed,
  compareGossip,
  DOWN,
  EXITING,
  foundingGossip,
  type Gossip,
  hasLater,
  hasUnknownTo,
  idOf,
  idsOf,
  isConverged,
  JOINING,
  LEAVING,
  leaderOf,
  mergeGossip,
  mergeSeen,
  nameOf,
  parseId,
  REMOVED,
  type StatusCode,
  statusOf,
  TRANSITIONS,
  UP,
  unreachableIn,
  WEAKLY_UP,
  withoutMembers,
  withSeen,
  withStatus,
} from './gossip.ts';
import { MAX_MESSAGE_BYTES, type Message, messageBytes } from './messages.ts';
import type { AkkaContext, AkkaState, Said, Timer } from './state.ts';
import { lifecycleOf, type Origin } from './telling.ts';

export function transmit(to: string, message: Message, ctx: AkkaContext): void {
  if (messageBytes(message) <= MAX_MESSAGE_BYTES) ctx.send(to, message);
  else ctx.stream(to, message);
}

/** Makes `next` the state, and says what is new in it. */
export function install(state: AkkaState, next: Gossip, origin: Origin, ctx: AkkaContext): void {
  const before = state.gossip;
  state.gossip = next;
  if (before !== undefined && before.m === next.m && before.r === next.r && before.t === next.t) return;
  const unreachable = unreachableIn(next);
  for (const [id, status] of next.m) tell(state, id, status, unreachable.has(id), origin, ctx);
  const members = new Set(next.m.map(([id]) => id));
  for (const [id, said] of state.said) {
    if (!members.has(id) && said.status !== REMOVED) tell(state, id, REMOVED, false, origin, ctx);
  }
}

function tell(
  state: AkkaState,
  id: string,
  status: StatusCode,
  isUnreachable: boolean,
  origin: Origin,
  ctx: AkkaContext,
): void {
  const said = state.said.get(id);
  if (said?.status !== status) ctx.emit(lifecycleOf(id, status, origin));
  const health = id === state.id ? undefined : healthOf(said, status, isUnreachable);
  if (health !== undefined && health !== said?.health) tellHealth(state, id, said, health, ctx);
  const now = health ?? said?.health ?? 'alive';
  if (said === undefined) state.said.set(id, { status, health: now });
  else {
    said.status = status;
    said.health = now;
  }
}

/** Whoever is leaving has left, for good; whoever is down is dead; and what is said of neither changes any more. */
function healthOf(said: Said | undefined, status: StatusCode, isUnreachable: boolean): Said['health'] {
  if (said?.health === 'left' || said?.health === 'dead') return said.health;
  if (status === LEAVING || status === EXITING) return 'left';
  if (status === DOWN || status === REMOVED) return 'dead';
  return isUnreachable ? 'suspect' : 'alive';
}

function tellHealth(
  state: AkkaState,
  id: string,
  said: Said | undefined,
  health: Said['health'],
  ctx: AkkaContext,
): void {
  // What comes of an earlier incarnation is known with the latest.
  if (hasLater(state.said.keys(), id)) return;
  const { name, life, uid } = parseId(id);
  ctx.emit({ kind: 'status', subject: name, subjectLife: life, status: health, incarnation: uid });
  const wasUp = said !== undefined && (said.health === 'alive' || said.health === 'suspect');
  const isUp = health === 'alive' || health === 'suspect';
  if (wasUp !== isUp) ctx.announce(name, life, isUp);
}

// --- joining ----------------------------------------------------------------------------------------------------------

/** A new incarnation asks to be let in. */
export function begin(state: AkkaState, ctx: AkkaContext): void {
  state.uid++;
  state.id = idOf({ name: state.self, life: state.life, uid: state.uid });
  ctx.persist({ u: state.uid });
  state.gossip = undefined;
  state.detectors.clear();
  state.refusals.clear();
  state.soughtOut.clear();
  state.said.clear();
  state.beatDue = undefined;
  state.askedSince = ctx.monotonic();
  state.lookedAt = state.askedSince;
  ctx.emit({
    kind: 'status',
    subject: state.self,
    subjectLife: state.life,
    status: 'alive',
    incarnation: state.uid,
  });
  const { gossipIntervalMs, leaderActionsIntervalMs, heartbeatIntervalMs } = ctx.settings;
  const n = state.uid;
  // Random phases: members that start together do not act in lock-step.
  ctx.setTimer(ctx.random.next() * gossipIntervalMs, { t: 'gossip', n } satisfies Timer);
  ctx.setTimer(ctx.random.next() * leaderActionsIntervalMs, { t: 'leader', n } satisfies Timer);
  ctx.setTimer(ctx.random.next() * heartbeatIntervalMs, { t: 'beat', n } satisfies Timer);
  ask(state, ctx);
}

/**
 * Asks the seeds until somebody has let this member in. Only the plan's first member forms a cluster: in its first life
 * and incarnation when no seed has answered for a while (FirstSeedNodeProcess), and later, when there has been a cluster,
 * once every other member of the plan has said that it is in none.
 */
export function ask(state: AkkaState, ctx: AkkaContext): void {
  if (state.gossip !== undefined || state.left) return;
  const { seedTimeoutMs, joinRetryMs } = ctx.settings;
  const isNew = state.life === 1 && state.uid === 1;
  const isFounder = state.isFirst && isNew;
  const waited = ctx.monotonic() - state.askedSince >= seedTimeoutMs;
  const alone = state.refusals.size >= state.roster.size - 1;
  if (state.isFirst && waited && (isFounder || alone)) {
    install(state, withSeen(foundingGossip(state.id), state.id), 'made', ctx);
    return;
  }
  state.refusals.clear();
  // Own: one that was in a cluster before asks everybody, since its seeds may all have restarted as well.
  const asked = isNew ? state.seeds : [...state.roster].filter((name) => name !== state.self);
  for (const peer of asked) ctx.send(peer, { k: 'init', f: state.id });
  ctx.setTimer(isFounder ? Math.min(seedTimeoutMs, joinRetryMs) : joinRetryMs, {
    t: 'join',
    n: state.uid,
  } satisfies Timer);
}

/** Somebody asks to be let in (ClusterCoreDaemon.joining). */
export function letIn(state: AkkaState, from: string, id: string, ctx: AkkaContext): void {
  const welcome = admit(state, id, ctx) ? state.gossip : undefined;
  if (welcome !== undefined) transmit(from, { k: 'welcome', f: state.id, o: id, g: welcome }, ctx);
}

/** Makes `id` a member where it may be one; whether it is one then. */
export function admit(state: AkkaState, id: string, ctx: AkkaContext): boolean {
  const gossip = state.gossip;
  if (gossip === undefined || (statusOf(gossip, state.id) ?? DOWN) >= LEAVING || gossip.t.includes(id)) return false;
  if (hasLater(gossip.t, id) || hasLater(idsOf(gossip), id)) return false;
  const { name } = parseId(id);
  const former = gossip.m.filter(([other]) => other !== id && nameOf(other) === name);
  if (former.length > 0) {
    // The new incarnation proves the end of the old ones; it is let in once the leader has removed them.
    const standing = (state.quirks.downsOneFormer ? former.slice(0, 1) : former).filter(
      ([, status]) => status !== DOWN,
    );
    const next = standing.reduce((before, [other]) => withStatus(before, other, DOWN), gossip);
    if (next !== gossip) install(state, changed(next, state.id), 'made', ctx);
    return false;
  }
  if (statusOf(gossip, id) === undefined) {
    install(state, changed(withStatus(gossip, id, JOINING), state.id), 'made', ctx);
  }
  return true;
}

// --- gossip -----------------------------------------------------------------------------------------------------------

export function sendGossip(state: AkkaState, id: string, ctx: AkkaContext): void {
  if (state.gossip !== undefined) {
    transmit(parseId(id).name, { k: 'gossip', f: state.id, o: id, g: state.gossip }, ctx);
  }
}

export function sendStatus(state: AkkaState, id: string, ctx: AkkaContext): void {
  if (state.gossip === undefined) return;
  const { c, t } = state.gossip;
  transmit(parseId(id).name, { k: 'status', f: state.id, o: id, c, t: t.length }, ctx);
}

/** Gossip by its vector clock (ClusterCoreDaemon.receiveGossip): same, older, newer, concurrent. */
export function receiveGossip(state: AkkaState, from: string, remote: Gossip, ctx: AkkaContext): void {
  const local = state.gossip;
  if (local === undefined) return;
  if (statusOf(remote, state.id) === undefined) {
    // Akka passes such gossip over; a member that was taken down and removed would never find out.
    if (remote.t.includes(state.id)) rejoin(state, ctx);
    else if (state.quirks.ignoresStrangers) state.ignored++;
    // It knows nothing of this member, and answers to be told.
    else sendGossip(state, from, ctx);
    return;
  }
  const { next, talkBack } = choose(state, local, remote, ctx);
  install(state, withSeen(next, state.id), 'heard', ctx);
  if (statusOf(next, state.id) === DOWN) rejoin(state, ctx);
  else if (talkBack) sendGossip(state, from, ctx);
}

function choose(
  state: AkkaState,
  local: Gossip,
  remote: Gossip,
  ctx: AkkaContext,
): { next: Gossip; talkBack: boolean } {
  const unseen = !remote.s.includes(state.id);
  const relation = compareGossip(remote, local);
  const lacks =
    (relation !== 'after' && hasUnknownTo(remote, local)) || (relation !== 'before' && hasUnknownTo(local, remote));
  if (relation !== 'concurrent' && lacks && !state.quirks.ignoresStrangers) {
    // A change, and no mere merge: the clocks alone do not tell the outcome from the later of the two.
    return { next: changed(mergeGossip(remote, local), state.id), talkBack: true };
  }
  switch (relation) {
    case 'same':
      return { next: mergeSeen(local, remote), talkBack: unseen };
    case 'before':
      return { next: local, talkBack: true };
    case 'after':
      return { next: remote, talkBack: unseen };
    case 'concurrent':
      // Without talking back: two that keep theirs would never stop.
      ctx.reach('concurrent-merged');
      if (state.quirks.neverMerges) return { next: local, talkBack: false };
      return { next: mergeGossip(remote, local), talkBack: true };
  }
}

/** The clock alone: whoever is behind is given the state, or asks for it. */
export function receiveStatus(
  state: AkkaState,
  from: string,
  message: Extract<Message, { k: 'status' }>,
  ctx: AkkaContext,
): void {
  const local = state.gossip;
  if (local === undefined) return;
  const relation = compareClocks(local.t.reduce(pruneClock, message.c), local.c);
  if (relation === 'same' && message.t === local.t.length) return;
  if (relation === 'after') sendStatus(state, from, ctx);
  else sendGossip(state, from, ctx);
}

/** Taken down: this incarnation is over. Its service starts anew, as a supervisor would have it (own). */
export function rejoin(state: AkkaState, ctx: AkkaContext): void {
  ctx.reach('rejoined');
  for (const [id, said] of state.said) {
    if (id !== state.id && (said.health === 'alive' || said.health === 'suspect')) {
      const { name, life } = parseId(id);
      ctx.announce(name, life, false);
    }
  }
  if (state.left) {
    state.gossip = undefined;
    return;
  }
  begin(state, ctx);
}

// --- the leader -------------------------------------------------------------------------------------------------------

export function leaderActions(state: AkkaState, ctx: AkkaContext): void {
  const gossip = state.gossip;
  if (gossip === undefined) return;
  const unreachable = unreachableIn(gossip);
  if (leaderOf(gossip, state.id, unreachable) !== state.id) return;
  if (state.quirks.ignoresConvergence || isConverged(gossip, state.id, unreachable)) {
    actOnConvergence(state, gossip, ctx);
  } else if (ctx.monotonic() - state.askedSince >= ctx.settings.weaklyUpAfterMs) {
    let next = gossip;
    for (const [id, status] of gossip.m) {
      if (status === JOINING && !unreachable.has(id)) next = withStatus(next, id, WEAKLY_UP);
    }
    if (next !== gossip) install(state, changed(next, state.id), 'made', ctx);
  }
}

/** Joining and weakly up members become up, leaving ones exit, and those that are exiting or down go. */
function actOnConvergence(state: AkkaState, gossip: Gossip, ctx: AkkaContext): void {
  let next = gossip;
  const gone: string[] = [];
  for (const [id, status] of gossip.m) {
    if (status === JOINING || status === WEAKLY_UP) next = withStatus(next, id, UP);
    else if (status === LEAVING) next = withStatus(next, id, state.quirks.revivesLeaving ? UP : EXITING);
    // Either stops by itself: nobody waits for it to be found unreachable (in Akka: exiting confirmed).
    else if (status === EXITING || status === DOWN) gone.push(id);
  }
  if (next === gossip && gone.length === 0) return;
  const away = gone.filter((id) => id !== state.id);
  const left = withoutMembers(changed(next, state.id), away);
  install(state, left, 'converged', ctx);
}

// --- leaving and downing ----------------------------------------------------------------------------------------------

/** Marks itself as leaving and tells some others at once: its process has not long. */
export function leave(state: AkkaState, ctx: AkkaContext): void {
  if (state.left) return;
  state.left = true;
  const gossip = state.gossip;
  const status = gossip === undefined ? undefined : statusOf(gossip, state.id);
  if (gossip === undefined || status === undefined || TRANSITIONS[status]?.includes(LEAVING) !== true) return;
  install(state, changed(withStatus(gossip, state.id, LEAVING), state.id), 'made', ctx);
  const others = gossip.m.map(([id]) => id).filter((id) => id !== state.id);
  for (const id of ctx.random.sample(others, 4)) sendGossip(state, id, ctx);
}

/**
 * Keep-majority (Akka's split brain resolver): once nothing has changed for a while, the side with more than half of the
 * members, or with the first one where both have half, takes the unreachable down, and the other side itself.
 */
export function downing(state: AkkaState, ctx: AkkaContext): void {
  const gossip = state.gossip;
  if (ctx.settings.downing === 'off' || gossip === undefined) return;
  const now = ctx.monotonic();
  const unreachable = unreachableIn(gossip);
  const picture = gossip.m.map(([id, status]) => `${id} ${status} ${unreachable.has(id)}`).join();
  if (picture !== state.unstable) {
    state.unstable = picture;
    state.stableSince = now;
  }
  if (now - state.stableSince < ctx.settings.stableAfterMs) return;
  const voters = gossip.m.filter(([, status]) => status === UP || status === LEAVING);
  const lost = gossip.m.filter(([id, status]) => unreachable.has(id) && status !== DOWN && status !== EXITING);
  if (lost.length === 0) return;
  const reachable = voters.filter(([id]) => !unreachable.has(id));
  const first = voters[0]?.[0] ?? '';
  const isMajority =
    2 * reachable.length > voters.length || (2 * reachable.length === voters.length && !unreachable.has(first));
  if (!isMajority || unreachable.has(state.id)) {
    const own = statusOf(gossip, state.id);
    if (own === undefined || own === DOWN) return;
    install(state, changed(withStatus(gossip, state.id, DOWN), state.id), 'made', ctx);
    for (const [id] of reachable) if (id !== state.id) sendGossip(state, id, ctx);
    rejoin(state, ctx);
    return;
  }
  if (leaderOf(gossip, state.id, unreachable) !== state.id) return;
  let next = gossip;
  for (const [id] of lost) next = withStatus(next, id, DOWN);
  install(state, changed(next, state.id), 'made', ctx);
}
