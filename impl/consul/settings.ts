/** Consul's settings: memberlist's LAN configuration, Serf's reconnect, and a switch for each part of Lifeguard. */
import { probeTimeoutProblem } from '../primitives/probe-assumptions.ts';
import { pushPullScale } from '../primitives/push-pull-scale.ts';
import type { SettingsSpec } from '../protocol.ts';
import { suspicionTimeoutMs } from './suspicion.ts';

export type ConsulSettings = {
  readonly probeIntervalMs: number;
  readonly probeTimeoutMs: number;
  readonly indirectProbes: number;
  readonly fallbackProbe: boolean;
  readonly suspicionMultiplier: number;
  readonly suspicionMaxMultiplier: number;
  readonly confirmations: number;
  readonly retransmitMultiplier: number;
  readonly gossipIntervalMs: number;
  readonly gossipNodes: number;
  readonly gossipToTheDeadMs: number;
  readonly piggybackEntries: number;
  readonly pushPullIntervalMs: number;
  readonly reconnectIntervalMs: number;
  readonly joinRetryMs: number;
  readonly awarenessMax: number;
  readonly nackShare: number;
  readonly lhaProbe: boolean;
  readonly scaleProbeTimeout: boolean;
  readonly lhaSuspicion: boolean;
  readonly buddy: boolean;
};

/**
 * The quick profile: 7 members cut 4 to 3 must have declared each other dead within 15 s, and a crash must be owed
 * within the 18 s that a kill lasts in a run of 30 s, on real machines too. The longest suspicion is 3 · 4 · 200 ms =
 * 2.4 s, two confirmations bring it down to 0.8 s, and the health score stops at 1, so that a failing probe takes at most
 * 0.4 s. The full ranges of 8 and 6 are right for a service that runs for months: they make the worst case of detection
 * longer than such a run.
 */
export const consulSettings: SettingsSpec<ConsulSettings> = {
  probeIntervalMs: {
    default: 1000,
    quick: 200,
    unit: 'ms',
    doc: 'One member is probed in each; a failing probe takes this times the health score plus one.',
    source: 'memberlist DefaultLANConfig ProbeInterval',
    min: 10,
    max: 600_000,
  },
  probeTimeoutMs: {
    default: 500,
    quick: 80,
    unit: 'ms',
    doc: 'Without an ack for this long, others are asked to probe, and a stream is tried; must be below the interval.',
    source: 'memberlist DefaultLANConfig ProbeTimeout',
    min: 1,
    max: 600_000,
  },
  indirectProbes: {
    default: 3,
    unit: 'members',
    doc: 'Members that are asked to probe on behalf of one that had no ack (k).',
    source: 'memberlist DefaultLANConfig IndirectChecks',
    min: 0,
    max: 64,
    integer: true,
  },
  fallbackProbe: {
    default: true,
    unit: 'flag',
    doc: 'Beside indirect probes, one over the reliable stream.',
    source: 'memberlist DisableTcpPings (false)',
  },
  suspicionMultiplier: {
    default: 4,
    unit: 'intervals',
    doc: 'α: a suspicion lasts at least this times max(1, log10 n) probe intervals.',
    source: 'memberlist DefaultLANConfig SuspicionMult; Lifeguard α (5)',
    min: 1,
    max: 100,
  },
  suspicionMaxMultiplier: {
    default: 6,
    quick: 3,
    unit: 'times',
    doc: 'β: without any confirmation a suspicion lasts this times its least duration.',
    source: 'memberlist DefaultLANConfig SuspicionMaxTimeoutMult; Lifeguard β',
    min: 1,
    max: 100,
  },
  confirmations: {
    default: 2,
    unit: 'members',
    doc: 'K: independent confirmations that bring a suspicion down to its least duration; each is gossiped on.',
    source: 'memberlist suspectNode: SuspicionMult - 2; 3 in the Lifeguard paper',
    min: 0,
    max: 64,
    integer: true,
  },
  retransmitMultiplier: {
    default: 4,
    unit: 'messages',
    doc: 'An update is sent at most this times ⌈log10(n+1)⌉ times by each member.',
    source: 'memberlist DefaultLANConfig RetransmitMult',
    min: 1,
    max: 100,
    integer: true,
  },
  gossipIntervalMs: {
    default: 200,
    quick: 50,
    unit: 'ms',
    doc: 'News is gossiped this often, apart from probes, on which it rides too.',
    source: 'memberlist DefaultLANConfig GossipInterval',
    min: 5,
    max: 600_000,
  },
  gossipNodes: {
    default: 3,
    unit: 'members',
    doc: 'Members that news is gossiped to each time.',
    source: 'memberlist DefaultLANConfig GossipNodes',
    min: 1,
    max: 64,
    integer: true,
  },
  gossipToTheDeadMs: {
    default: 30_000,
    quick: 2000,
    unit: 'ms',
    doc: 'A dead member is still gossiped to for this long, so that it hears of its death and can refute it.',
    source: 'memberlist DefaultLANConfig GossipToTheDeadTime',
    min: 0,
    max: 3_600_000,
  },
  piggybackEntries: {
    default: 64,
    unit: 'entries',
    doc: 'Updates in one datagram at most; the datagram size bounds them too.',
    source: 'own; memberlist UDPBufferSize 1400 B',
    min: 1,
    max: 1000,
    integer: true,
  },
  pushPullIntervalMs: {
    default: 30_000,
    quick: 300,
    unit: 'ms',
    doc: 'Each member exchanges its whole state with a random live one this often, longer above 32 members.',
    source: 'memberlist DefaultLANConfig PushPullInterval and pushPullScale',
    min: 10,
    max: 3_600_000,
  },
  reconnectIntervalMs: {
    default: 30_000,
    quick: 500,
    unit: 'ms',
    doc: 'Each member exchanges its whole state with one of the dead this often, in shuffled turns, for full splits.',
    source: 'Serf ReconnectInterval; own: every time, and in turns',
    min: 10,
    max: 3_600_000,
  },
  joinRetryMs: {
    default: 1000,
    quick: 300,
    unit: 'ms',
    doc: 'Seeds are asked again this often until one has answered, and as long as one has never been heard of.',
    source: 'own',
    min: 10,
    max: 600_000,
  },
  awarenessMax: {
    default: 8,
    quick: 2,
    unit: 'times',
    doc: 'The health score stays below this, so that a probe takes at most this times the interval.',
    source: 'memberlist DefaultLANConfig AwarenessMaxMultiplier; Lifeguard S (8, reached)',
    min: 1,
    max: 64,
    integer: true,
  },
  nackShare: {
    default: 0.8,
    unit: 'share',
    doc: 'Helpers send a nack after this share of the time-out, or of the time that is left behind it where that is less.',
    source: 'Lifeguard section IV-A (80 %)',
    min: 0.01,
    max: 1,
  },
  lhaProbe: {
    default: true,
    unit: 'flag',
    doc: 'Lifeguard LHA-Probe: health score, probes slowed by it, nacks.',
    source: 'Lifeguard section IV-A',
  },
  scaleProbeTimeout: {
    default: false,
    unit: 'flag',
    doc: 'The health score scales the probe time-out too, and not the interval alone.',
    source: 'memberlist probeNode (false); Lifeguard section IV-A (true)',
  },
  lhaSuspicion: {
    default: true,
    unit: 'flag',
    doc: 'Lifeguard LHA-Suspicion: long suspicions that confirmations shorten; without, all have the least duration.',
    source: 'Lifeguard section IV-B',
  },
  buddy: {
    default: true,
    unit: 'flag',
    doc: 'Lifeguard buddy system: a probe of a suspected member carries the suspicion.',
    source: 'Lifeguard section IV-C',
  },
};

export function checkConsulSettings(settings: ConsulSettings): string | undefined {
  return probeTimeoutProblem(settings);
}

/** Time between two whole-state exchanges that a member starts when it knows n members, ms. */
export function pushPullPeriodMs(settings: ConsulSettings, n: number): number {
  return settings.pushPullIntervalMs * pushPullScale(n);
}

/** Longest that a suspicion can last when n members are known, ms. */
export function longestSuspicionMs(settings: ConsulSettings, n: number): number {
  const leastMs = suspicionTimeoutMs(settings.suspicionMultiplier, n, settings.probeIntervalMs);
  return settings.lhaSuspicion ? leastMs * settings.suspicionMaxMultiplier : leastMs;
}

/** Longest that a failing probe can take, in probe intervals. */
export function longestProbe(settings: ConsulSettings): number {
  return settings.lhaProbe ? settings.awarenessMax : 1;
}

/** When a helper that had no ack tells the asker so, ms after it was asked. */
export function nackDelayMs(settings: ConsulSettings): number {
  return settings.nackShare * Math.min(settings.probeTimeoutMs, settings.probeIntervalMs - settings.probeTimeoutMs);
}
