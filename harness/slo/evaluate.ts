/**
 * SLOs against the metrics of a run.
 *
 * An SLO whose scope the plan does not have (a fault that is not planned, a workload or channel that does not run), or
 * whose metric the plan cannot produce (no broadcast planned, no delivery to time), is left out: the same file serves
 * every plan. So is one on what may rightly never happen (a death, an accusation) and did not. Everything else without a
 * measurement is missed.
 */
import type { Plan } from '../model/plan.ts';
import type { Metrics, SloResult } from '../model/verdict.ts';
import type { Slo } from './slo-file.ts';
import { holds } from './threshold.ts';

/** Which of them apply is settled by the plan; the rest needs the metrics alone, when they are there. */
export function prepareSlos(slos: readonly Slo[], plan: Plan): (metrics: Metrics) => SloResult[] {
  const applying = slos
    .filter((slo) => appliesTo(slo, plan))
    .map((slo) => ({ slo, scope: slo.scope === undefined ? undefined : scopeName(slo.scope, plan) }));
  return (metrics) => evaluate(applying, metrics);
}

function evaluate(applying: readonly { slo: Slo; scope: string | undefined }[], metrics: Metrics): SloResult[] {
  const results: SloResult[] = [];
  for (const { slo, scope } of applying) {
    const measured = measure(slo, metrics);
    if (measured === null && slo.spec.mayBeAbsent === true) continue;
    results.push({
      metric: slo.name,
      threshold: slo.text,
      measured,
      met: measured !== null && holds(slo.threshold, measured),
      ...(scope === undefined ? {} : { scope }),
    });
  }
  return results;
}

function measure(slo: Slo, metrics: Metrics): number | null {
  const metric = Object.hasOwn(metrics, slo.metric) ? metrics[slo.metric] : undefined;
  if (metric === undefined) return null;
  if (typeof metric === 'number') return slo.statistic === undefined ? metric : null;
  return slo.statistic === undefined ? null : metric[slo.statistic];
}

/** Operations that a metric is about, by `f`; metrics that are not named here need none of a special kind. */
const NEEDED_OPERATIONS: Readonly<Record<string, readonly string[]>> = {
  write_p50_ms: ['write', 'delete'],
  write_p95_ms: ['write', 'delete'],
  write_all_ms: ['write', 'delete'],
  delivery_ms: ['broadcast'],
  redundancy: ['write', 'delete', 'broadcast'],
};

function appliesTo({ spec, scope }: Slo, plan: Plan): boolean {
  const during = scope?.startsWith('during:') ? scope.slice('during:'.length) : undefined;
  const windows = plan.faults.filter((fault) => fault.type === during);
  if (during !== undefined && windows.length === 0) return false;
  const channel = scope?.split('.')[0];
  const named = (operation: { workload: string; channel: string }) =>
    scope === undefined || during !== undefined || operation.workload === scope || operation.channel === channel;
  if (spec.name.startsWith('operation') || Object.hasOwn(NEEDED_OPERATIONS, spec.name)) {
    const needed = NEEDED_OPERATIONS[spec.name];
    return plan.operations.some(
      (operation) =>
        named(operation) &&
        (needed === undefined || needed.includes(operation.f)) &&
        (during === undefined ||
          windows.some((window) => operation.atMs >= window.atMs && operation.atMs < window.untilMs)),
    );
  }
  return scope === undefined || during !== undefined || plan.channels.some(({ name }) => name === channel);
}

function scopeName(scope: string, plan: Plan): string {
  if (scope.startsWith('during:')) return `during=${scope.slice('during:'.length)}`;
  return plan.workloads.some(({ name }) => name === scope) ? `workload=${scope}` : `channel=${scope}`;
}
