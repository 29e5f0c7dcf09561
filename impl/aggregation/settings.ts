/** Settings of aggregation, with units and sources. */
import type { SettingsSpec } from '../protocol.ts';

/** Cycles for which who takes no part in an epoch leaves the start of the next one to others, before it starts it itself. */
export const WAIT_CYCLES = 2;

export interface AggregationSettings {
  readonly method: 'push-pull' | 'push-sum';
  readonly intervalMs: number;
  readonly cyclesPerEpoch: number;
  readonly entryCycles: number;
  readonly retryMs: number;
  readonly leaders: number;
}

const JELASITY = 'Jelasity, Montresor, Babaoglu 2005';

export const aggregationSettings: SettingsSpec<AggregationSettings> = {
  method: {
    default: 'push-pull',
    unit: '',
    doc: 'How mass moves: push-pull averages two members, push-sum hands half of everything on.',
    source: `${JELASITY}, section 3; Kempe, Dobra, Gehrke 2003, section 2`,
    values: ['push-pull', 'push-sum'],
  },
  intervalMs: {
    default: 1000,
    quick: 100,
    unit: 'ms',
    doc: 'A cycle: every member starts one exchange in it.',
    source: 'own',
    min: 10,
    max: 3_600_000,
  },
  cyclesPerEpoch: {
    default: 50,
    quick: 80,
    unit: 'cycles',
    doc: 'After so many cycles an epoch ends and all start anew from their inputs.',
    source: `${JELASITY}, section 4 (epochs); the number: own, so that a bound on the error is worth stating`,
    min: 4,
    max: 100_000,
    integer: true,
  },
  entryCycles: {
    default: 5,
    unit: 'cycles',
    doc: 'Who hears of an epoch later than this after its start waits for the next one.',
    source: `${JELASITY}, section 4 (joining nodes wait for the next epoch); the number: own`,
    min: 1,
    max: 10_000,
    integer: true,
  },
  retryMs: {
    default: 250,
    quick: 50,
    unit: 'ms',
    doc: 'An exchange whose outcome is not known is tried again this often, until it is settled or its epoch is over.',
    source: 'own',
    min: 5,
    max: 3_600_000,
  },
  leaders: {
    default: 24,
    unit: 'members',
    doc: 'Expected counting instances in an epoch; with fewer members each leads one. None at all: a chance of e^-leaders.',
    source: `${JELASITY}, section 5 (concurrent instances, started with probability C/N)`,
    min: 1,
    max: 32,
    integer: true,
  },
};

export function checkAggregationSettings(settings: AggregationSettings): string | undefined {
  if (settings.entryCycles * 2 <= settings.cyclesPerEpoch) return undefined;
  return `entryCycles is ${settings.entryCycles} of ${settings.cyclesPerEpoch} cyclesPerEpoch: who enters last has no time to converge; take at most half`;
}
