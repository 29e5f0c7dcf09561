/** What a member keeps, and the hooks through which a test can plant a bug. */
import { PeerSet } from '../member/peers.ts';
import { type Beliefs, createBeliefs } from '../primitives/membership-beliefs.ts';
import type { Update } from '../primitives/membership-order.ts';
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

export interface ConsulState extends Beliefs {
  readonly quirks: Quirks;
  /** Lifeguard's local health multiplier: 0 is well, each failure to be heard adds one. */
  health: number;
  readonly suspicions: Map<string, Suspicion>;
  /** Smoothed round-trip times of direct probes, ms. */
  readonly roundTripsMs: Map<string, number>;
  /** Those who are up, and the recently dead. */
  readonly gossipPeers: PeerSet;
  /** Last used; starts at random, so that acks of an earlier boot match nothing. */
  sequence: number;
  probe: Probe | undefined;
  /** By own sequence number: since the last probe interval began, and in the one before. */
  relays: Map<number, Relay>;
  oldRelays: Map<number, Relay>;
}

export function initConsul(quirks: Quirks, ctx: ConsulContext): ConsulState {
  // Many times as fast as spreading it into the literal; members start often.
  return Object.assign(createBeliefs(ctx), {
    quirks,
    health: 0,
    suspicions: new Map(),
    roundTripsMs: new Map(),
    gossipPeers: new PeerSet(ctx.self, ctx.random),
    sequence: ctx.random.int(2 ** 30),
    probe: undefined,
    relays: new Map(),
    oldRelays: new Map(),
  });
}

/** Lifeguard's score moves by `delta` within its range (memberlist awareness.go). Without LHA-Probe it stays 0. */
export function changeHealth(state: ConsulState, delta: number, ctx: ConsulContext): void {
  if (!ctx.settings.lhaProbe) return;
  state.health = Math.max(0, Math.min(ctx.settings.awarenessMax - 1, state.health + delta));
}
