/** What a member keeps, and the hooks through which a test can plant a bug. */
import { type Beliefs, createBeliefs } from '../primitives/membership-beliefs.ts';
import type { Update } from '../primitives/membership-order.ts';
import { PeerLimiter } from '../primitives/rate-limit.ts';
import type { Context } from '../protocol.ts';
import type { Message } from './messages.ts';
import type { SwimSettings } from './settings.ts';

export type SwimContext = Context<Message, SwimSettings>;

/** Deliberate flaws, all off in `swim`; planted-bugs.ts turns them on one at a time, to see them convicted. */
export interface Quirks {
  /** Says nothing against what is said about itself. */
  readonly neverRefutes: boolean;
  /** Vouches for a suspected peer by raising that peer's incarnation, which only the peer itself may do. */
  readonly inflatesOthers: boolean;
  /** Suspects for ever: a suspicion never becomes a death. */
  readonly neverDetects: boolean;
  /** Ends a suspicion when its time is over, whatever was heard meanwhile. */
  readonly actsOnStaleTimers: boolean;
  /** Never contacts those it holds dead. */
  readonly forgetsDead: boolean;
  /** Signed mode: takes every signature for good. */
  readonly trustsSignatures: boolean;
  /** Signed mode: believes accusations at incarnations that the accused never signed. */
  readonly believesAccusers: boolean;
  /** Takes all that peers send, whatever the limit. */
  readonly ignoresLimit: boolean;
}

export const NO_QUIRKS: Quirks = {
  neverRefutes: false,
  inflatesOthers: false,
  neverDetects: false,
  actsOnStaleTimers: false,
  forgetsDead: false,
  trustsSignatures: false,
  believesAccusers: false,
  ignoresLimit: false,
};

/** A timer's data: whatever shows that it is stale stands in it. */
export type Timer =
  | { readonly t: 'probe' }
  /** The direct probe `s` has had its time. */
  | { readonly t: 'indirect'; readonly s: number }
  /** The suspicion of member `n` in life `l` at incarnation `i`; `due` on the monotonic clock, ms. */
  | { readonly t: 'suspicion'; readonly n: string; readonly l: number; readonly i: number; readonly due: number }
  | { readonly t: 'join' }
  | { readonly t: 'sync' }
  | { readonly t: 'contact' };

/** The probe of the running period. */
interface Probe {
  readonly target: string;
  readonly sequence: number;
  /** What was held of the target when the probe began. */
  readonly held: Update | undefined;
  acked: boolean;
}

/** A member's own signatures, for one incarnation of one life; a missing one is the empty text. */
export interface Proof {
  readonly life: number;
  readonly incarnation: number;
  readonly alive: string;
  readonly left: string;
}

/** A probe made for somebody else. */
interface Relay {
  readonly asker: string;
  readonly sequence: number;
}

export interface SwimState extends Beliefs {
  readonly quirks: Quirks;
  /** Last used; starts at random, so that acks of an earlier boot match nothing. */
  sequence: number;
  probe: Probe | undefined;
  /** When the next probe period is due, monotonic ms; undefined before the first. */
  probeDue: number | undefined;
  /** By own sequence number: this period's and the one's before. */
  relays: Map<number, Relay>;
  oldRelays: Map<number, Relay>;
  /** Last whole-state exchange begun because a dead one spoke, monotonic ms. */
  lastRevivalSync: number;
  /** The last whole state that was sent, and its size. */
  measured: { readonly updates: readonly Update[]; readonly bytes: number } | undefined;
  /** Signed mode: by member, the signatures of what it last said of itself. */
  readonly proofs: Map<string, Proof>;
  ownProof: { readonly text: string; readonly signature: string } | undefined;
  readonly limiter: PeerLimiter;
}

export function initSwim(quirks: Quirks, ctx: SwimContext): SwimState {
  // Many times as fast as spreading it into the literal; members start often.
  return Object.assign(createBeliefs(ctx), {
    quirks,
    sequence: ctx.random.int(2 ** 30),
    probe: undefined,
    probeDue: undefined,
    relays: new Map(),
    oldRelays: new Map(),
    lastRevivalSync: Number.NEGATIVE_INFINITY,
    measured: undefined,
    proofs: new Map(),
    ownProof: undefined,
    limiter: new PeerLimiter(),
  });
}
