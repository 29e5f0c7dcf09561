/** Settings of anti-entropy, with units and sources. */
import type { SettingsSpec } from '../protocol.ts';
import type { SpreadMode } from '../theory/spread.ts';

export interface AntiEntropySettings {
  readonly mode: SpreadMode;
  readonly fanout: number;
  readonly intervalMs: number;
  readonly tombstoneTtlMs: number;
}

/** An exchange that meets a dropped tombstone must be rarer than the life of a tombstone. */
const SHORTEST_TTL_MS = 3_600_000;

export const antiEntropySettings: SettingsSpec<AntiEntropySettings> = {
  mode: {
    default: 'push-pull',
    unit: '',
    doc: 'Which way entries flow in an exchange: from its initiator, to it, or both.',
    source: 'Demers et al. 1987, section 1.3',
    values: ['push', 'pull', 'push-pull'],
  },
  fanout: {
    default: 1,
    unit: 'members',
    doc: 'Partners of each round, uniformly at random.',
    source: 'Demers et al. 1987, section 1.3',
    min: 1,
    max: 64,
    integer: true,
  },
  intervalMs: {
    default: 1000,
    quick: 400,
    unit: 'ms',
    doc: 'Time between two rounds of a member.',
    source: 'own',
    min: 1,
    max: 3_600_000,
  },
  tombstoneTtlMs: {
    default: 0,
    unit: 'ms',
    doc: 'Tombstones older than this by the wall clock are dropped and no longer taken; 0: never. Safe only while no member stays away for longer.',
    source: 'Demers et al. 1987, section 2.1; kept for ever by default: own',
    min: 0,
    max: 10 * 365 * 86_400_000,
  },
};

export function checkAntiEntropySettings(settings: AntiEntropySettings): string | undefined {
  const ttl = settings.tombstoneTtlMs;
  if (ttl === 0 || ttl >= SHORTEST_TTL_MS) return undefined;
  return `tombstoneTtlMs is ${ttl}: deleted keys would come back from members that were away; use 0 (never) or at least ${SHORTEST_TTL_MS}`;
}
