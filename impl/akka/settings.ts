/** Akka Cluster's settings, where their values come from, and what they imply. */
import { deviationsAt } from '../primitives/phi-accrual.ts';
import type { SettingsSpec } from '../protocol.ts';

export type AkkaSettings = {
  readonly gossipIntervalMs: number;
  readonly differentViewProbability: number;
  readonly leaderActionsIntervalMs: number;
  readonly weaklyUpAfterMs: number;
  readonly heartbeatIntervalMs: number;
  readonly monitoredBy: number;
  readonly phiThreshold: number;
  readonly phiSamples: number;
  readonly phiMinDeviationMs: number;
  readonly acceptablePauseMs: number;
  readonly joinRetryMs: number;
  readonly seedTimeoutMs: number;
  readonly downing: 'off' | 'keep-majority';
  readonly stableAfterMs: number;
};

const reference = 'Akka 2.6 reference.conf, akka.cluster';

/** The quick profile is Akka five times faster. */
export const akkaSettings: SettingsSpec<AkkaSettings> = {
  gossipIntervalMs: {
    default: 1000,
    quick: 200,
    unit: 'ms',
    doc: 'A member gossips to one other this often, three times as often while fewer than half have seen the state.',
    source: `${reference}.gossip-interval`,
    min: 10,
    max: 600_000,
  },
  differentViewProbability: {
    default: 0.8,
    unit: 'probability',
    doc: 'Gossip goes to one that has not seen the state, where there is one, with this probability.',
    source: `${reference}.gossip-different-view-probability`,
    min: 0,
    max: 1,
  },
  leaderActionsIntervalMs: {
    default: 1000,
    quick: 200,
    unit: 'ms',
    doc: 'The leader looks this often whether there is something to do.',
    source: `${reference}.leader-actions-interval`,
    min: 10,
    max: 600_000,
  },
  weaklyUpAfterMs: {
    default: 7000,
    quick: 1400,
    unit: 'ms',
    doc: 'Without convergence the leader makes joining members weakly up, from this long after its boot.',
    source: `${reference}.allow-weakly-up-members`,
    min: 0,
    max: 600_000,
  },
  heartbeatIntervalMs: {
    default: 1000,
    quick: 200,
    unit: 'ms',
    doc: 'Heartbeats to the monitored members, and the look at who is unreachable.',
    source: `${reference}.failure-detector.heartbeat-interval`,
    min: 10,
    max: 600_000,
  },
  monitoredBy: {
    default: 9,
    quick: 3,
    unit: 'members',
    doc: 'Each member is monitored by so many others: its predecessors on a ring of hashes.',
    source: `${reference}.failure-detector.monitored-by-nr-of-members`,
    min: 1,
    max: 64,
    integer: true,
  },
  phiThreshold: {
    default: 8,
    unit: 'phi',
    doc: 'A monitored member is unreachable when phi is not below this.',
    source: `${reference}.failure-detector.threshold`,
    min: 1,
    max: 14,
  },
  phiSamples: {
    default: 1000,
    unit: 'entries',
    doc: 'Intervals between heartbeats that are remembered of each monitored member.',
    source: `${reference}.failure-detector.max-sample-size`,
    min: 2,
    max: 1000,
    integer: true,
  },
  phiMinDeviationMs: {
    default: 100,
    unit: 'ms',
    doc: 'The deviation of the intervals is never taken to be lower.',
    source: `${reference}.failure-detector.min-std-deviation`,
    min: 1,
    max: 600_000,
  },
  acceptablePauseMs: {
    default: 3000,
    quick: 600,
    unit: 'ms',
    doc: 'Silence that is forgiven: added to the mean interval.',
    source: `${reference}.failure-detector.acceptable-heartbeat-pause`,
    min: 0,
    max: 600_000,
  },
  joinRetryMs: {
    default: 10_000,
    quick: 400,
    unit: 'ms',
    doc: 'A member that is not let in asks its seeds again this often; as often a leader asks those it does not know.',
    source: `${reference}.retry-unsuccessful-join-after`,
    min: 10,
    max: 600_000,
  },
  seedTimeoutMs: {
    default: 5000,
    quick: 400,
    unit: 'ms',
    doc: 'The first member of the plan, in its first life, forms the cluster when no seed has answered for this long.',
    source: `${reference}.seed-node-timeout`,
    min: 10,
    max: 600_000,
  },
  downing: {
    default: 'off',
    unit: 'strategy',
    doc: 'What becomes of members that stay unreachable: nothing; or the side with most members takes the others down.',
    source: `${reference}.downing-provider-class, split-brain-resolver.active-strategy`,
    values: ['off', 'keep-majority'],
  },
  stableAfterMs: {
    default: 20_000,
    quick: 2000,
    unit: 'ms',
    doc: 'Downing acts once members and their reachability have not changed for this long.',
    source: `${reference}.split-brain-resolver.stable-after`,
    min: 10,
    max: 600_000,
  },
};

/** The longest interval that the failure detector learns from, ms; own: in Akka nothing bounds it. */
export function maxIntervalMs(settings: AkkaSettings): number {
  return settings.heartbeatIntervalMs + settings.acceptablePauseMs;
}

/** Silence after which a monitored member is unreachable, at the most, ms. */
export function longestSilenceMs(settings: AkkaSettings): number {
  const longest = Math.max(maxIntervalMs(settings), 1.25 * settings.heartbeatIntervalMs);
  // No values between 0 and `longest` have a deviation above half of it.
  const deviation = Math.max(settings.phiMinDeviationMs, longest / 2);
  return longest + settings.acceptablePauseMs + deviationsAt(settings.phiThreshold) * deviation;
}
