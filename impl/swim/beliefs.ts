/** What a member believes of the others, and how it hears and answers what is said about itself. */
import { MAX_NUMBER, roomForUpdates, sumOfRecords, updateBytes } from '../primitives/membership-claims.ts';
import { ALIVE, beats, DEAD, isUp, LEFT, STATUS_NAMES, SUSPECT, type Update } from '../primitives/membership-order.ts';
import { logarithmicLimit } from '../primitives/suspicion.ts';
import type { Data } from '../protocol.ts';
import type { Message } from './messages.ts';
import { suspicionMs } from './settings.ts';
import { restoreProofs, SIGNATURE_BYTES } from './signing.ts';
import type { SwimContext, SwimState, Timer } from './state.ts';

const NOTHING: readonly Update[] = [];

/** Members known to be up, self included. */
export function knownUp(state: SwimState): number {
  return state.up.count + 1;
}

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

export function ownUpdate(state: SwimState): Update {
  return [state.self, state.life, state.incarnation, state.left ? LEFT : ALIVE];
}

/**
 * Takes in one claim. In a sync (`whole`), a death that contradicts what is held only makes the member suspect, as in
 * memberlist's mergeState: it may be the other side's view of a partition, and the accused gets its chance to refute.
 * In signed mode so does every death that is only heard of: whoever says it may lie.
 */
export function learn(state: SwimState, update: Update, whole: boolean, ctx: SwimContext): void {
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
  const [name, life, incarnation, status, by] = update;
  const before = state.beliefs.get(name);
  if (status === ALIVE && before?.[1] === life && before[3] !== ALIVE) {
    ctx.reach(before[3] === SUSPECT ? 'suspicion-refuted' : 'dead-revived');
    if (before[3] === SUSPECT) ctx.reach('refuted-while-partitioned');
  }
  hold(state, update, ctx);
  state.changed.add(name);
  state.queue.put(name, update, sizeOf(update, ctx));
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
function hold(state: SwimState, update: Update, ctx: SwimContext): void {
  const [name, life, incarnation, status] = update;
  const before = state.beliefs.get(name);
  state.beliefs.set(name, update);
  state.whole = undefined;
  if (isUp(update) && !isUp(before)) {
    state.up.add(name);
    state.probeOrder.add(name, ctx.random);
  } else if (!isUp(update) && isUp(before)) {
    state.up.remove(name);
    state.probeOrder.remove(name);
  }
  if (status === DEAD && before?.[3] !== DEAD) state.deadOrder.add(name, ctx.random);
  else if (status !== DEAD && before?.[3] === DEAD) state.deadOrder.remove(name);
  if (status === SUSPECT) {
    const delayMs = suspicionMs(ctx.settings, knownUp(state));
    const due = ctx.monotonic() + delayMs;
    ctx.setTimer(delayMs, { t: 'suspicion', n: name, l: life, i: incarnation, due } satisfies Timer);
  }
}

/** The member answers what is said against it with a higher incarnation, which only it may raise. */
function hearOfSelf(state: SwimState, update: Update, ctx: SwimContext): void {
  const [, life, claimed, status] = update;
  if (state.quirks.neverRefutes || state.left || status === ALIVE) return;
  if (life !== state.life || claimed < state.incarnation || claimed >= MAX_NUMBER) return;
  state.incarnation = claimed + 1;
  state.incarnationChanged = true;
  state.whole = undefined;
  const own = ownUpdate(state);
  state.queue.put(state.self, own, sizeOf(own, ctx));
  ctx.emit({
    kind: 'refute',
    incarnation: state.incarnation,
    against: status === SUSPECT ? 'suspect' : status === DEAD ? 'dead' : 'left',
  });
}

/** A suspicion has had its time: without a refutation the suspect is dead. */
export function endSuspicion(state: SwimState, timer: Extract<Timer, { t: 'suspicion' }>, ctx: SwimContext): void {
  const held = state.beliefs.get(timer.n);
  if (held === undefined || held[1] !== timer.l || held[2] !== timer.i || held[3] !== SUSPECT || state.left) return;
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
  const accused = held !== undefined && held[3] !== ALIVE;
  if (!accused && !state.left && state.queue.size === 0) return NOTHING;
  const updates: Update[] = [];
  if (accused) updates.push(held);
  if (state.left) updates.push(ownUpdate(state));
  const room = roomFor(ctx, target) - updates.reduce((sum, update) => sum + sizeOf(update, ctx), 0);
  state.queue.take(updates, ctx.settings.piggybackEntries - updates.length, room, retransmitLimit(state, ctx));
  return updates;
}

/** Tells `to` what is to be told, without wanting an answer. */
export function sendNews(state: SwimState, to: string, ctx: SwimContext): void {
  ctx.send(to, { k: 'news', i: state.incarnation, u: updatesFor(state, to, ctx) });
}

/** The whole state with self in it, as one list that is never changed, and its size. */
function wholeState(
  state: SwimState,
  ctx: SwimContext,
): { readonly updates: readonly Update[]; readonly bytes: number } {
  if (state.whole === undefined) {
    const updates = [ownUpdate(state), ...state.beliefs.values()];
    state.whole = { updates, bytes: updates.reduce((sum, update) => sum + sizeOf(update, ctx), 0) };
  }
  return state.whole;
}

/** A whole-state exchange: a datagram where the state fits into one, a stream where it does not. */
export function sendSync(state: SwimState, to: string, wantsAnswer: boolean, ctx: SwimContext): void {
  const { updates, bytes } = wholeState(state, ctx);
  const message: Message = { k: 'sync', q: wantsAnswer, i: state.incarnation, u: updates };
  if (bytes <= roomFor(ctx)) ctx.send(to, message);
  else ctx.stream(to, message);
}

/** Writes down what this step changed: the own incarnation, and beliefs, which a restart with state goes on from. */
export function persistChanges(state: SwimState, ctx: SwimContext): void {
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
 * a member only ever moves up in SWIM's order. The other channels hear who is up.
 */
export function restore(state: SwimState, records: readonly Data[], ctx: SwimContext): void {
  const known = (name: string) => name !== state.self && state.roster.has(name);
  const { incarnation, latest } = sumOfRecords(records, known);
  state.incarnation = Math.max(state.incarnation, incarnation);
  restoreProofs(state, records);
  for (const [name, update] of latest) {
    hold(state, update, ctx);
    const [, life, incarnation, status] = update;
    ctx.emit({ kind: 'recall', subject: name, subjectLife: life, status: STATUS_NAMES[status], incarnation });
    if (isUp(update)) ctx.announce(name, life, true);
  }
}
