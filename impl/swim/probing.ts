/** Failure detection (SWIM, sections 3.1 and 4.2): direct and indirect probes, and who is suspected for silence. */

import { ALIVE, SUSPECT } from '../primitives/membership-order.ts';
import { believe, learn, updatesFor } from './beliefs.ts';
import type { Message } from './messages.ts';
import type { SwimContext, SwimState, Timer } from './state.ts';

function nextSequence(state: SwimState): number {
  state.sequence = (state.sequence + 1) % 2 ** 31;
  return state.sequence;
}

function sendPing(state: SwimState, to: string, sequence: number, ctx: SwimContext): void {
  ctx.send(to, { k: 'ping', s: sequence, i: state.incarnation, u: updatesFor(state, to, ctx) });
}

/** A ping of no period, whose answer counts for what it says. */
export function pingNow(state: SwimState, to: string, ctx: SwimContext): void {
  sendPing(state, to, nextSequence(state), ctx);
}

/** The end of one protocol period and the start of the next. */
export function probePeriod(state: SwimState, ctx: SwimContext): void {
  if (state.left) return;
  const intervalMs = ctx.settings.probeIntervalMs;
  const now = ctx.monotonic();
  // A member that itself stood still cannot tell whether the other one did.
  const stoodStill = state.probeDue !== undefined && now - state.probeDue > intervalMs;
  if (!stoodStill) judgeProbe(state, ctx);
  state.oldRelays = state.relays;
  state.relays = new Map();
  state.probeDue = now + intervalMs;
  ctx.setTimer(intervalMs, { t: 'probe' } satisfies Timer);
  const target = state.probeOrder.next(ctx.random);
  if (target === undefined) {
    state.probe = undefined;
    return;
  }
  const sequence = nextSequence(state);
  state.probe = { target, sequence, held: state.beliefs.get(target), acked: false };
  sendPing(state, target, sequence, ctx);
  ctx.setTimer(ctx.settings.probeTimeoutMs, { t: 'indirect', s: sequence } satisfies Timer);
}

function judgeProbe(state: SwimState, ctx: SwimContext): void {
  const probe = state.probe;
  if (probe === undefined || probe.acked) return;
  const held = state.beliefs.get(probe.target);
  // A member that raised its incarnation meanwhile, or is suspected already, is not suspected for this silence.
  if (held === undefined || held !== probe.held || held[3] !== ALIVE) return;
  believe(state, [held[0], held[1], held[2], SUSPECT, state.self], ctx);
}

export function askOthers(state: SwimState, sequence: number, ctx: SwimContext): void {
  const probe = state.probe;
  if (probe === undefined || probe.sequence !== sequence || probe.acked || state.left) return;
  const { target } = probe;
  for (const helper of state.up.sample(ctx.settings.indirectProbes, target)) {
    const updates = updatesFor(state, helper, ctx, target);
    ctx.send(helper, { k: 'req', s: sequence, t: target, i: state.incarnation, u: updates });
  }
}

/** Answers and passes on what belongs to probes; the sender's claims have been taken in already. */
export function onProbeMessage(
  state: SwimState,
  from: string,
  fromLife: number,
  message: Exclude<Message, { k: 'sync' | 'news' }>,
  ctx: SwimContext,
): void {
  switch (message.k) {
    case 'ping':
      ctx.send(from, { k: 'ack', s: message.s, i: state.incarnation, u: updatesFor(state, from, ctx) });
      return;
    case 'req': {
      if (message.t === state.self || !state.roster.has(message.t)) return;
      const sequence = nextSequence(state);
      state.relays.set(sequence, { asker: from, sequence: message.s });
      sendPing(state, message.t, sequence, ctx);
      return;
    }
    case 'ack': {
      noteAck(state, from, message.s);
      const relay = state.relays.get(message.s) ?? state.oldRelays.get(message.s);
      if (relay === undefined) return;
      const updates = updatesFor(state, relay.asker, ctx, from);
      const evidence = { t: from, l: fromLife, j: message.i };
      ctx.send(relay.asker, { k: 'iack', s: relay.sequence, ...evidence, i: state.incarnation, u: updates });
      return;
    }
    case 'iack':
      learn(state, [message.t, message.l, message.j, ALIVE], false, ctx);
      if (state.probe?.acked === false && state.probe.sequence === message.s) ctx.reach('saved-by-another');
      noteAck(state, message.t, message.s);
      return;
  }
}

function noteAck(state: SwimState, target: string, sequence: number): void {
  const probe = state.probe;
  if (probe !== undefined && probe.sequence === sequence && probe.target === target) probe.acked = true;
}

/** One of the dead is pinged with its own death on board: if it lives, it refutes (own; memberlist gossips instead). */
export function contactDead(state: SwimState, ctx: SwimContext): void {
  if (state.left) return;
  ctx.setTimer(ctx.settings.deadContactIntervalMs, { t: 'contact' } satisfies Timer);
  if (state.quirks.forgetsDead) return;
  const name = state.deadOrder.next(ctx.random);
  if (name !== undefined) sendPing(state, name, nextSequence(state), ctx);
}
