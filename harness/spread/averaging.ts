/**
 * Averaging in lock-step cycles: how fast the variance of the estimates falls, by how the pairs are drawn (Jelasity,
 * Montresor and Babaoglu 2005, section 4), and how fast push-sum's potential falls (Kempe, Dobra and Gehrke 2003).
 */
import { FastRandom } from './fast-random.ts';
import type { Partners } from './partners.ts';
import { pushSumFactors } from './push-sum.ts';
import { type Moments, moments } from './statistics.ts';
import { createPartners, isDrawn, type Topology } from './topology.ts';

export const PAIRS = ['random', 'sequential', 'matching', 'push-sum'] as const;
export type Pairs = (typeof PAIRS)[number];

export interface AveragingRequest {
  readonly n: number;
  readonly pairs: Pairs;
  /** Matchings take no notice of it: pairs of all members are drawn. */
  readonly topology: Topology;
  readonly runs: number;
  readonly seed: string;
  /** Cycles of each run. */
  readonly cycles: number;
}

export interface AveragingOutcome {
  /** By what the variance (push-sum: the potential) is multiplied in a cycle: over all cycles of all runs. */
  readonly varianceFactor: Moments;
  /** The same for each cycle alone, over all runs. */
  readonly byCycle: readonly Moments[];
}

/** Pure: the same request gives the same figures. */
export function simulateAveraging(request: AveragingRequest): AveragingOutcome {
  const { n, pairs, topology, runs, seed, cycles } = request;
  const fixed = isDrawn(topology)
    ? undefined
    : createPartners(topology, n, new FastRandom(seed, 'average', 'topology'));
  const factors: number[][] = Array.from({ length: cycles }, () => []);
  for (let run = 0; run < runs; run++) {
    const partners = fixed ?? createPartners(topology, n, new FastRandom(seed, 'average', 'topology', run));
    const random = new FastRandom(seed, 'average', run);
    const ofRun =
      pairs === 'push-sum' ? pushSumFactors(partners, cycles, random) : pairFactors(request, partners, random);
    ofRun.forEach((factor, cycle) => {
      factors[cycle]?.push(factor);
    });
  }
  return { varianceFactor: moments(factors.flat()), byCycle: factors.map(moments) };
}

function pairFactors(request: AveragingRequest, partners: Partners, random: FastRandom): number[] {
  const values = Float64Array.from({ length: request.n }, () => random.next() - 0.5);
  const order = Int32Array.from(values, (_, member) => member);
  const factors: number[] = [];
  let before = variance(values);
  for (let cycle = 0; cycle < request.cycles; cycle++) {
    exchanges(request.pairs, values, order, partners, random);
    const after = variance(values);
    factors.push(after / before);
    before = after;
  }
  return factors;
}

/** About n exchanges: one cycle. Each takes effect before the next one. */
function exchanges(
  pairs: Pairs,
  values: Float64Array,
  order: Int32Array,
  partners: Partners,
  random: FastRandom,
): void {
  const n = values.length;
  const out = new Int32Array(1);
  if (pairs === 'matching') {
    // Everybody takes part in two exchanges, as on average it does in the other ways.
    for (let matching = 0; matching < 2; matching++) {
      shuffle(order, random);
      for (let i = 0; i + 1 < n; i += 2) average(values, order[i] as number, order[i + 1] as number);
    }
    return;
  }
  for (let i = 0; i < n; i++) {
    const one = pairs === 'random' ? random.int(n) : i;
    if (partners.pick(one, out, random) > 0) average(values, one, out[0] as number);
  }
}

function average(values: Float64Array, a: number, b: number): void {
  const mean = ((values[a] as number) + (values[b] as number)) / 2;
  values[a] = mean;
  values[b] = mean;
}

function shuffle(order: Int32Array, random: FastRandom): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    const swap = order[i] as number;
    order[i] = order[j] as number;
    order[j] = swap;
  }
}

function variance(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}
