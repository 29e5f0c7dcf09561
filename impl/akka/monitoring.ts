/** Who monitors whom, heartbeats, and what is concluded from them (ClusterHeartbeat.scala, HeartbeatNodeRing). */
import { NormalPhi } from '../primitives/phi-accrual.ts';
import { install } from './cluster.ts';
import { changed, DOWN, type Gossip, parseId, rowOf, statusOf, unreachableIn, withRow } from './gossip.ts';
import { maxIntervalMs } from './settings.ts';
import type { AkkaContext, AkkaState, Timer } from './state.ts';

/** FNV-1a, finished so that names that differ in one digit lie far apart: places on the ring. */
function place(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** The ring of a state's members, kept as long as the state has these members. */
const rings = new WeakMap<Gossip['m'], readonly string[]>();

function ringOf(gossip: Gossip): readonly string[] {
  let ring = rings.get(gossip.m);
  if (ring === undefined) {
    const places = gossip.m.map(([id]) => ({ id, at: place(id) }));
    ring = places.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1)).map(({ id }) => id);
    rings.set(gossip.m, ring);
  }
  return ring;
}

/** The next `count` on the ring; the unreachable among them are monitored too, and do not count. */
export function monitoredBy(gossip: Gossip, id: string, count: number): string[] {
  const ring = ringOf(gossip);
  const at = ring.indexOf(id);
  if (at < 0) return [];
  const unreachable = unreachableIn(gossip);
  const out: string[] = [];
  let counted = 0;
  for (let i = 1; i < ring.length && counted < count; i++) {
    const next = ring[(at + i) % ring.length];
    if (next === undefined) continue;
    out.push(next);
    if (!unreachable.has(next)) counted++;
  }
  return out;
}

/** Sends heartbeats, and looks who is no longer available, or is so again (reapUnreachableMembers). */
export function beat(state: AkkaState, ctx: AkkaContext): void {
  const { settings } = ctx;
  const now = ctx.monotonic();
  // A member that itself stood still cannot tell whether the others did (own).
  const stoodStill = state.beatDue !== undefined && now - state.beatDue > settings.heartbeatIntervalMs;
  state.beatDue = now + settings.heartbeatIntervalMs;
  ctx.setTimer(settings.heartbeatIntervalMs, { t: 'beat', n: state.uid } satisfies Timer);
  const gossip = state.gossip;
  if (gossip === undefined) return;
  const held = rowOf(gossip, state.id);
  const targets = new Set([...monitoredBy(gossip, state.id, settings.monitoredBy), ...held]);
  for (const id of state.detectors.keys()) if (!targets.has(id)) state.detectors.delete(id);
  for (const id of targets) {
    if (statusOf(gossip, id) === undefined) continue;
    if (!state.detectors.has(id)) {
      const detector = new NormalPhi({
        samples: settings.phiSamples,
        minDeviationMs: settings.phiMinDeviationMs,
        acceptablePauseMs: settings.acceptablePauseMs,
        firstEstimateMs: settings.heartbeatIntervalMs,
        maxIntervalMs: maxIntervalMs(settings),
        threshold: settings.phiThreshold,
      });
      detector.heartbeat(now);
      state.detectors.set(id, detector);
    }
    ctx.send(parseId(id).name, { k: 'beat', f: state.id, o: id });
  }
  if (!stoodStill) reap(state, gossip, held, now, ctx);
}

function reap(state: AkkaState, gossip: Gossip, held: readonly string[], now: number, ctx: AkkaContext): void {
  const unreachable: string[] = [];
  for (const [id, detector] of state.detectors) {
    const wasHeld = held.includes(id);
    if (statusOf(gossip, id) === undefined) continue;
    if (!detector.isAvailable(now) || (wasHeld && state.quirks.neverReachable)) unreachable.push(id);
  }
  if (unreachable.length === held.length && unreachable.every((id) => held.includes(id))) return;
  if (statusOf(gossip, state.id) === DOWN) return;
  install(state, changed(withRow(gossip, state.id, unreachable), state.id), 'made', ctx);
}

export function hearPulse(state: AkkaState, from: string, ctx: AkkaContext): void {
  state.detectors.get(from)?.heartbeat(ctx.monotonic());
}
