/** Failure detection: direct, indirect and fallback probes, slowed by the member's own health (Lifeguard LHA-Probe). */
import { ALIVE, SUSPECT, type Update } from '../primitives/membership-order.ts';
import { learn, sendSync, updatesFor } from './beliefs.ts';
import type { Message } from './messages.ts';
import { nackDelayMs } from './settings.ts';
import { type ConsulContext, type ConsulState, changeHealth, type Timer } from './state.ts';

/** Weight of a new round-trip time in the smoothed one (RFC 6298, section 2). */
const ROUND_TRIP_WEIGHT = 1 / 8;

function nextSequence(state: ConsulState): number {
  state.sequence = (state.sequence + 1) % 2 ** 31;
  return state.sequence;
}

/**
 * One tick of the probe interval: the probe that runs is judged when its intervals are over, and while it fails no other
 * begins, as in memberlist, where a probe that outlasts its tick swallows those that follow.
 */
export function probeTick(state: ConsulState, ctx: ConsulContext): void {
  if (state.left) return;
  ctx.setTimer(ctx.settings.probeIntervalMs, { t: 'probe' } satisfies Timer);
  state.oldRelays = state.relays;
  state.relays = new Map();
  const running = state.probe;
  if (running !== undefined && !running.acked) {
    running.intervalsLeft--;
    if (running.intervalsLeft > 0) return;
    failProbe(state, ctx);
  }
  state.probe = undefined;
  const target = state.probeOrder.next(ctx.random);
  const held = target === undefined ? undefined : state.beliefs.get(target);
  if (target !== undefined && held !== undefined) startProbe(state, target, held, ctx);
}

function startProbe(state: ConsulState, target: string, held: Update, ctx: ConsulContext): void {
  const { settings } = ctx;
  const sequence = nextSequence(state);
  const scale = state.health + 1;
  state.probe = {
    target,
    sequence,
    held,
    sentAt: ctx.monotonic(),
    intervalsLeft: scale,
    helpers: [],
    nacks: new Set(),
    acked: false,
  };
  const accused = settings.buddy && held[3] === SUSPECT ? held : undefined;
  ctx.send(target, { k: 'ping', s: sequence, i: state.incarnation, u: updatesFor(state, ctx, undefined, accused) });
  const timeoutMs = settings.probeTimeoutMs * (settings.scaleProbeTimeout ? scale : 1);
  ctx.setTimer(timeoutMs, { t: 'indirect', s: sequence } satisfies Timer);
}

/** memberlist: with helpers asked for nacks, only missing nacks speak against oneself; without, the failure does. */
function failProbe(state: ConsulState, ctx: ConsulContext): void {
  const probe = state.probe;
  if (probe === undefined) return;
  changeHealth(state, probe.helpers.length > 0 ? probe.helpers.length - probe.nacks.size : 1, ctx);
  const [name, life, incarnation] = probe.held;
  // At what was held when the probe began: a member that raised its incarnation meanwhile is not suspected for it.
  learn(state, [name, life, incarnation, SUSPECT, state.self], false, ctx);
}

export function askOthers(state: ConsulState, sequence: number, ctx: ConsulContext): void {
  const probe = state.probe;
  if (probe === undefined || probe.sequence !== sequence || probe.acked || state.left) return;
  const { settings } = ctx;
  const { target } = probe;
  probe.helpers = state.up.sample(settings.indirectProbes, target);
  for (const helper of probe.helpers) {
    const u = updatesFor(state, ctx, target);
    ctx.send(helper, { k: 'req', s: sequence, t: target, n: settings.lhaProbe, i: state.incarnation, u });
  }
  if (settings.fallbackProbe) ctx.stream(target, { k: 'sping', s: sequence, i: state.incarnation, u: [] });
}

/** Answers and passes on what belongs to probes; the sender's claims have been taken in already. */
export function onProbeMessage(
  state: ConsulState,
  from: string,
  fromLife: number,
  message: Exclude<Message, { k: 'sync' | 'gossip' }>,
  ctx: ConsulContext,
): void {
  switch (message.k) {
    case 'ping':
      ctx.send(from, { k: 'ack', s: message.s, i: state.incarnation, u: updatesFor(state, ctx) });
      return;
    case 'sping':
      ctx.stream(from, { k: 'sack', s: message.s, i: state.incarnation, u: [] });
      return;
    case 'req':
      pingFor(state, from, message, ctx);
      return;
    case 'ack':
      noteRoundTrip(state, from, message.s, ctx);
      noteAck(state, from, message.s, ctx);
      passAck(state, from, fromLife, message, ctx);
      return;
    case 'sack':
      noteAck(state, from, message.s, ctx);
      return;
    case 'iack':
      learn(state, [message.t, message.l, message.j, ALIVE], false, ctx);
      noteAck(state, message.t, message.s, ctx);
      return;
    case 'nack':
      if (state.probe?.sequence === message.s && state.probe.helpers.includes(from)) state.probe.nacks.add(from);
      return;
  }
}

function noteAck(state: ConsulState, target: string, sequence: number, ctx: ConsulContext): void {
  const probe = state.probe;
  if (probe === undefined || probe.sequence !== sequence || probe.target !== target || probe.acked) return;
  probe.acked = true;
  changeHealth(state, -1, ctx);
}

function noteRoundTrip(state: ConsulState, target: string, sequence: number, ctx: ConsulContext): void {
  const probe = state.probe;
  if (probe === undefined || probe.sequence !== sequence || probe.target !== target || probe.acked) return;
  const sampleMs = ctx.monotonic() - probe.sentAt;
  const beforeMs = state.roundTripsMs.get(target) ?? sampleMs;
  state.roundTripsMs.set(target, beforeMs + ROUND_TRIP_WEIGHT * (sampleMs - beforeMs));
}

function pingFor(state: ConsulState, asker: string, request: Extract<Message, { k: 'req' }>, ctx: ConsulContext): void {
  if (request.t === state.self || !state.roster.has(request.t)) return;
  const sequence = nextSequence(state);
  state.relays.set(sequence, { asker, sequence: request.s, wantsNack: request.n, answered: false });
  ctx.send(request.t, { k: 'ping', s: sequence, i: state.incarnation, u: updatesFor(state, ctx) });
  if (request.n) ctx.setTimer(nackDelayMs(ctx.settings), { t: 'nack', s: sequence } satisfies Timer);
}

function passAck(
  state: ConsulState,
  target: string,
  life: number,
  ack: Extract<Message, { k: 'ack' }>,
  ctx: ConsulContext,
): void {
  const relay = state.relays.get(ack.s) ?? state.oldRelays.get(ack.s);
  if (relay === undefined || relay.answered) return;
  relay.answered = true;
  const evidence = { t: target, l: life, j: ack.i };
  const u = updatesFor(state, ctx, target);
  ctx.send(relay.asker, { k: 'iack', s: relay.sequence, ...evidence, i: state.incarnation, u });
}

/** The one this member was asked to ping has not answered so far; an ack that comes later is still passed on. */
export function sendNack(state: ConsulState, sequence: number, ctx: ConsulContext): void {
  const relay = state.relays.get(sequence) ?? state.oldRelays.get(sequence);
  if (relay === undefined || relay.answered || !relay.wantsNack || state.left) return;
  ctx.send(relay.asker, { k: 'nack', s: relay.sequence, i: state.incarnation, u: updatesFor(state, ctx) });
}

/** Whole states are exchanged with one of the dead, its own death among them: if it lives, it refutes (Serf). */
export function reconnect(state: ConsulState, ctx: ConsulContext): void {
  if (state.left) return;
  ctx.setTimer(ctx.settings.reconnectIntervalMs, { t: 'reconnect' } satisfies Timer);
  if (state.quirks.forgetsDead) return;
  const name = state.deadOrder.next(ctx.random);
  if (name !== undefined) sendSync(state, name, true, ctx);
}
