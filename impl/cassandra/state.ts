/** What a member keeps, and the hooks through which a test can plant a bug. */
import { PeerSet } from '../member/peers.ts';
import type { ExponentialPhi } from '../primitives/phi-accrual.ts';
import type { Context } from '../protocol.ts';
import type { AppState, Digest, EndpointDelta, Message } from './messages.ts';
import type { CassandraSettings } from './settings.ts';

export type CassandraContext = Context<Message, CassandraSettings>;

/** Deliberate flaws, all off in `cassandra`; planted-bugs.ts turns them on one at a time, to see them convicted. */
export interface Quirks {
  /** Lists whoever it ever heard of as alive for ever. */
  readonly neverConvicts: boolean;
  /** Takes a conviction as final for the generation. */
  readonly neverReinstates: boolean;
  /** Contacts none that it holds unreachable, seeds neither. */
  readonly forgetsUnreachable: boolean;
  /** Compares versions of different generations as if they counted the same thing. */
  readonly ignoresGenerations: boolean;
}

export const NO_QUIRKS: Quirks = {
  neverConvicts: false,
  neverReinstates: false,
  forgetsUnreachable: false,
  ignoresGenerations: false,
};

export type Timer = { readonly t: 'gossip' } | { readonly t: 'shadow' };

/** Everything held about one endpoint (Cassandra: EndpointState and what the failure detector keeps beside it). */
export interface Endpoint {
  readonly name: string;
  readonly life: number;
  readonly generation: number;
  heartbeat: number;
  /** The highest over the heartbeat and all application states. */
  version: number;
  readonly states: Map<string, AppState>;
  alive: boolean;
  readonly phi: ExponentialPhi;
  /** When an echo was last asked for, monotonic ms. */
  echoAt: number;
  /** As messages carry it; undefined when something changed since it was last made. */
  digest: Digest | undefined;
  /** The heartbeat alone, likewise. */
  bare: EndpointDelta | undefined;
}

export interface CassandraState {
  readonly quirks: Quirks;
  readonly self: string;
  readonly life: number;
  readonly roster: ReadonlySet<string>;
  /** The member's own endpoint; undefined before the start. */
  own: Endpoint;
  /** All other endpoints that are known; the roster bounds them. */
  readonly endpoints: Map<string, Endpoint>;
  readonly live: PeerSet;
  readonly unreachable: PeerSet;
  seeds: readonly string[];
  left: boolean;
  /** The shadow round, while it lasts: when it ends at the latest, and which seeds are booting too. */
  shadow: { readonly untilMs: number; readonly booting: Set<string> } | undefined;
  /** name -> until when what is said of it is ignored, monotonic ms. */
  readonly quarantine: Map<string, number>;
  /** name -> latest life that was evicted: it never comes back. */
  readonly evicted: Map<string, number>;
  /** When the next round is due, and when this member last found that it had stood still, monotonic ms. */
  roundDue: number | undefined;
  lastPause: number;
  loadDue: number;
  /** Messages taken in since the boot. */
  handled: number;
  /** Messages and states that were passed over: unknown names, former lives, quarantine, impossible generations. */
  ignored: number;
}

export function initCassandra(
  quirks: Quirks,
  ctx: CassandraContext,
  own: (ctx: CassandraContext) => Endpoint,
): CassandraState {
  return {
    quirks,
    self: ctx.self,
    life: ctx.life,
    roster: new Set(ctx.roster),
    own: own(ctx),
    endpoints: new Map(),
    live: new PeerSet(ctx.self, ctx.random),
    unreachable: new PeerSet(ctx.self, ctx.random),
    seeds: [],
    left: false,
    shadow: undefined,
    quarantine: new Map(),
    evicted: new Map(),
    roundDue: undefined,
    lastPause: Number.NEGATIVE_INFINITY,
    loadDue: Number.NEGATIVE_INFINITY,
    handled: 0,
    ignored: 0,
  };
}
