/** Settings of the textbook's SWIM, and what the real one's would be for the same speed. */
import type { SettingsSpec } from '../protocol.ts';
import { type SwimSettings, swimSettings } from '../swim/settings.ts';

/** What every naive version of the family has. */
export interface ProbeSettings {
  readonly probeIntervalMs: number;
  readonly probeTimeoutMs: number;
  readonly indirectProbes: number;
  readonly piggybackEntries: number;
  readonly queueEntries: number;
}

export interface Settings extends ProbeSettings {
  readonly suspectTimeoutMs: number;
}

const SOURCE = 'own: the naive form of SWIM';

/** How updates ride on probes. */
export const queueSettings: SettingsSpec<Pick<ProbeSettings, 'piggybackEntries' | 'queueEntries'>> = {
  piggybackEntries: {
    default: 3,
    unit: 'entries',
    doc: 'Updates in one message at most.',
    source: SOURCE,
    min: 1,
    max: 20,
    integer: true,
  },
  queueEntries: {
    default: 100,
    unit: 'entries',
    doc: 'Updates that wait to be passed on; the oldest give way.',
    source: SOURCE,
    min: 1,
    max: 10_000,
    integer: true,
  },
};

export const settings: SettingsSpec<Settings> = {
  probeIntervalMs: { ...swimSettings.probeIntervalMs, source: `${SOURCE}: 1 s` },
  probeTimeoutMs: swimSettings.probeTimeoutMs,
  indirectProbes: { ...swimSettings.indirectProbes, source: `${SOURCE}: 3` },
  suspectTimeoutMs: {
    default: 5000,
    quick: 1000,
    unit: 'ms',
    doc: 'A suspicion lasts this long before it becomes a death.',
    source: `${SOURCE}: 5 s`,
    min: 10,
    max: 3_600_000,
  },
  ...queueSettings,
};

/** Real SWIM at the same pace: the rest in the proportions of its quick profile, to the probe interval of 200 ms. */
export function asReal(own: Settings): SwimSettings {
  const { probeIntervalMs, probeTimeoutMs, indirectProbes, piggybackEntries } = own;
  return {
    probeIntervalMs,
    probeTimeoutMs,
    indirectProbes,
    piggybackEntries,
    // Never below the fixed time: the real one's grows with the logarithm of n.
    suspicionMultiplier: Math.max(3, own.suspectTimeoutMs / probeIntervalMs),
    retransmitMultiplier: 3,
    syncIntervalMs: 2.5 * probeIntervalMs,
    deadContactIntervalMs: 2.5 * probeIntervalMs,
    joinRetryMs: 1.5 * probeIntervalMs,
    signed: false,
    peerMessagesPerSecond: 0,
  };
}
