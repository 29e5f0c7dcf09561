/**
 * How much a member pushes and pulls, from how useful its last exchanges were.
 *
 * The usefulness of an exchange is a rate in [0, 1]: the share of the items it carried that were new to their receiver,
 * and 0 for one that carried none. A direction that brings news is used more (a quick step up), one that does not less
 * (a slow step down): pushes while few know, pulls while few do not. The fanout follows both directions together over a
 * longer window. Steps and thresholds: own choices.
 */
import type { HybridSettings } from './settings.ts';

export type Direction = 'push' | 'pull';

const START_PERCENT = 50;
const RAISE_PERCENT = 10;
const LOWER_PERCENT = 5;
/** Mean usefulness of the short window below which a direction is used less, and above which more. */
const USELESS = 0.3;
const USEFUL = 0.7;
/** Mean usefulness of the long window below which the fanout is the smallest, and the middle one. */
const SMALLEST_BELOW = 0.3;
const MIDDLE_BELOW = 0.6;

export type AdaptationSettings = Pick<
  HybridSettings,
  'minProbability' | 'maxProbability' | 'minFanout' | 'maxFanout' | 'shortWindow' | 'longWindow'
>;

export class Adaptation {
  readonly #settings: AdaptationSettings;
  /** Whole percents: sums of tenths would not come back to where they began. */
  readonly #percent: Record<Direction, number>;
  readonly #recent: Readonly<Record<Direction, number[]>> = { push: [], pull: [] };
  readonly #all: number[] = [];
  /** Directions of which an exchange has ended since the last adjustment. */
  readonly #ended = new Set<Direction>();
  #fanout: number;

  constructor(settings: AdaptationSettings) {
    this.#settings = settings;
    this.#percent = { push: this.#clamped(START_PERCENT), pull: this.#clamped(START_PERCENT) };
    this.#fanout = settings.minFanout;
  }

  /** In [minProbability, maxProbability]. */
  probability(direction: Direction): number {
    return this.#percent[direction] / 100;
  }

  get fanout(): number {
    return this.#fanout;
  }

  /** Mean over the long window, to three digits; 0 before the first exchange. */
  get usefulness(): number {
    return Math.round(1000 * mean(this.#all)) / 1000;
  }

  /** An exchange has ended. */
  record(direction: Direction, usefulness: number): void {
    keep(this.#recent[direction], usefulness, this.#settings.shortWindow);
    keep(this.#all, usefulness, this.#settings.longWindow);
    this.#ended.add(direction);
  }

  /** Once a round. What nothing was learnt about stays as it is. True where anything changed. */
  adjust(): boolean {
    if (this.#ended.size === 0) return false;
    const { push, pull } = this.#percent;
    const fanout = this.#fanout;
    for (const direction of this.#ended) this.#step(direction);
    this.#ended.clear();
    this.#fanout = this.#fanoutFor(mean(this.#all));
    return push !== this.#percent.push || pull !== this.#percent.pull || fanout !== this.#fanout;
  }

  #step(direction: Direction): void {
    const found = mean(this.#recent[direction]);
    const step = found < USELESS ? -LOWER_PERCENT : found > USEFUL ? RAISE_PERCENT : 0;
    this.#percent[direction] = this.#clamped(this.#percent[direction] + step);
  }

  #fanoutFor(usefulness: number): number {
    const { minFanout, maxFanout } = this.#settings;
    if (usefulness < SMALLEST_BELOW) return minFanout;
    return usefulness < MIDDLE_BELOW ? Math.floor((minFanout + maxFanout) / 2) : maxFanout;
  }

  #clamped(percent: number): number {
    const { minProbability, maxProbability } = this.#settings;
    return Math.min(100 * maxProbability, Math.max(100 * minProbability, percent));
  }
}

function keep(window: number[], usefulness: number, size: number): void {
  window.push(usefulness);
  if (window.length > size) window.shift();
}

function mean(window: readonly number[]): number {
  return window.length === 0 ? 0 : window.reduce((sum, usefulness) => sum + usefulness, 0) / window.length;
}
