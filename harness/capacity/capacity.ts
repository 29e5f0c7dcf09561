/** From runs of several sizes and seeds to rows: each figure of each scope against size, beside theory. Pure. */
import type { Plan } from '../model/plan.ts';
import type { Metrics } from '../model/verdict.ts';

/** One run: what was planned and what was measured. */
export interface CapacityRun {
  readonly seed: string;
  readonly plan: Pick<Plan, 'members' | 'channels' | 'workloads'>;
  readonly verdict: 'valid' | 'invalid' | 'unknown';
  readonly metrics: Metrics;
}

/** What theory expects of one figure at one size. */
export interface Expectation {
  readonly members: number;
  /** As in `CapacityRow`. */
  readonly scope: string;
  readonly figure: string;
  /** In the figure's unit. */
  readonly value: number;
}

export interface CapacityRow {
  readonly members: number;
  /** A channel or a workload; empty: over all. */
  readonly scope: string;
  /** `delivery_ms.p99`, `bytes_per_member_second`, ... */
  readonly figure: string;
  readonly unit: string;
  /** Runs that measured it. */
  readonly runs: number;
  /** Of the runs' own values: the middle one, or the mean of the two in the middle. */
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** null: there is no closed form for it. */
  readonly expected: number | null;
}

export interface CapacitySize {
  readonly members: number;
  readonly runs: number;
  readonly valid: number;
  readonly invalid: number;
  readonly unknown: number;
  /** Operations planned per second of load over all members, by `channel/workload`: they differ by size by themselves. */
  readonly rates: { readonly [workload: string]: number };
}

export interface Capacity {
  /** By size, smallest first. */
  readonly sizes: readonly CapacitySize[];
  /** By figure, then scope (over all first), then size. */
  readonly rows: readonly CapacityRow[];
}

interface FigureSpec {
  readonly metric: string;
  readonly unit: string;
  /** Quantiles that are shown; none: the metric is one number. */
  readonly quantiles: readonly ('p50' | 'p99')[];
  /** By which of a plan's names the metric is split. */
  readonly scope: 'channel' | 'workload';
}

const LATENCY = { unit: 'ms', quantiles: ['p50', 'p99'] } as const;

/** In the order in which they are shown. */
export const CAPACITY_METRICS: readonly FigureSpec[] = [
  { metric: 'delivery_ms', scope: 'channel', ...LATENCY },
  { metric: 'write_all_ms', scope: 'workload', ...LATENCY },
  { metric: 'convergence_ms', scope: 'channel', ...LATENCY },
  { metric: 'operation_ms', scope: 'workload', ...LATENCY },
  { metric: 'bytes_per_member_second', scope: 'channel', unit: 'bytes/s', quantiles: [] },
  { metric: 'messages_per_member_second', scope: 'channel', unit: 'messages/s', quantiles: [] },
];

/** Runs may come in any order; what none of a size's runs has measured has no row there. */
export function foldCapacity(runs: readonly CapacityRun[], expectations: readonly Expectation[]): Capacity {
  const bySize = new Map<number, CapacityRun[]>();
  for (const run of runs) {
    const members = run.plan.members.length;
    const others = bySize.get(members);
    if (others === undefined) bySize.set(members, [run]);
    else others.push(run);
  }
  const sizes = [...bySize].sort(([a], [b]) => a - b);
  const expected = new Map(expectations.map((each) => [keyOf(each), each.value]));
  const rows: CapacityRow[] = [];
  for (const spec of CAPACITY_METRICS) {
    const scopes = ['', ...new Set(runs.flatMap((run) => scopesOf(run.plan, spec.scope)))];
    for (const scope of scopes) {
      for (const quantile of spec.quantiles.length === 0 ? [undefined] : spec.quantiles) {
        const figure = quantile === undefined ? spec.metric : `${spec.metric}.${quantile}`;
        const name = scope === '' ? spec.metric : `${scope}/${spec.metric}`;
        for (const [members, ofSize] of sizes) {
          const values = ofSize.flatMap((run) => measuredBy(run.metrics, name, quantile));
          if (values.length === 0) continue;
          const row = { members, scope, figure, unit: spec.unit, runs: values.length, ...spreadOf(values) };
          rows.push({ ...row, expected: expected.get(keyOf(row)) ?? null });
        }
      }
    }
  }
  return { sizes: sizes.map(([members, ofSize]) => sizeOf(members, ofSize)), rows };
}

function keyOf({ members, scope, figure }: { members: number; scope: string; figure: string }): string {
  return `${members} ${scope} ${figure}`;
}

function scopesOf(plan: CapacityRun['plan'], kind: FigureSpec['scope']): string[] {
  return (kind === 'channel' ? plan.channels : plan.workloads).map(({ name }) => name);
}

function measuredBy(metrics: Metrics, name: string, quantile: 'p50' | 'p99' | undefined): number[] {
  const metric = metrics[name];
  if (metric === undefined) return [];
  if (typeof metric === 'number') return quantile === undefined ? [metric] : [];
  return quantile === undefined ? [] : [metric[quantile]];
}

function spreadOf(values: readonly number[]): { median: number; min: number; max: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const last = sorted.length - 1;
  return { median: (at(last >> 1) + at((last + 1) >> 1)) / 2, min: at(0), max: at(last) };
}

function sizeOf(members: number, runs: readonly CapacityRun[]): CapacitySize {
  const count = (verdict: CapacityRun['verdict']): number => runs.filter((run) => run.verdict === verdict).length;
  const workloads = runs[0]?.plan.workloads ?? [];
  return {
    members,
    runs: runs.length,
    valid: count('valid'),
    invalid: count('invalid'),
    unknown: count('unknown'),
    rates: Object.fromEntries(workloads.map((load) => [`${load.channel}/${load.name}`, load.ratePerSecond])),
  };
}
