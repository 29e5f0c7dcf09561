/** What a member believes of the others, how suspicions run, and how it answers what is said about itself. */
import {
  knownUp,
  putBelief,
  refute,
  restoreBeliefs,
  tellBelief,
  updatesToRide,
  wholeState,
} from '../primitives/membership-beliefs.ts';
import { roomForUpdates, updateBytes } from '../primitives/membership-claims.ts';
import { beats, DEAD, isUp, SUSPECT, type Update } from '../primitives/membership-order.ts';
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

/** How often an update is sent at the cluster size now known. */
export function sendLimit(state: ConsulState, ctx: ConsulContext): number {
  return retransmitLimit(ctx.settings.retransmitMultiplier, knownUp(state));
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
  const [name] = update;
  const before = state.beliefs.get(name);
  hold(state, update, ctx);
  state.changed.add(name);
  state.queue.put(name, update, updateBytes(update));
  tellBelief(before, update, ctx);
}

/** Puts a belief in place; the dead are gossiped to for a while, and a suspicion gets its time. */
function hold(state: ConsulState, update: Update, ctx: ConsulContext): void {
  const [name, life, incarnation, status] = update;
  const before = state.beliefs.get(name);
  putBelief(state, update, ctx);
  if (before !== undefined && before[1] !== life) state.roundTripsMs.delete(name);
  if (isUp(update)) state.gossipPeers.add(name);
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

/** Whoever has to refute was not heard in time: it may be its own fault. */
function hearOfSelf(state: ConsulState, update: Update, ctx: ConsulContext): void {
  if (state.quirks.neverRefutes || !refute(state, update, updateBytes, ctx)) return;
  ctx.reach('refuted');
  changeHealth(state, 1, ctx);
}

/**
 * Updates to ride on a message that names `target`. `first` goes before what the queue has: a suspicion that its
 * subject is to hear of (Lifeguard's buddy system).
 */
export function updatesFor(state: ConsulState, ctx: ConsulContext, target?: string, first?: Update): readonly Update[] {
  const ride = {
    entries: ctx.settings.piggybackEntries,
    bytes: roomForUpdates(target),
    times: sendLimit(state, ctx),
  };
  return updatesToRide(state, first, ride, updateBytes);
}

/** The whole state with self in it, over the stream. */
export function sendSync(state: ConsulState, to: string, wantsAnswer: boolean, ctx: ConsulContext): void {
  ctx.stream(to, { k: 'sync', q: wantsAnswer, i: state.incarnation, u: wholeState(state) });
}

/** Takes up the records of this life. */
export function restore(state: ConsulState, records: readonly Data[], ctx: ConsulContext): void {
  restoreBeliefs(state, records, (update) => hold(state, update, ctx), ctx);
}
