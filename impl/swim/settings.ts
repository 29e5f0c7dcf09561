/** SWIM's settings, where their values come from, and what they imply for a cluster of a given size. */
import { probeTimeoutProblem } from '../primitives/probe-assumptions.ts';
import { pushPullScale } from '../primitives/push-pull-scale.ts';
import { peerLimit } from '../primitives/rate-limit.ts';
import { suspicionTimeoutMs } from '../primitives/suspicion.ts';
import type { SettingsSpec } from '../protocol.ts';

export type SwimSettings = {
  readonly probeIntervalMs: number;
  readonly probeTimeoutMs: number;
  readonly indirectProbes: number;
  readonly suspicionMultiplier: number;
  readonly retransmitMultiplier: number;
  readonly piggybackEntries: number;
  readonly syncIntervalMs: number;
  readonly deadContactIntervalMs: number;
  readonly joinRetryMs: number;
  readonly signed: boolean;
  readonly peerMessagesPerSecond: number;
};

/**
 * The quick profile: 7 members cut in two must have declared each other dead about 5 s later: the next probe of a given
 * member is at most 12 periods away, its outcome one more, the suspicion lasts 3⌈ln 8⌉ = 9 periods; 22 periods of
 * 200 ms are 4.4 s. At 10 % loss a probe (k = 3) fails with 0.19 · 0.344³ ≈ 0.8 %, but a death needs all news of the
 * suspicion or of its refutation to be lost for 9 periods. An indirect probe has 120 ms for four hops, direct ones
 * 80 ms for two: a machine's scheduling noise of 50 to 100 ms costs a suspicion at times, which is refuted.
 */
export const swimSettings: SettingsSpec<SwimSettings> = {
  probeIntervalMs: {
    default: 1000,
    quick: 200,
    unit: 'ms',
    doc: 'Protocol period: one member is probed in each.',
    source: 'memberlist DefaultLANConfig ProbeInterval; SWIM section 4.3',
    min: 10,
    max: 600_000,
  },
  probeTimeoutMs: {
    default: 500,
    quick: 80,
    unit: 'ms',
    doc: 'Without an ack for this long, others are asked to probe; must be below the interval.',
    source: 'memberlist DefaultLANConfig ProbeTimeout',
    min: 1,
    max: 600_000,
  },
  indirectProbes: {
    default: 3,
    unit: 'members',
    doc: 'Members that are asked to probe on behalf of one that had no ack (k).',
    source: 'memberlist DefaultLANConfig IndirectChecks; SWIM section 3.1',
    min: 0,
    max: 64,
    integer: true,
  },
  suspicionMultiplier: {
    default: 3,
    unit: 'rounds',
    doc: 'A suspicion lasts this times ⌈ln(n+1)⌉ probe intervals before it becomes a death.',
    source: 'SWIM section 5: 3⌈ln(n+1)⌉ periods',
    min: 1,
    max: 100,
  },
  retransmitMultiplier: {
    default: 3,
    unit: 'messages',
    doc: 'λ: an update is piggybacked at most this times ⌈ln(n+1)⌉ times by each member.',
    source: 'SWIM sections 4.1 and 5: 3⌈ln(n+1)⌉',
    min: 1,
    max: 100,
    integer: true,
  },
  piggybackEntries: {
    default: 32,
    unit: 'entries',
    doc: 'Updates in one datagram at most; the datagram size bounds them too.',
    source: 'own',
    min: 1,
    max: 1000,
    integer: true,
  },
  syncIntervalMs: {
    default: 30_000,
    quick: 500,
    unit: 'ms',
    doc: 'Each member exchanges its whole state with a random live one this often, longer above 32 members.',
    source: 'memberlist DefaultLANConfig PushPullInterval and pushPullScale',
    min: 10,
    max: 3_600_000,
  },
  deadContactIntervalMs: {
    default: 30_000,
    quick: 500,
    unit: 'ms',
    doc: 'Each member pings one of the dead this often, in shuffled turns, so that a healed partition merges.',
    source: 'memberlist DefaultLANConfig GossipToTheDeadTime, as a period',
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
  signed: {
    default: false,
    unit: '',
    doc: "An incarnation counts only with its owner's signature, and who is accused by others is asked before it is given up.",
    source: 'own; Ed25519 (RFC 8032), keys out of the plan',
  },
  peerMessagesPerSecond: peerLimit,
};

/** Below this a member's own probes, relays and answers could be dropped. */
const LEAST_MESSAGES_PER_PERIOD = 8;

export function checkSwimSettings(settings: SwimSettings): string | undefined {
  const problem = probeTimeoutProblem(settings);
  if (problem !== undefined) return problem;
  const least = Math.ceil((LEAST_MESSAGES_PER_PERIOD * 1000) / settings.probeIntervalMs);
  if (settings.peerMessagesPerSecond > 0 && settings.peerMessagesPerSecond < least) {
    return `peerMessagesPerSecond (${settings.peerMessagesPerSecond}) drops what honest peers send; take 0 or at least ${least}`;
  }
  return undefined;
}

/** Time between two whole-state exchanges that a member starts when it knows n members, ms (memberlist pushPullScale). */
export function syncPeriodMs(settings: SwimSettings, n: number): number {
  return settings.syncIntervalMs * pushPullScale(n);
}

/** How long a suspicion lasts when n members are known, ms. */
export function suspicionMs(settings: SwimSettings, n: number): number {
  return suspicionTimeoutMs(settings.suspicionMultiplier, n, settings.probeIntervalMs);
}
