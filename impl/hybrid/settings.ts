/** Settings of adaptive push-pull, with units and sources. */
import type { SettingsSpec } from '../protocol.ts';

export interface HybridSettings {
  readonly intervalMs: number;
  readonly minProbability: number;
  readonly maxProbability: number;
  readonly minFanout: number;
  readonly maxFanout: number;
  readonly shortWindow: number;
  readonly longWindow: number;
  readonly recentPushes: number;
  readonly maxDatagramsPerPush: number;
}

export const hybridSettings: SettingsSpec<HybridSettings> = {
  intervalMs: {
    default: 1000,
    quick: 200,
    unit: 'ms',
    doc: 'Time between two rounds of a member.',
    source: 'own',
    min: 1,
    max: 3_600_000,
  },
  minProbability: {
    default: 0.3,
    unit: 'probability',
    doc: 'Chance of a push, and of a pull, in a round: never below this. Above 0, so that everybody goes on asking.',
    source: 'own',
    min: 0.05,
    max: 1,
  },
  maxProbability: {
    default: 0.8,
    unit: 'probability',
    doc: 'Chance of a push, and of a pull, in a round: never above this.',
    source: 'own',
    min: 0.05,
    max: 1,
  },
  minFanout: {
    default: 3,
    unit: 'members',
    doc: 'Partners of a push, and of a pull, at least; uniformly at random.',
    source: 'own',
    min: 1,
    max: 64,
    integer: true,
  },
  maxFanout: {
    default: 5,
    unit: 'members',
    doc: 'Partners of a push, and of a pull, at most.',
    source: 'own',
    min: 1,
    max: 64,
    integer: true,
  },
  shortWindow: {
    default: 10,
    unit: 'exchanges',
    doc: 'Pushes whose mean usefulness moves the chance to push; and so for pulls.',
    source: 'own',
    min: 1,
    max: 10_000,
    integer: true,
  },
  longWindow: {
    default: 100,
    unit: 'exchanges',
    doc: 'Pushes and pulls whose mean usefulness sets the fanout.',
    source: 'own',
    min: 1,
    max: 10_000,
    integer: true,
  },
  recentPushes: {
    default: 4,
    unit: 'rounds',
    doc: 'Pushes in which a member tells what it has learnt; from then on others have to pull it.',
    source: 'own: each telling reaches at least `minFanout`, so a fifth one finds next to nobody',
    min: 1,
    max: 1000,
    integer: true,
  },
  maxDatagramsPerPush: {
    default: 8,
    unit: 'messages',
    doc: 'Datagrams of a push to one partner at most; what was told least comes first.',
    source: 'own',
    min: 1,
    max: 1024,
    integer: true,
  },
};

export function checkHybridSettings(settings: HybridSettings): string | undefined {
  const { minProbability, maxProbability, minFanout, maxFanout } = settings;
  if (minProbability > maxProbability) {
    return `minProbability is ${minProbability} and maxProbability ${maxProbability}; use a smaller minProbability`;
  }
  if (minFanout > maxFanout) return `minFanout is ${minFanout} and maxFanout ${maxFanout}; use a smaller minFanout`;
  return undefined;
}
