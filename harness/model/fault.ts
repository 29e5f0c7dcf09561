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
  | TimerDriftFault
  | PauseFault
  | SlowFault
  | KillFault
  | LeaveFault
  | ByzantineFault;

export type FaultType = PlannedFault['type'];

export const LINK_FAULTS = ['partition', 'loss', 'delay', 'duplicate', 'reorder', 'corrupt', 'bandwidth'] as const;
export const FAULT_TYPES: readonly FaultType[] = [
  ...LINK_FAULTS,
  'clock-skew',
  'clock-drift',
  'timer-drift',
  'pause',
  'slow',
  'kill',
  'leave',
  'byzantine',
];

export type LinkFault = Extract<PlannedFault, { type: (typeof LINK_FAULTS)[number] }>;

export function isLinkFault(fault: PlannedFault): fault is LinkFault {
  return (LINK_FAULTS as readonly string[]).includes(fault.type);
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
