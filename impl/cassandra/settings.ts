/** Cassandra's settings, where their values come from, and what they imply. */
import { exponentialSilence } from '../primitives/phi-accrual.ts';
import type { SettingsSpec } from '../protocol.ts';

export type CassandraSettings = {
  readonly gossipIntervalMs: number;
  readonly phiThreshold: number;
  readonly phiSamples: number;
  readonly phiFirstIntervalMs: number;
  readonly phiMaxIntervalMs: number;
  readonly localPauseMs: number;
  readonly quarantineMs: number;
  readonly leftExpiryMs: number;
  readonly shadowRoundMs: number;
  readonly loadIntervalMs: number;
};

/**
 * The quick profile is Cassandra five times faster, so that silence convicts after 18.42 means of 0.2 to 0.4 s: 3.7 to
 * 7.4 s, well inside a partition of 15 s.
 */
export const cassandraSettings: SettingsSpec<CassandraSettings> = {
  gossipIntervalMs: {
    default: 1000,
    quick: 200,
    unit: 'ms',
    doc: 'A member raises its heartbeat and starts a gossip round this often; the mean interval is never taken to be less.',
    source: 'Cassandra 4.1 Gossiper.intervalInMillis',
    min: 10,
    max: 600_000,
  },
  phiThreshold: {
    default: 8,
    unit: 'phi',
    doc: 'A silent endpoint is convicted when phi, in powers of ten, is above this: after this times ln 10 means.',
    source: 'Cassandra 4.1 phi_convict_threshold',
    min: 2,
    max: 64,
  },
  phiSamples: {
    default: 1000,
    unit: 'entries',
    doc: 'Intervals between news of an endpoint that its mean is taken over.',
    source: 'Cassandra 4.1 FailureDetector.SAMPLE_SIZE',
    min: 1,
    max: 1000,
    integer: true,
  },
  phiFirstIntervalMs: {
    default: 2000,
    quick: 400,
    unit: 'ms',
    doc: 'What the first interval of an endpoint is taken to be.',
    source: 'Cassandra 4.1 fd_initial_value_ms: 2 × gossip interval',
    min: 10,
    max: 600_000,
  },
  phiMaxIntervalMs: {
    default: 2000,
    quick: 400,
    unit: 'ms',
    doc: 'A longer interval is a gap, and nothing is learned from it.',
    source: 'Cassandra 4.1 fd_max_interval_ms',
    min: 10,
    max: 600_000,
  },
  localPauseMs: {
    default: 5000,
    quick: 1000,
    unit: 'ms',
    doc: 'A member that itself stood still for longer than this convicts nobody for as long again.',
    source: 'Cassandra 4.1 FailureDetector.MAX_LOCAL_PAUSE_IN_NANOS',
    min: 10,
    max: 600_000,
  },
  quarantineMs: {
    default: 60_000,
    quick: 2000,
    unit: 'ms',
    doc: 'What is said of an endpoint is ignored for this long after it was removed (it has left) or evicted.',
    source: 'Cassandra 4.1 Gossiper.QUARANTINE_DELAY',
    min: 10,
    max: 3_600_000,
  },
  leftExpiryMs: {
    default: 259_200_000,
    quick: 8000,
    unit: 'ms',
    doc: 'A member that leaves states when its state may be forgotten: this long after, on its wall clock.',
    source: 'Cassandra 4.1 Gossiper.aVeryLongTime: 3 days',
    min: 10,
    max: 31_536_000_000,
  },
  shadowRoundMs: {
    default: 30_000,
    quick: 1000,
    unit: 'ms',
    doc: 'A member that boots asks its seeds for all states before it gossips itself, but for no longer than this.',
    source: 'Cassandra 4.1 StorageService.RING_DELAY_MILLIS',
    min: 10,
    max: 600_000,
  },
  loadIntervalMs: {
    default: 60_000,
    quick: 2000,
    unit: 'ms',
    doc: 'The application state LOAD (here: messages handled so far) is renewed this often.',
    source: 'Cassandra 4.1 LoadBroadcaster.BROADCAST_INTERVAL',
    min: 10,
    max: 3_600_000,
  },
};

/** Silence after which an endpoint is convicted, at the least and at the most, ms: 18.42 means for phi 8. */
export function silenceMs(settings: CassandraSettings): { readonly least: number; readonly most: number } {
  const means = exponentialSilence(settings.phiThreshold);
  const longest = Math.max(settings.gossipIntervalMs, settings.phiFirstIntervalMs, settings.phiMaxIntervalMs);
  return { least: means * settings.gossipIntervalMs, most: means * longest };
}

export function checkCassandraSettings(settings: CassandraSettings): string | undefined {
  const { gossipIntervalMs, phiMaxIntervalMs, quarantineMs, leftExpiryMs } = settings;
  if (phiMaxIntervalMs < gossipIntervalMs) {
    return (
      `phiMaxIntervalMs (${phiMaxIntervalMs}) must not be below gossipIntervalMs (${gossipIntervalMs}), or no interval ` +
      'is ever learned from; twice as much is usual'
    );
  }
  if (leftExpiryMs < quarantineMs) {
    return `leftExpiryMs (${leftExpiryMs}) must not be below quarantineMs (${quarantineMs})`;
  }
  return undefined;
}
