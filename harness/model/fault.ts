/** Faults as data: what is done, to whom, when, how strongly. How each is made is the cluster's business. */

/** Directed links: every member of `from` to every member of `to`, a member to itself left out. */
export interface LinkBlock {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** Which directed links a link fault touches. */
export type Links = 'all' | readonly LinkBlock[];

interface Window {
  /** Unique in the plan; names the fault's random draws, so that removing one fault does not reshuffle the rest. */
  readonly id: string;
  readonly atMs: number;
  /** Exclusive; at most the heal. */
  readonly untilMs: number;
}

export interface PartitionFault extends Window {
  readonly type: 'partition';
  /** For the reader: halves, majority, one, ring, bridge, one-way, random. `cuts` decides. */
  readonly shape: string;
  readonly cuts: readonly LinkBlock[];
}
export interface LossFault extends Window {
  readonly type: 'loss';
  readonly links: Links;
  /** Share of messages lost in the long run, in (0, 1]. */
  readonly probability: number;
  /** Mean number of messages lost in a row (Gilbert-Elliott); absent: each on its own. At least 1. */
  readonly burst?: number | undefined;
}
export interface DelayFault extends Window {
  readonly type: 'delay';
  readonly links: Links;
  /** Added one-way; the jitter is uniform in [-jitterMs, +jitterMs] and at most delayMs. */
  readonly delayMs: number;
  readonly jitterMs: number;
}
export interface DuplicateFault extends Window {
  readonly type: 'duplicate';
  readonly links: Links;
  readonly probability: number;
}
export interface ReorderFault extends Window {
  readonly type: 'reorder';
  readonly links: Links;
  /** Share of messages held back by `holdMs`, so that later ones overtake them. */
  readonly probability: number;
  readonly holdMs: number;
}
export interface CorruptFault extends Window {
  readonly type: 'corrupt';
  readonly links: Links;
  /** Share of datagrams in which bits are flipped; the receiver's checksum turns that into loss. */
  readonly probability: number;
}
export interface BandwidthFault extends Window {
  readonly type: 'bandwidth';
  readonly links: Links;
  /** Per directed link. A message waits for those before it; one that would wait over `queueMs` is dropped. */
  readonly bitsPerSecond: number;
  readonly queueMs: number;
}
export interface ClockSkewFault extends Window {
  readonly type: 'clock-skew';
  readonly targets: readonly string[];
  /** Added to the wall clock, may be negative. Gone at the end of the window. */
  readonly skewMs: number;
}
export interface ClockDriftFault extends Window {
  readonly type: 'clock-drift';
  readonly targets: readonly string[];
  /** Wall clock seconds per real second during the window; what it gained is gone at the end. */
  readonly factor: number;
}
/** The wall clock leaps: wrong by `skewMs` for `everyMs` from `atMs` on, then true for as long, and so on. */
export interface ClockStrobeFault extends Window {
  readonly type: 'clock-strobe';
  readonly targets: readonly string[];
  /** May be negative. */
  readonly skewMs: number;
  readonly everyMs: number;
}
export interface TimerDriftFault extends Window {
  readonly type: 'timer-drift';
  readonly targets: readonly string[];
  /** Monotonic seconds per real second during the window; what it gained stays (it never runs backwards). */
  readonly factor: number;
}
export interface PauseFault extends Window {
  readonly type: 'pause';
  readonly targets: readonly string[];
}
export interface SlowFault extends Window {
  readonly type: 'slow';
  readonly targets: readonly string[];
  /** In each period of `everyMs` the member blocks before sends and after receives for the first `blockMs`. */
  readonly blockMs: number;
  readonly everyMs: number;
}
/** A member has so much of one processor, by a quota for each 100 ms. One that asks for less feels nothing of it. */
export interface CpuFault extends Window {
  readonly type: 'cpu';
  readonly targets: readonly string[];
  /** In (0, 1). */
  readonly share: number;
}
/**
 * There is no room for a member's state. What it cannot store it does not acknowledge, and nothing that follows from it is
 * let known, until there is room again; messages that were to leave in the meantime are lost (impl/protocol.ts, `persist`).
 */
export interface DiskFullFault extends Window {
  readonly type: 'disk-full';
  readonly targets: readonly string[];
}
export interface KillFault extends Window {
  readonly type: 'kill';
  readonly targets: readonly string[];
  /** What happens at `untilMs`. */
  readonly restart: 'with-state' | 'without-state' | 'never';
}
/** A graceful leave at `atMs` and, where `rejoin` is set, a new life at `untilMs`. */
export interface LeaveFault extends Window {
  readonly type: 'leave';
  readonly targets: readonly string[];
  readonly rejoin: boolean;
}
export interface ByzantineFault extends Window {
  readonly type: 'byzantine';
  readonly targets: readonly string[];
  readonly channel: string;
  readonly behaviour: string;
}

export type PlannedFault =
  | PartitionFault
  | LossFault
  | DelayFault
  | DuplicateFault
  | ReorderFault
  | CorruptFault
  | BandwidthFault
  | ClockSkewFault
  | ClockDriftFault
  | ClockStrobeFault
  | TimerDriftFault
  | PauseFault
  | SlowFault
  | CpuFault
  | DiskFullFault
  | KillFault
  | LeaveFault
  | ByzantineFault;

export type FaultType = PlannedFault['type'];

export const LINK_FAULTS = ['partition', 'loss', 'delay', 'duplicate', 'reorder', 'corrupt', 'bandwidth'] as const;
export const FAULT_TYPES: readonly FaultType[] = [
  ...LINK_FAULTS,
  'clock-skew',
  'clock-drift',
  'clock-strobe',
  'timer-drift',
  'pause',
  'slow',
  'cpu',
  'disk-full',
  'kill',
  'leave',
  'byzantine',
];

/** What only bites on members that are busy enough, or have something to store: plans with these want a load that asks for it. */
export const DEMANDING_FAULTS: ReadonlySet<string> = new Set<FaultType>(['clock-strobe', 'cpu', 'disk-full']);

export type LinkFault = Extract<PlannedFault, { type: (typeof LINK_FAULTS)[number] }>;

export function isLinkFault(fault: PlannedFault): fault is LinkFault {
  return (LINK_FAULTS as readonly string[]).includes(fault.type);
}

export type WallClockFault = Extract<PlannedFault, { type: 'clock-skew' | 'clock-drift' | 'clock-strobe' }>;

/** Whether it makes wall clocks wrong, and leaves all else of a member alone. */
export function turnsWallClock(fault: PlannedFault): fault is WallClockFault {
  return fault.type === 'clock-skew' || fault.type === 'clock-drift' || fault.type === 'clock-strobe';
}

/** The wall clock's error under a strobe that is on, ms, at this many ms since the run's start. */
export function strobeErrorMs({ atMs, everyMs, skewMs }: ClockStrobeFault, nowMs: number): number {
  const periodMs = 2 * everyMs;
  const phaseMs = (((nowMs - atMs) % periodMs) + periodMs) % periodMs;
  return phaseMs < everyMs ? skewMs : 0;
}

/** Of the quotas that bind a member, the one that leaves it least; undefined: none does. */
export function cpuShareOf(active: readonly PlannedFault[], member: string): number | undefined {
  const shares = active.flatMap((fault) =>
    fault.type === 'cpu' && fault.targets.includes(member) ? [fault.share] : [],
  );
  return shares.length === 0 ? undefined : Math.min(...shares);
}

/** Whether there is no room for the member's state. */
export function isDiskFull(active: readonly PlannedFault[], member: string): boolean {
  return active.some((fault) => fault.type === 'disk-full' && fault.targets.includes(member));
}

/** Whether the directed link `from` -> `to` is among `links`. */
export function touches(links: Links, from: string, to: string): boolean {
  if (from === to) return false;
  return links === 'all' || links.some((block) => block.from.includes(from) && block.to.includes(to));
}

/** The links a link fault touches, whatever its type. */
export function linksOf(fault: LinkFault): Links {
  return fault.type === 'partition' ? fault.cuts : fault.links;
}
