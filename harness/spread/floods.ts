/** Many floods, event by event, and what they come to. */
import { floodCoverage } from '../../impl/theory/reliability.ts';
import { type FloodResult, type FloodSpec, flood } from './event-flood.ts';
import { FastRandom } from './fast-random.ts';
import { drawOverlay } from './overlay.ts';
import { type Moments, moments, quantile } from './statistics.ts';

export interface FloodRequest extends FloodSpec {
  readonly n: number;
  /** Targets of each member in the overlay, which is drawn anew for each run. */
  readonly outDegree: number;
  readonly runs: number;
  readonly seed: string;
}

export interface FloodPoint {
  readonly ms: number;
  /** Shares of all members that know it then. */
  readonly mean: number;
  readonly p10: number;
  readonly p90: number;
}

export interface FloodSummary {
  /** Share of the members that never hear. */
  readonly residue: Moments;
  /** The same for large n, where the flood does not die out at once: s = e^{-c(1-s)}, c arrivals a member. */
  readonly residueTheory: number;
  /** Messages sent, per member. */
  readonly traffic: Moments;
  /** Of members other than the origin, over runs in which any heard. */
  readonly meanArrivalMs: Moments;
  readonly lastArrivalMs: Moments;
  /** Until all knew, over the runs in which all did. */
  readonly allKnowMs: Moments;
  readonly coverage: readonly FloodPoint[];
}

export interface FloodOutcome {
  readonly summary: FloodSummary;
  readonly runsToAll: number;
  /** Over all runs. */
  readonly sends: number;
  readonly events: number;
}

/** The course of a flood is told at so many moments at most. */
const MOST_POINTS = 500;

/** Pure: the same request gives the same figures. */
export function simulateFloods(request: FloodRequest): FloodOutcome {
  const { n, outDegree, loss, runs, seed } = request;
  const results: FloodResult[] = [];
  for (let run = 0; run < runs; run++) {
    const overlay = drawOverlay(n, outDegree, new FastRandom(seed, 'flood', 'overlay', run));
    results.push(flood(overlay, request, new FastRandom(seed, 'flood', run)));
  }
  const complete = results.filter((result) => result.known === n);
  return {
    summary: {
      residue: moments(results.map(({ known }) => (n - known) / n)),
      residueTheory: 1 - floodCoverage({ n, fanout: outDegree, loss, failed: 0 }),
      traffic: moments(results.map(({ sends }) => sends / n)),
      meanArrivalMs: moments(results.filter(({ known }) => known > 1).map(({ meanArrivalMs }) => meanArrivalMs)),
      lastArrivalMs: moments(results.map(({ lastArrivalMs }) => lastArrivalMs)),
      allKnowMs: moments(complete.map(({ lastArrivalMs }) => lastArrivalMs)),
      coverage: coverage(n, results),
    },
    runsToAll: complete.length,
    sends: results.reduce((sum, { sends }) => sum + sends, 0),
    events: results.reduce((sum, { arrivals }) => sum + arrivals, 0),
  };
}

function coverage(n: number, results: readonly FloodResult[]): FloodPoint[] {
  const lastMs = Math.max(...results.map(({ knownByMs }) => knownByMs.length - 1));
  const strideMs = Math.ceil((lastMs + 1) / MOST_POINTS);
  const shares = new Float64Array(results.length);
  const points: FloodPoint[] = [];
  for (let ms = 0; ms < lastMs + strideMs; ms += strideMs) {
    results.forEach(({ knownByMs }, run) => {
      shares[run] = (knownByMs[Math.min(ms, knownByMs.length - 1)] ?? 1) / n;
    });
    shares.sort();
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    points.push({ ms, mean, p10: quantile(shares, 0.1), p90: quantile(shares, 0.9) });
  }
  return points;
}
