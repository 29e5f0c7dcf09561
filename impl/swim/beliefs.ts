/** What a member believes of the others, and how it hears and answers what is said about itself. */
import {
  knownUp,
  putBelief,
  refute,
  restoreBeliefs,
  tellBelief,
  updatesToRide,
  wholeState,
} from '../primitives/membership-beliefs.ts';
import { MAX_NUMBER, roomForUpdates, updateBytes } from '../primitives/membership-claims.ts';
import { ALIVE, beats, DEAD, isUp, SUSPECT, type Update } from '../primitives/membership-order.ts';
import { logarithmicLimit } from '../primitives/suspicion.ts';
import type { Data } from '../protocol.ts';
import type { Message } from './messages.ts';
import { suspicionMs } from './settings.ts';
import { restoreProofs, SIGNATURE_BYTES } from './signing.ts';
import type { SwimContext, SwimState, Timer } from './state.ts';

/** How often an update is sent at the cluster size now known. */
export function retransmitLimit(state: SwimState, ctx: SwimContext): number {
  return logarithmicLimit(ctx.settings.retransmitMultiplier, knownUp(state));
}

/** At least the size of an update in a message, bytes. */
export function sizeOf(update: Update, ctx: SwimContext): number {
  return updateBytes(update) + (ctx.settings.signed ? SIGNATURE_BYTES : 0);
}

/** Room for updates beside the sender's own signature, and that of `target`. */
function roomFor(ctx: SwimContext, target?: string): number {
  return roomForUpdates(target) - (ctx.settings.signed ? 2 * SIGNATURE_BYTES : 0);
}

/**
 * Takes in one claim. In a sync (`whole`), a death that contradicts what is held only makes the member suspect, as in
 * memberlist's mergeState: it may be the other side's view of a partition, and the accused gets its chance to refute.
 * In signed mode so does every death that is only heard of: whoever says it may lie.
 */
export function learn(state: SwimState, update: Update, whole: boolean, ctx: SwimContext): void {
  const name = update[0];
  if (name === state.self) {
    if (!state.quirks.neverRefutes) refute(state, update, (own) => sizeOf(own, ctx), ctx);
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
  if (!beats(update, held)) return;
  if (state.quirks.inflatesOthers && update[3] === SUSPECT && held[3] === ALIVE && update[2] < MAX_NUMBER) {
    believe(state, [name, update[1], update[2] + 1, ALIVE], ctx);
    return;
  }
  const hearsay = whole || ctx.settings.signed;
  if (hearsay && update[3] === DEAD && isUp(held) && held[1] === update[1]) {
    const suspicion: Update = [name, update[1], update[2], SUSPECT, state.self];
    if (beats(suspicion, held)) believe(state, suspicion, ctx);
    return;
  }
  believe(state, update, ctx);
}

/** Makes `update`, which beats what was held, the belief about its member, and passes it on. */
export function believe(state: SwimState, update: Update, ctx: SwimContext): void {
  const [name, life, , status] = update;
  const before = state.beliefs.get(name);
  if (status === ALIVE && before?.[1] === life && before[3] !== ALIVE) {
    ctx.reach(before[3] === SUSPECT ? 'suspicion-refuted' : 'dead-revived');
    if (before[3] === SUSPECT) ctx.reach('refuted-while-partitioned');
  }
  hold(state, update, ctx);
  state.changed.add(name);
  state.queue.put(name, update, sizeOf(update, ctx));
  tellBelief(before, update, ctx);
}

/** Puts a belief in place; a suspicion gets its time. */
function hold(state: SwimState, update: Update, ctx: SwimContext): void {
  putBelief(state, update, ctx);
  const [n, l, i, status] = update;
  if (status !== SUSPECT) return;
  const delayMs = suspicionMs(ctx.settings, knownUp(state));
  ctx.setTimer(delayMs, { t: 'suspicion', n, l, i, due: ctx.monotonic() + delayMs } satisfies Timer);
}

/** A suspicion has had its time: without a refutation the suspect is dead. */
export function endSuspicion(state: SwimState, timer: Extract<Timer, { t: 'suspicion' }>, ctx: SwimContext): void {
  const held = state.beliefs.get(timer.n);
  if (held === undefined || state.left) return;
  const isStale = held[1] !== timer.l || held[2] !== timer.i || held[3] !== SUSPECT;
  if (isStale && !state.quirks.actsOnStaleTimers) return;
  const now = ctx.monotonic();
  if (now - timer.due > ctx.settings.probeIntervalMs) {
    // This member itself stood still and heard nothing meanwhile: the suspect gets its time again (Lifeguard's point).
    ctx.reach('suspicion-prolonged');
    const delayMs = suspicionMs(ctx.settings, knownUp(state));
    ctx.setTimer(delayMs, { ...timer, due: now + delayMs } satisfies Timer);
    return;
  }
  if (!state.quirks.neverDetects) believe(state, [timer.n, timer.l, timer.i, DEAD, state.self], ctx);
}

/**
 * Updates to ride on a message to `to`: first what is held against `to` itself (Lifeguard's buddy system, here for the
 * dead too), so that whoever is wronged hears of it from its accuser, then what the queue has.
 */
export function updatesFor(state: SwimState, to: string, ctx: SwimContext, target?: string): readonly Update[] {
  const held = state.beliefs.get(to);
  const accused = held !== undefined && held[3] !== ALIVE ? held : undefined;
  const ride = {
    entries: ctx.settings.piggybackEntries,
    bytes: roomFor(ctx, target),
    times: retransmitLimit(state, ctx),
  };
  return updatesToRide(state, accused, ride, (update) => sizeOf(update, ctx));
}

/** Tells `to` what is to be told, without wanting an answer. */
export function sendNews(state: SwimState, to: string, ctx: SwimContext): void {
  ctx.send(to, { k: 'news', i: state.incarnation, u: updatesFor(state, to, ctx) });
}

/** The size of a whole state, bytes; a list is measured once. */
function bytesOf(state: SwimState, updates: readonly Update[], ctx: SwimContext): number {
  if (state.measured?.updates === updates) return state.measured.bytes;
  const bytes = updates.reduce((sum, update) => sum + sizeOf(update, ctx), 0);
  state.measured = { updates, bytes };
  return bytes;
}

/** A whole-state exchange: a datagram where the state fits into one, a stream where it does not. */
export function sendSync(state: SwimState, to: string, wantsAnswer: boolean, ctx: SwimContext): void {
  const updates = wholeState(state);
  const message: Message = { k: 'sync', q: wantsAnswer, i: state.incarnation, u: updates };
  if (bytesOf(state, updates, ctx) <= roomFor(ctx)) ctx.send(to, message);
  else ctx.stream(to, message);
}

/** Takes up the records of this life. */
export function restore(state: SwimState, records: readonly Data[], ctx: SwimContext): void {
  restoreProofs(state, records);
  restoreBeliefs(state, records, (update) => hold(state, update, ctx), ctx);
}
