/**
 * The one contract between a protocol and whatever runs it.
 *
 * A protocol is a pure state machine: it is handed events and a context, and everything it does to the world goes
 * through that context. It owns no clock, no socket, no randomness of its own, so the same code runs in virtual time,
 * as a process and in a container.
 */

/** A source of random numbers, split off the run's seed by name. */
export interface Random {
  /** Uniform in [0, 1), 32 bits of resolution. */
  next(): number;
  /** Uniform integer in [0, bound). `bound` is at least 1. */
  int(bound: number): number;
  /** Up to `count` distinct items in random order; does not change `items`. */
  sample<T>(items: readonly T[], count: number): T[];
  /** Shuffles in place and returns the same array. */
  shuffle<T>(items: T[]): T[];
}

/** Plain data: what may be put into a message, a persisted record, a timer or a history line. */
export type Data = null | boolean | number | string | readonly Data[] | { readonly [key: string]: Data | undefined };

/** Where a member stands in a managed membership (Akka Cluster, membership life cycle). */
export type LifecycleStatus = 'joining' | 'weakly-up' | 'up' | 'leaving' | 'exiting' | 'down' | 'removed';

/** Health of a member as a membership protocol believes it (SWIM, section 4). */
export type MemberStatus = 'alive' | 'suspect' | 'dead' | 'left';

/**
 * What a member saw or did that a checker may want to know. Written to the history before any datagram of the same
 * step leaves.
 */
export type Observation =
  /** The observer's belief about `subject` changed. `by`: who accused (suspect) or declared (dead), where known. */
  | {
      readonly kind: 'status';
      readonly subject: string;
      readonly subjectLife: number;
      readonly status: MemberStatus;
      readonly incarnation: number;
      readonly by?: string | undefined;
    }
  /**
   * A belief that a restart with state took up again from the life's records, as it stood before: nothing changed, but
   * who reads the history sees that the new boot knows it.
   */
  | {
      readonly kind: 'recall';
      readonly subject: string;
      readonly subjectLife: number;
      readonly status: MemberStatus;
      readonly incarnation: number;
    }
  /**
   * The observer's record of where `subject` stands in the life cycle changed. `made`: the observer made the change itself,
   * and did not hear of it, possibly of several at once. `converged`: it was made as the leader, upon convergence.
   */
  | {
      readonly kind: 'lifecycle';
      readonly subject: string;
      readonly subjectLife: number;
      readonly incarnation: number;
      readonly status: LifecycleStatus;
      readonly made?: true | undefined;
      readonly converged?: true | undefined;
    }
  /** The member raised its own incarnation to refute what was said about it. */
  | { readonly kind: 'refute'; readonly incarnation: number; readonly against: 'suspect' | 'dead' | 'left' }
  /**
   * A versioned map took a version of a key. `version` orders as DESIGN states (hybrid logical time, then writer) and
   * is unique per write. `operation`: set only where the member applies a client's own write.
   */
  | {
      readonly kind: 'apply';
      readonly key: string;
      readonly version: string;
      readonly deleted?: true | undefined;
      readonly operation?: number | undefined;
    }
  /** A broadcast was accepted at its origin, as instance `sequence` of this origin's life. */
  | { readonly kind: 'broadcast'; readonly operation: number; readonly sequence: number }
  /** A broadcast was delivered to the member's application. */
  | {
      readonly kind: 'deliver';
      readonly origin: string;
      readonly originLife: number;
      readonly sequence: number;
      readonly value: Data;
    }
  /** Consensus: a client's proposal was accepted for this instance, durably. */
  | { readonly kind: 'propose'; readonly operation: number; readonly instance: number }
  /** Consensus: the member decided an instance, for good: once per life, restarts with state included. */
  | { readonly kind: 'decide'; readonly instance: number; readonly value: Data }
  /**
   * Adaptive push-pull: the member changed how much it speaks. Chance of a push and of a pull in a round, members per
   * push or pull, and the usefulness of its last exchanges, which made it do so.
   */
  | {
      readonly kind: 'adapt';
      readonly pushProbability: number;
      readonly pullProbability: number;
      readonly fanout: number;
      readonly usefulness: number;
    }
  /** Aggregation: the member takes part in an epoch from here, with this input. `part`: its share of counting mass. */
  | { readonly kind: 'epoch'; readonly epoch: number; readonly input: number; readonly part: number }
  /**
   * Aggregation: the member's side of an exchange took effect: so much was added to its mass. Value, weight and counting
   * mass (summed over its instances). The two sides of an exchange are each other's negation.
   */
  | {
      readonly kind: 'transfer';
      readonly epoch: number;
      readonly initiator: string;
      readonly initiatorLife: number;
      readonly responder: string;
      readonly exchange: number;
      readonly value: number;
      readonly weight: number;
      readonly part: number;
    }
  /**
   * Aggregation: the member ended an epoch with this mass and these estimates. `cycles`: how many it took part in.
   * `pending`: exchanges that it started and whose outcome it does not know.
   */
  | {
      readonly kind: 'estimate';
      readonly epoch: number;
      readonly cycles: number;
      readonly pending: number;
      readonly value: number;
      readonly weight: number;
      readonly part: number;
      readonly average: number;
      readonly sum: number | null;
      readonly count: number | null;
      readonly max: number;
      readonly min: number;
    };

/** How a client operation ended, in Jepsen's terms: done, certainly not done, not known. */
export type Outcome =
  | { readonly type: 'ok'; readonly value?: Data | undefined }
  | { readonly type: 'fail'; readonly error: string }
  | { readonly type: 'info'; readonly error: string };

/** Everything that can happen to a protocol. */
export type ProtocolEvent<Message> =
  /**
   * The first event of each boot. `restored` holds the records of this life in the order they were persisted, or is
   * undefined for a new life. `seeds` are members to join through (never the member itself; may be empty).
   */
  | { readonly type: 'start'; readonly restored: readonly Data[] | undefined; readonly seeds: readonly string[] }
  /** `from` and `fromLife` are the sender's, as its frame states them (authentic where `authenticated` is set). */
  | { readonly type: 'message'; readonly from: string; readonly fromLife: number; readonly message: Message }
  /** A timer set earlier in this boot fired. Timers cannot be cancelled: the data must show when one is stale. */
  | { readonly type: 'timer'; readonly timer: Data }
  /** A client's operation; to be answered with `ctx.reply(id, ...)`, now or later, at most once. */
  | { readonly type: 'operation'; readonly id: number; readonly f: string; readonly value: Data }
  /** The member's membership protocol changed its mind about who may be talked to. */
  | { readonly type: 'membership'; readonly member: string; readonly life: number; readonly up: boolean }
  /** The member is about to leave for good: say good-bye. The process ends shortly afterwards. */
  | { readonly type: 'leave' };

/** The peers a protocol may talk to: fed by membership in a suite, all other members of the plan otherwise. */
export interface Peers {
  /** How many there are, self not counted. */
  readonly count: number;
  /** Up to `count` distinct peers, uniformly at random, without self and without `except`. */
  sample(count: number, except?: string): string[];
  has(name: string): boolean;
}

/** What a protocol may do. All effects of one event take place together, in the order of the calls. */
export interface Context<Message, Settings = unknown> {
  readonly self: string;
  readonly life: number;
  /** Every member the plan names, self included, in plan order. Static; for quorums, never for liveness. */
  readonly roster: readonly string[];
  readonly settings: Settings;
  readonly random: Random;
  readonly peers: Peers;
  /** The member's own wall clock, ms since the epoch; may be skewed, jump and drift. */
  now(): number;
  /** The member's monotonic clock, ms; for durations. */
  monotonic(): number;
  /** One datagram, at most once, perhaps never. The message must not be changed after this call. */
  send(to: string, message: Message): void;
  /** A reliable, ordered transfer for what is larger than a datagram; lost when the link is cut or the peer is down. */
  stream(to: string, message: Message): void;
  /** Fires a `timer` event with this data after `delayMs` of the member's monotonic time. */
  setTimer(delayMs: number, timer: Data): void;
  /** Where the plan holds a key directory, as it does for channels whose settings say `signed`. */
  readonly signer?: Signer | undefined;
  /**
   * Durable before any datagram of this step leaves; handed back on a restart with state. Where there is no room for it,
   * replies and observations of this step and of later ones wait until there is, and their messages are lost.
   */
  persist(record: Data): void;
  reply(operation: number, outcome: Outcome): void;
  emit(observation: Observation): void;
  /** Membership protocols only: tells the other channels of this member who may be talked to. */
  announce(member: string, life: number, up: boolean): void;
  /**
   * Says that the code has come to one of the protocol's `sometimes` conditions, for a search to count. Changes nothing,
   * reaches no history.
   */
  reach(condition: string): void;
}

/** One setting of a protocol, with its unit and where its value comes from. */
export interface Setting<T> {
  readonly default: T;
  /** The value of the quick profile, which the default plan uses so that 30 s show deaths and merges. */
  readonly quick?: T;
  /** `ms`, `members`, `messages`, `rounds`, `probability`, `entries`, ... */
  readonly unit: string;
  readonly doc: string;
  /** Paper and section, or product and version, or `own`. */
  readonly source: string;
  /** Numbers: the smallest and largest value that make sense. */
  readonly min?: number;
  readonly max?: number;
  readonly integer?: boolean;
  /** Enumerations: every allowed value. */
  readonly values?: readonly T[];
  /** Numbers that are usually 0, of which a multiple says nothing: what a search tries instead. */
  readonly alternatives?: readonly T[];
}

export type SettingsSpec<S> = { readonly [K in keyof S]: Setting<S[K]> };

/** How much a plan asks of a channel by one kind of operation. */
export interface PlannedLoad {
  /** The largest number of such operations within any second. */
  readonly perSecond: number;
  /** The largest value of one of them, bytes: a text's in UTF-8, anything else's as JSON. */
  readonly valueBytes: number;
}

/** What a plan will do to the members, as far as claims and bounds depend on it. Derived from the plan alone. */
export interface Conditions {
  /** Members in the plan. */
  readonly n: number;
  /** Names of members that lie at any time. */
  readonly byzantine: readonly string[];
  /** Behaviours planned on each channel that has liars, sorted. */
  readonly behaviours?: ReadonlyMap<string, readonly string[]>;
  /** Members of which a life ends for good: killed and never restarted, restarted without state, or left. */
  readonly livesLost: readonly string[];
  /** Of these, the members that need not come back before the end; absent: any of them. */
  readonly stayDown?: readonly string[] | undefined;
  /** Kinds of faults in the plan, sorted. */
  readonly kinds: readonly string[];
  /** Largest |factor - 1| of any planned timer drift. */
  readonly timerDrift: number;
  /** Largest wall clock error, ms, that skew and drift can add up to. */
  readonly wallErrorMs: number;
  /** One-way latency of a healthy link at most, ms. */
  readonly linkLatencyMs: number;
  /** Extra time a real machine may need to schedule a member, ms; 0 in `sim`. */
  readonly schedulingMs: number;
  /** The longest name of a member, bytes in UTF-8. */
  readonly nameBytes: number;
  /** By kind of operation (`f`), each that the plan has: the load of the channel that gets most of it. */
  readonly load: ReadonlyMap<string, PlannedLoad>;
  /**
   * Whom each member, in plan order, may draw as a peer, in channels that draw peers at random; absent: everybody else.
   * Only protocols that say `sparse` are run where it is there.
   */
  readonly overlay?: Overlay | undefined;
}

/** Every member's neighbours: a directed graph, as who is drawn need not be able to draw the other. */
export type Overlay = ReadonlyMap<string, readonly string[]>;

/**
 * Times in ms within which liveness must hold once every fault is healed, such that correct code misses any of them
 * with a chance below 1e-9 per run. Computed from settings and theory, never tuned.
 */
export interface Bounds {
  /** Heal to equal views at every correct member. */
  readonly convergenceMs?: number;
  /** Crash to declared dead at every correct, connected member. */
  readonly detectionMs?: number;
  /** A live, reachable member is suspected or declared dead, to that being refuted at the accuser. */
  readonly refutationMs?: number;
  /** Broadcast, or heal if later, to delivery at every correct member. */
  readonly deliveryMs?: number;
}

/** One promise of a protocol about one property. */
export interface Claim<Settings = unknown> {
  /** Name of the property that judges it, as in `hearsay list`. */
  readonly property: string;
  readonly strength: 'guaranteed' | 'probable' | 'none';
  /** Probable claims: the rate of exceptions that theory expects, per judged item (residue), in [0, 1]. */
  readonly rate?: (settings: Settings, conditions: Conditions) => number;
  /** The sentence a reader sees: what is promised, and under which faults. */
  readonly statement: string;
  readonly source: string;
  /** Why a plan lies outside what is promised; undefined when it is inside. */
  readonly beyond?: (settings: Settings, conditions: Conditions) => string | undefined;
}

/** A message that a lying member sends, and to whom. */
export interface Told<Message> {
  readonly to: string;
  readonly message: Message;
  /** Over the reliable transfer instead of in a datagram. */
  readonly stream?: boolean | undefined;
}

/** What a lying member has to lie with: it knows what its protocol knows, and signs in no name but its own. */
export interface LieContext<Settings = unknown> {
  readonly self: string;
  readonly life: number;
  readonly roster: readonly string[];
  readonly settings: Settings;
  readonly random: Random;
  readonly signer: Signer | undefined;
  /** The member's monotonic clock, ms. */
  monotonic(): number;
}

/**
 * A member that lies. The protocol inside goes on honestly; the liar stands between it and the links. Whatever it sends
 * must pass `decode`, as only that can do harm.
 */
export interface Liar<Message> {
  /** What really leaves instead of a message of the protocol. */
  tell(to: string, message: Message, stream: boolean): readonly Told<Message>[];
  /** Sees what arrives before the protocol does. */
  readonly hear?: (from: string, fromLife: number, message: Message) => void;
  /** Speaks on its own this often, by `act`; that is the rate of its floods. */
  readonly everyMs?: number;
  readonly act?: () => readonly Told<Message>[];
}

/** A Byzantine behaviour. */
export type Lie<Message, Settings = unknown> = (context: LieContext<Settings>) => Liar<Message>;

/** Which lies a protocol is meant to survive, and how many members may tell them. */
export interface Tolerance<Settings = unknown> {
  /** Names out of `lies`; `all`: whatever a member does. */
  readonly behaviours: 'all' | readonly string[];
  /** Members of n that may lie on this channel at once, each in any of these ways; 0: none with these settings. */
  readonly liars: (settings: Settings, n: number) => number;
  /** Claimed properties that hold all the same, for the members that do not lie. */
  readonly properties: readonly string[];
  /** The sentence a reader sees. */
  readonly statement: string;
}

/** Ed25519 over texts: a member's own key to sign with, everybody's to check with. */
export interface Signer {
  /** In this member's own name: 86 characters. */
  sign(text: string): string;
  verify(member: string, text: string, signature: string): boolean;
}

export type ProtocolRole = 'membership' | 'dissemination' | 'map' | 'reliable-broadcast' | 'aggregation' | 'consensus';

export interface Protocol<State, Message, View extends Data, Settings> {
  /** As in `--protocol NAME`; also the name of its channel in a suite. */
  readonly name: string;
  readonly summary: string;
  /** Paper and section, or product and version. */
  readonly source: string;
  readonly role: ProtocolRole;
  /** Workloads that can drive it. */
  readonly workloads: readonly string[];
  readonly settings: SettingsSpec<Settings>;
  /** Links must be authentic: frames carry a MAC per pair of members on real clusters. */
  readonly authenticated?: boolean;
  /** Views of correct members are claimed to become equal after the heal. */
  readonly converges: boolean;
  /** Its claims and bounds count with `Conditions.overlay`, so that it may run where members know a few others only. */
  readonly sparse?: true;
  /** Where a relation between settings is broken: one line, what and how to mend it. */
  readonly checkSettings?: (settings: Settings, n: number) => string | undefined;
  readonly claims: readonly Claim<Settings>[];
  bounds(settings: Settings, conditions: Conditions): Bounds;
  init(ctx: Context<Message, Settings>): State;
  /** May change `state` in place. Never throws on any message that `decode` let through, whatever it says. */
  handle(state: State, event: ProtocolEvent<Message>, ctx: Context<Message, Settings>): void;
  /** Canonical projection, equal at members that agree: sorted, without counters that differ by nature. */
  view(state: State): View;
  /** Checks shape and ranges of what arrived; undefined for what is not one of its messages. */
  decode(raw: unknown): Message | undefined;
  /** The kind of a message, for traffic accounting: `ping`, `ack`, `digest`, ... A small closed set. */
  kindOf(message: Message): string;
  readonly lies?: Readonly<Record<string, Lie<Message, Settings>>>;
  /** Without an entry for a behaviour and a property, a plan with such a liar is beyond what is claimed. */
  readonly tolerates?: readonly Tolerance<Settings>[];
  /** By the name that `ctx.reach` is called with. */
  readonly sometimes?: Readonly<Record<string, Sometimes>>;
}

/** A corner that a search should have seen the code turn at least once ("sometimes assertions", as in Antithesis). */
export interface Sometimes {
  /** What has happened when `ctx.reach` is called with its name. */
  readonly doc: string;
  /** It counts only while a fault of one of these kinds is on. */
  readonly during?: readonly string[];
}

/** Any protocol, its types forgotten: what registries and clusters hold. */
// biome-ignore lint/suspicious/noExplicitAny: the types of state and message stay inside each protocol
export type AnyProtocol = Protocol<any, any, any, any>;

/** Every setting at its default, or at its quick value where it has one. */
export function settingsOf<S>(spec: SettingsSpec<S>, profile: 'default' | 'quick'): S {
  const out: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries<Setting<unknown>>(spec as Record<string, Setting<unknown>>)) {
    out[key] = profile === 'quick' && setting.quick !== undefined ? setting.quick : setting.default;
  }
  return out as S;
}
