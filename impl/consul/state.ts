/** What a member keeps, and the hooks through which a test can plant a bug. */
import { PeerSet } from '../member/peers.ts';
import type { Update } from '../primitives/membership-order.ts';
import { PiggybackQueue } from '../primitives/piggyback-queue.ts';
import { Rotation } from '../primitives/rotation.ts';
import type { Context } from '../protocol.ts';
import type { Message } from './messages.ts';
import type { ConsulSettings } from './settings.ts';
import type { Suspicion } from './suspicion.ts';

export type ConsulContext = Context<Message, ConsulSettings>;

/** Deliberate flaws, all off in `consul`; planted-bugs.ts turns them on one at a time, to see them convicted. */
export interface Quirks {
  /** Says nothing against what is said about itself. */
  readonly neverRefutes: boolean;
  /** Every confirmation, repeated ones too, starts the suspicion afresh instead of shortening it. */
  readonly confirmationsRestart: boolean;
  /** Neither gossips to the dead nor reconnects to them. */
  readonly forgetsDead: boolean;
}

export const NO_QUIRKS: Quirks = { neverRefutes: false, confirmationsRestart: false, forgetsDead: false };

/** A timer's data: whatever shows that it is stale stands in it. */
export type Timer =
  | { readonly t: 'probe' }
  /** The direct probe `s` has had its time. */
  | { readonly t: 'indirect'; readonly s: number }
  /** The ping `s` made for somebody else has had its time. */
  | { readonly t: 'nack'; readonly s: number }
  /** The suspicion of member `n` in life `l` at incarnation `i`, with `c` confirmations. */
  | { readonly t: 'suspicion'; readonly n: string; readonly l: number; readonly i: number; readonly c: number }
  /** Member `n`, dead in life `l` at incarnation `i`, is gossiped to no longer. */
  | { readonly t: 'silence'; readonly n: string; readonly l: number; readonly i: number }
  | { readonly t: 'gossip' }
  | { readonly t: 'push-pull' }
  | { readonly t: 'reconnect' }
  | { readonly t: 'join' };

/** The probe that runs. */
export interface Probe {
  readonly target: string;
  readonly sequence: number;
  /** What was held of the target when the probe began. */
  readonly held: Update;
  /** Monotonic ms. */
  readonly sentAt: number;
  /** Probe intervals until it is judged. */
  intervalsLeft: number;
  /** Who was asked to help. */
  helpers: readonly string[];
  /** Helpers that answered for themselves: without success, but well. */
  readonly nacks: Set<string>;
  acked: boolean;
}

/** A probe made for somebody else. */
interface Relay {
  readonly asker: string;
  readonly sequence: number;
  readonly wantsNack: boolean;
  answered: boolean;
}

export interface ConsulState {
  readonly quirks: Quirks;
  readonly self: string;
  readonly life: number;
  readonly roster: ReadonlySet<string>;
  /** The member's own; nobody else raises it. */
  incarnation: number;
  left: boolean;
  /** Lifeguard's local health multiplier: 0 is well, each failure to be heard adds one. */
  health: number;
  /** What is held about every other member ever heard of. The roster bounds it, so nothing is ever forgotten. */
  readonly beliefs: Map<string, Update>;
  readonly suspicions: Map<string, Suspicion>;
  /** Smoothed round-trip times of direct probes, ms. */
  readonly roundTripsMs: Map<string, number>;
  /** Alive or suspect. */
  readonly up: PeerSet;
  /** Those, and the recently dead. */
  readonly gossipPeers: PeerSet;
  readonly probeOrder: Rotation;
  readonly deadOrder: Rotation;
  readonly queue: PiggybackQueue<Update>;
  /** Last used; starts at random, so that acks of an earlier boot match nothing. */
  sequence: number;
  probe: Probe | undefined;
  /** By own sequence number: since the last probe interval began, and in the one before. */
  relays: Map<number, Relay>;
  oldRelays: Map<number, Relay>;
  seeds: readonly string[];
  joined: boolean;
  /** Beliefs that changed in this step, to be persisted at its end. */
  readonly changed: Set<string>;
  incarnationChanged: boolean;
  /** The whole state as a sync carries it; undefined when something changed since it was last made. */
  whole: readonly Update[] | undefined;
  /** Messages and updates that were passed over: unknown names, former lives. */
  ignored: number;
}

export function initConsul(quirks: Quirks, ctx: ConsulContext): ConsulState {
  return {
    quirks,
    self: ctx.self,
    life: ctx.life,
    roster: new Set(ctx.roster),
    incarnation: 0,
    left: false,
    health: 0,
    beliefs: new Map(),
    suspicions: new Map(),
    roundTripsMs: new Map(),
    up: new PeerSet(ctx.self, ctx.random),
    gossipPeers: new PeerSet(ctx.self, ctx.random),
    probeOrder: new Rotation(),
    deadOrder: new Rotation(),
    queue: new PiggybackQueue(),
    sequence: ctx.random.int(2 ** 30),
    probe: undefined,
    relays: new Map(),
    oldRelays: new Map(),
    seeds: [],
    joined: false,
    changed: new Set(),
    incarnationChanged: false,
    whole: undefined,
    ignored: 0,
  };
}

/** Lifeguard's score moves by `delta` within its range (memberlist awareness.go). Without LHA-Probe it stays 0. */
export function changeHealth(state: ConsulState, delta: number, ctx: ConsulContext): void {
  if (!ctx.settings.lhaProbe) return;
  state.health = Math.max(0, Math.min(ctx.settings.awarenessMax - 1, state.health + delta));
}
