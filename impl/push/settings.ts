/** Settings of push gossip, with units and sources. */
import type { SettingsSpec } from '../protocol.ts';

export interface PushSettings {
  readonly fanout: number;
  readonly intervalMs: number;
}

export const pushSettings: SettingsSpec<PushSettings> = {
  fanout: {
    default: 3,
    unit: 'members',
    doc: 'Members that are told the whole state in each round, uniformly at random.',
    source: 'own',
    min: 1,
    max: 64,
    integer: true,
  },
  intervalMs: {
    default: 1000,
    quick: 300,
    unit: 'ms',
    doc: 'Time between two rounds of a member.',
    source: 'own',
    min: 1,
    max: 3_600_000,
  },
};
