/** What a member keeps, and the hooks through which a test can plant a bug. */
import type { NormalPhi } from '../primitives/phi-accrual.ts';
import type { Context } from '../protocol.ts';
import type { Gossip, StatusCode } from './gossip.ts';
import type { Message } from './messages.ts';
import type { AkkaSettings } from './settings.ts';

export type AkkaContext = Context<Message, AkkaSettings>;

/** Deliberate flaws, all off in `akka`; planted-bugs.ts turns them on one at a time, to see them convicted. */
export interface Quirks {
  /** The leader acts whoever has or has not seen the state. */
  readonly ignoresConvergence: boolean;
  /** Keeps its own state where another one is concurrent: nothing is merged. */
  readonly neverMerges: boolean;
  /** Once unreachable, always unreachable. */
  readonly neverReachable: boolean;
  /** The leader makes leaving members up again. */
  readonly revivesLeaving: boolean;
  /** Passes over all gossip from whoever is no member in its own state, as Akka does. */
  readonly ignoresStrangers: boolean;
  /** Of several earlier incarnations of one that wants to join, takes only the first down. */
  readonly downsOneFormer: boolean;
}

export const NO_QUIRKS: Quirks = {
  ignoresConvergence: false,
  neverMerges: false,
  neverReachable: false,
  revivesLeaving: false,
  ignoresStrangers: false,
  downsOneFormer: false,
};

/** `n`: the uid that set it: timers of a former incarnation are stale. */
export type Timer =
  | { readonly t: 'join'; readonly n: number }
  | { readonly t: 'gossip'; readonly n: number }
  | { readonly t: 'extra'; readonly n: number }
  | { readonly t: 'leader'; readonly n: number }
  | { readonly t: 'beat'; readonly n: number };

/** What the observer last said of a member: life cycle and health. */
export interface Said {
  status: StatusCode;
  health: 'alive' | 'suspect' | 'dead' | 'left';
}

export interface AkkaState {
  readonly quirks: Quirks;
  readonly self: string;
  readonly life: number;
  readonly roster: ReadonlySet<string>;
  /** The plan's first member: it forms the cluster. */
  readonly isFirst: boolean;
  uid: number;
  /** The member's unique address, `name/life.uid`. */
  id: string;
  /** undefined until the member has been let in. */
  gossip: Gossip | undefined;
  left: boolean;
  seeds: readonly string[];
  /** When this incarnation began to ask, monotonic ms, and who has answered that it is in no cluster either. */
  askedSince: number;
  readonly refusals: Set<string>;
  /** When the leader last looked for members that it does not know, monotonic ms, and whom it asked then. */
  lookedAt: number;
  readonly soughtOut: Set<string>;
  /** By id of the monitored. */
  readonly detectors: Map<string, NormalPhi>;
  beatDue: number | undefined;
  /** What is unreachable, as one text, and since when that has not changed: for downing. */
  unstable: string;
  stableSince: number;
  /** By id. */
  readonly said: Map<string, Said>;
  /** Messages that were passed over: for another incarnation, from strangers, from the unreachable. */
  ignored: number;
}

export function initAkka(quirks: Quirks, ctx: AkkaContext): AkkaState {
  return {
    quirks,
    self: ctx.self,
    life: ctx.life,
    roster: new Set(ctx.roster),
    isFirst: ctx.roster[0] === ctx.self,
    uid: 0,
    id: '',
    gossip: undefined,
    left: false,
    seeds: [],
    askedSince: 0,
    refusals: new Set(),
    lookedAt: 0,
    soughtOut: new Set(),
    detectors: new Map(),
    beatDue: undefined,
    unstable: '',
    stableSince: 0,
    said: new Map(),
    ignored: 0,
  };
}
