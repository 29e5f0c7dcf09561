/**
 * What theory expects of a rumour's spread: the mean-field recursion for push and pull in rounds (Pittel 1987; Demers
 * et al. 1987, section 1.4), with the chance that a message arrives.
 */

import type { PlannedChannel } from '../harness/model/plan.ts';
import type { SpreadMode } from '../impl/theory/spread.ts';

export interface SpreadSettings {
  readonly mode: SpreadMode;
  readonly fanout: number;
  readonly roundMs: number;
}

export interface CurvePoint {
  readonly ms: number;
  /** Of the members, in [0, 1]. */
  readonly share: number;
}

const LEAST_UNAWARE = 0.25;

/** Settings that the recursion needs, where the channel has them under these names. */
export function spreadSettings(channel: PlannedChannel): SpreadSettings | undefined {
  const { mode, fanout } = channel.settings;
  const roundMs = channel.settings.intervalMs ?? channel.settings.roundMs ?? channel.settings.gossipIntervalMs;
  if (mode !== 'push' && mode !== 'pull' && mode !== 'push-pull') return undefined;
  if (typeof roundMs !== 'number' || !(roundMs > 0)) return undefined;
  return { mode, fanout: typeof fanout === 'number' && fanout >= 1 ? fanout : 1, roundMs };
}

/**
 * Expected share of n members that know an item after each round, starting with one; `arrives` is the chance that one
 * message arrives, and a pull needs two. Ends when less than a quarter of a member is
 * expected not to know, or after 60 rounds.
 */
export function coverageCurve(settings: SpreadSettings, n: number, arrives: number): readonly CurvePoint[] {
  const points: CurvePoint[] = [{ ms: 0, share: 1 / n }];
  let unaware = n - 1;
  for (let round = 1; round <= 60 && unaware > LEAST_UNAWARE; round++) {
    const aware = n - unaware;
    const fanout = Math.min(settings.fanout, n - 1);
    let missed = 1;
    if (settings.mode !== 'pull') missed *= (1 - (arrives * fanout) / (n - 1)) ** aware;
    if (settings.mode !== 'push') missed *= (1 - (arrives * arrives * aware) / (n - 1)) ** fanout;
    unaware *= Math.max(0, missed);
    points.push({ ms: round * settings.roundMs, share: (n - unaware) / n });
  }
  return points;
}
