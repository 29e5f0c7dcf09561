/** Many runs of the lock-step model, and what they come to. */
import { meanFieldCoverage } from '../../impl/theory/coverage.ts';
import { expectedCoverage } from '../../impl/theory/rounds-distribution.ts';
import { FastRandom } from './fast-random.ts';
import { LockStep, type LockStepResult, type LockStepSpec } from './lock-step.ts';
import { type Moments, moments, quantile } from './statistics.ts';
import { createPartners, isDrawn, type Topology } from './topology.ts';

export interface SpreadRequest extends LockStepSpec {
  readonly n: number;
  readonly topology: Topology;
  readonly runs: number;
  readonly seed: string;
}

export interface CoveragePoint {
  /** Shares of all members that know it after this cycle; entry 0 is the start. */
  readonly mean: number;
  readonly p10: number;
  readonly p90: number;
  /** What is expected; null where theory says nothing: it knows the complete topology, and no minimization. */
  readonly theory: number | null;
}

export interface SpreadSummary {
  /** Share of the members that never hear. */
  readonly residue: Moments;
  /** Updates sent, per member. */
  readonly traffic: Moments;
  /** Mean cycle in which members other than the origin heard, over runs in which any did. */
  readonly meanArrival: Moments;
  /** Cycle in which the last one heard of those that ever did. */
  readonly lastArrival: Moments;
  /** Cycles until all knew, over the runs in which all did. */
  readonly roundsToAll: Moments;
  readonly coverage: readonly CoveragePoint[];
}

export interface SpreadOutcome {
  readonly summary: SpreadSummary;
  readonly runsToAll: number;
  /** Runs that did not come to their end. */
  readonly runsCut: number;
}

/** Pure: the same request gives the same figures. */
export function simulateSpread(request: SpreadRequest): SpreadOutcome {
  const { n, topology, runs, seed } = request;
  const model = new LockStep(n, request);
  const fixed = isDrawn(topology) ? undefined : createPartners(topology, n, new FastRandom(seed, 'spread', 'topology'));
  const results: LockStepResult[] = [];
  for (let run = 0; run < runs; run++) {
    const partners = fixed ?? createPartners(topology, n, new FastRandom(seed, 'spread', 'topology', run));
    results.push(model.run(partners, new FastRandom(seed, 'spread', run)));
  }
  return summarize(request, results);
}

function summarize(request: SpreadRequest, results: readonly LockStepResult[]): SpreadOutcome {
  const { n } = request;
  const curves = results.map((result) => result.knownByCycle);
  const reached = curves.map((curve) => curve.at(-1) ?? 1);
  const complete = curves.filter((curve) => curve.at(-1) === n);
  return {
    summary: {
      residue: moments(reached.map((known) => (n - known) / n)),
      traffic: moments(results.map((result) => result.messages / n)),
      meanArrival: moments(curves.filter((curve) => (curve.at(-1) ?? 1) > 1).map(meanArrival)),
      lastArrival: moments(curves.map(lastArrival)),
      roundsToAll: moments(complete.map(lastArrival)),
      coverage: coverage(request, curves),
    },
    runsToAll: complete.length,
    runsCut: results.filter((result) => result.cut).length,
  };
}

function lastArrival(curve: readonly number[]): number {
  const final = curve.at(-1);
  return curve.indexOf(final ?? 1);
}

function meanArrival(curve: readonly number[]): number {
  let sum = 0;
  for (let cycle = 1; cycle < curve.length; cycle++) sum += cycle * ((curve[cycle] ?? 0) - (curve[cycle - 1] ?? 0));
  return sum / ((curve.at(-1) ?? 1) - 1);
}

function coverage(request: SpreadRequest, curves: readonly (readonly number[])[]): CoveragePoint[] {
  const cycles = Math.max(...curves.map(lastArrival));
  const theory = request.topology === 'complete' && request.minimize !== true ? theoryOf(request, cycles) : undefined;
  const shares = new Float64Array(curves.length);
  const points: CoveragePoint[] = [];
  for (let cycle = 0; cycle <= cycles; cycle++) {
    curves.forEach((curve, run) => {
      // A run that has ended keeps what it had.
      shares[run] = (curve[Math.min(cycle, curve.length - 1)] ?? 1) / request.n;
    });
    shares.sort();
    points.push({
      mean: shares.reduce((sum, share) => sum + share, 0) / shares.length,
      p10: quantile(shares, 0.1),
      p90: quantile(shares, 0.9),
      theory: theory?.[cycle] ?? null,
    });
  }
  return points;
}

function theoryOf(request: SpreadRequest, cycles: number): readonly number[] {
  const endless = request.stop === 'never' ? expectedCoverage(request, cycles) : undefined;
  return endless ?? meanFieldCoverage(request, cycles);
}
