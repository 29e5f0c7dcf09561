/** What a member believes of the others, how suspicions run, and how it answers what is said about itself. */
import { MAX_NUMBER, roomForUpdates, sumOfRecords, updateBytes } from '../primitives/membership-claims.ts';
import { ALIVE, beats, DEAD, isUp, LEFT, STATUS_NAMES, SUSPECT, type Update } from '../primitives/membership-order.ts';
import type { Data } from '../protocol.ts';
import { type ConsulContext, type ConsulState, changeHealth, type Timer } from './state.ts';
import {
  confirm,
  confirmationsOf,
  remainingOf,
  retransmitLimit,
  type Suspicion,
  suspicionTimeoutMs,
  usefulConfirmations,
} from './suspicion.ts';

const NOTHING: readonly Update[] = [];

/** Members known to be up, self included. */
export function knownUp(state: ConsulState): number {
  return state.up.count + 1;
}

/** How often an update is sent at the cluster size now known. */
export function sendLimit(state: ConsulState, ctx: ConsulContext): number {
  return retransmitLimit(ctx.settings.retransmitMultiplier, knownUp(state));
}

export function ownUpdate(state: ConsulState): Update {
  return [state.self, state.life, state.incarnation, state.left ? LEFT : ALIVE];
}

/**
 * Takes in one claim. In a sync (`whole`), a death that contradicts what is held only makes the member suspect, as in
 * memberlist's mergeState: it may be the other side's view of a partition, and the accused gets its chance to refute.
 */
export function learn(state: ConsulState, update: Update, whole: boolean, ctx: ConsulContext): void {
  const name = update[0];
  if (name === state.self) {
    hearOfSelf(state, update, ctx);
    return;
  }
  if (!state.roster.has(name)) {
    state.ignored++;
    return;
  }
  const held = state.beliefs.get(name);
  if (held === undefined) {
    believe(state, update, ctx);
    return;
  }
  const doubted = whole && update[3] === DEAD && isUp(held) && held[1] === update[1];
  const claim: Update = doubted ? [name, update[1], update[2], SUSPECT, state.self] : update;
  if (beats(claim, held)) believe(state, claim, ctx);
  else if (claim[3] === SUSPECT && held[3] === SUSPECT && claim[1] === held[1] && claim[2] === held[2]) {
    hearAccuser(state, claim, ctx);
  }
}

/** Makes `update`, which beats what was held, the belief about its member, and passes it on. */
function believe(state: ConsulState, update: Update, ctx: ConsulContext): void {
  const [name, life, incarnation, status, by] = update;
  const before = state.beliefs.get(name);
  hold(state, update, ctx);
  state.changed.add(name);
  state.queue.put(name, update, updateBytes(update));
  ctx.emit({
    kind: 'status',
    subject: name,
    subjectLife: life,
    status: STATUS_NAMES[status],
    incarnation,
    ...(by === undefined ? {} : { by }),
  });
  const wasUp = before !== undefined && isUp(before);
  if (wasUp && (!isUp(update) || before[1] !== life)) ctx.announce(name, before[1], false);
  if (isUp(update) && (!wasUp || before[1] !== life)) ctx.announce(name, life, true);
}

/** Puts a belief in place, and the member where those of its status are kept. */
function hold(state: ConsulState, update: Update, ctx: ConsulContext): void {
  const [name, life, incarnation, status] = update;
  const before = state.beliefs.get(name);
  state.beliefs.set(name, update);
  state.whole = undefined;
  if (before !== undefined && before[1] !== life) state.roundTripsMs.delete(name);
  if (isUp(update) && !isUp(before)) {
    state.up.add(name);
    state.gossipPeers.add(name);
    state.probeOrder.add(name, ctx.random);
  } else if (!isUp(update) && isUp(before)) {
    state.up.remove(name);
    state.probeOrder.remove(name);
  }
  if (status === DEAD && before?.[3] !== DEAD) state.deadOrder.add(name, ctx.random);
  else if (status !== DEAD && before?.[3] === DEAD) state.deadOrder.remove(name);
  if (status === DEAD && state.gossipPeers.has(name) && !state.quirks.forgetsDead) {
    const timer: Timer = { t: 'silence', n: name, l: life, i: incarnation };
    ctx.setTimer(ctx.settings.gossipToTheDeadMs, timer);
  } else if (!isUp(update)) {
    state.gossipPeers.remove(name);
  }
  if (status === SUSPECT) startSuspicion(state, update, ctx);
  else state.suspicions.delete(name);
}

/** A member that has been dead for long is gossiped to no longer. */
export function silence(state: ConsulState, timer: Extract<Timer, { t: 'silence' }>): void {
  const held = state.beliefs.get(timer.n);
  if (held !== undefined && held[3] === DEAD && held[1] === timer.l && held[2] === timer.i) {
    state.gossipPeers.remove(timer.n);
  }
}

function startSuspicion(state: ConsulState, update: Update, ctx: ConsulContext): void {
  const { settings } = ctx;
  const n = knownUp(state);
  const leastMs = suspicionTimeoutMs(settings.suspicionMultiplier, n, settings.probeIntervalMs);
  const suspicion: Suspicion = {
    life: update[1],
    incarnation: update[2],
    startedAt: ctx.monotonic(),
    leastMs,
    mostMs: leastMs * settings.suspicionMaxMultiplier,
    k: settings.lhaSuspicion ? usefulConfirmations(settings.confirmations, n) : 0,
    accusers: new Set([update[4] ?? '']),
  };
  state.suspicions.set(update[0], suspicion);
  awaitEnd(update[0], suspicion, ctx);
}

/** Timers cannot be cancelled: the number of confirmations tells the one that counts from those before. */
function awaitEnd(name: string, suspicion: Suspicion, ctx: ConsulContext): void {
  const { life, incarnation } = suspicion;
  const timer: Timer = { t: 'suspicion', n: name, l: life, i: incarnation, c: confirmationsOf(suspicion) };
  ctx.setTimer(Math.max(0, remainingOf(suspicion, ctx.monotonic())), timer);
}

/** Somebody accuses one who is suspected already: the first K such voices are passed on and shorten the suspicion. */
function hearAccuser(state: ConsulState, claim: Update, ctx: ConsulContext): void {
  const [name, , , , by] = claim;
  const suspicion = state.suspicions.get(name);
  if (suspicion === undefined || by === undefined) return;
  if (state.quirks.confirmationsRestart) {
    startSuspicion(state, claim, ctx);
    return;
  }
  if (!confirm(suspicion, by)) return;
  ctx.reach('suspicion-confirmed');
  state.queue.put(name, claim, updateBytes(claim));
  awaitEnd(name, suspicion, ctx);
}

/** A suspicion has had its time: without a refutation the suspect is dead. */
export function endSuspicion(state: ConsulState, timer: Extract<Timer, { t: 'suspicion' }>, ctx: ConsulContext): void {
  const suspicion = state.suspicions.get(timer.n);
  if (suspicion === undefined || suspicion.life !== timer.l || suspicion.incarnation !== timer.i) return;
  if (confirmationsOf(suspicion) !== timer.c || state.left) return;
  if (state.quirks.confirmationsRestart && remainingOf(suspicion, ctx.monotonic()) > 1) return;
  believe(state, [timer.n, timer.l, timer.i, DEAD, state.self], ctx);
}

/** The member answers what is said against it with a higher incarnation, which only it may raise. */
function hearOfSelf(state: ConsulState, update: Update, ctx: ConsulContext): void {
  const [, life, claimed, status] = update;
  if (state.quirks.neverRefutes || state.left || status === ALIVE) return;
  if (life !== state.life || claimed < state.incarnation || claimed >= MAX_NUMBER) return;
  state.incarnation = claimed + 1;
  state.incarnationChanged = true;
  state.whole = undefined;
  ctx.reach('refuted');
  // Whoever has to refute was not heard in time: it may be its own fault.
  changeHealth(state, 1, ctx);
  const own = ownUpdate(state);
  state.queue.put(state.self, own, updateBytes(own));
  ctx.emit({
    kind: 'refute',
    incarnation: state.incarnation,
    against: status === SUSPECT ? 'suspect' : status === DEAD ? 'dead' : 'left',
  });
}

/**
 * Updates to ride on a message that names `target`. `first` goes before what the queue has: a suspicion that its
 * subject is to hear of (Lifeguard's buddy system).
 */
export function updatesFor(state: ConsulState, ctx: ConsulContext, target?: string, first?: Update): readonly Update[] {
  if (first === undefined && !state.left && state.queue.size === 0) return NOTHING;
  const updates: Update[] = [];
  if (first !== undefined) updates.push(first);
  if (state.left) updates.push(ownUpdate(state));
  const room = roomForUpdates(target) - updates.reduce((sum, update) => sum + updateBytes(update), 0);
  state.queue.take(updates, ctx.settings.piggybackEntries - updates.length, room, sendLimit(state, ctx));
  return updates;
}

/** The whole state with self in it, over the stream. */
export function sendSync(state: ConsulState, to: string, wantsAnswer: boolean, ctx: ConsulContext): void {
  state.whole ??= [ownUpdate(state), ...state.beliefs.values()];
  ctx.stream(to, { k: 'sync', q: wantsAnswer, i: state.incarnation, u: state.whole });
}

/** Writes down what this step changed: the own incarnation, and beliefs, which a restart with state goes on from. */
export function persistChanges(state: ConsulState, ctx: ConsulContext): void {
  if (state.changed.size === 0 && !state.incarnationChanged) return;
  const updates: Update[] = [];
  for (const name of state.changed) {
    const update = state.beliefs.get(name);
    if (update !== undefined) updates.push(update);
  }
  ctx.persist({ i: state.incarnation, u: updates });
  state.changed.clear();
  state.incarnationChanged = false;
}

/**
 * Takes up the records of this life. No belief changes, so no status is emitted: over all its boots, what a life says of
 * a member only ever moves up in the order. The other channels hear who is up.
 */
export function restore(state: ConsulState, records: readonly Data[], ctx: ConsulContext): void {
  const known = (name: string) => name !== state.self && state.roster.has(name);
  const { incarnation, latest } = sumOfRecords(records, known);
  state.incarnation = Math.max(state.incarnation, incarnation);
  for (const [name, update] of latest) {
    hold(state, update, ctx);
    const [, life, incarnation, status] = update;
    ctx.emit({ kind: 'recall', subject: name, subjectLife: life, status: STATUS_NAMES[status], incarnation });
    if (isUp(update)) ctx.announce(name, life, true);
  }
}
