/**
 * SLOs against the metrics of a run.
 *
 * An SLO whose scope the plan does not have (a fault that is not planned, a workload or channel that does not run), or
 * whose metric the plan cannot produce (no broadcast planned, no delivery to time), is left out: the same file serves
 * every plan. So is one on what may rightly never happen (a death, an accusation) and did not. Everything else without a
 * measurement is missed. What is left out is named, with why; where that is all of the file, nothing was judged.
 */
import type { Plan } from '../model/plan.ts';
import type { Metrics, SloJudgement, SloLeftOut, SloResult } from '../model/verdict.ts';
import type { Slo } from './slo-file.ts';
import { holds } from './threshold.ts';

/** Which of them apply is settled by the plan; the rest needs the metrics alone, when they are there. */
export function prepareSlos(slos: readonly Slo[], plan: Plan): (metrics: Metrics) => SloJudgement {
  const planned = slos.map((slo) => ({ slo, lack: lackFor(slo, plan) }));
  const out = planned.flatMap(({ slo, lack }) => (lack === undefined ? [] : [leftOut(slo, lack)]));
  const applying = planned
    .filter(({ lack }) => lack === undefined)
    .map(({ slo }) => ({ slo, scope: slo.scope === undefined ? undefined : scopeName(slo.scope, plan) }));
  return (metrics) => evaluate(applying, out, metrics);
}

function leftOut({ name, text }: Slo, reason: string): SloLeftOut {
  return { metric: name, threshold: text, reason };
}

function evaluate(
  applying: readonly { slo: Slo; scope: string | undefined }[],
  out: readonly SloLeftOut[],
  metrics: Metrics,
): SloJudgement {
  const results: SloResult[] = [];
  const slosLeftOut = [...out];
  for (const { slo, scope } of applying) {
    const measured = measure(slo, metrics);
    if (measured === null && slo.spec.mayBeAbsent === true) {
      slosLeftOut.push(leftOut(slo, 'nothing of the kind happened in this run'));
      continue;
    }
    results.push({
      metric: slo.name,
      threshold: slo.text,
      measured,
      met: measured !== null && holds(slo.threshold, measured),
      ...(scope === undefined ? {} : { scope }),
    });
  }
  return { slos: results, slosLeftOut };
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

/** What the plan lacks for the SLO to say anything, in a few words; undefined: nothing. */
function lackFor({ spec, scope }: Slo, plan: Plan): string | undefined {
  const during = scope?.startsWith('during:') ? scope.slice('during:'.length) : undefined;
  const windows = plan.faults.filter((fault) => fault.type === during);
  if (during !== undefined && windows.length === 0) return `no ${during} is planned`;
  const channel = scope?.split('.')[0];
  const named = (operation: { workload: string; channel: string }) =>
    scope === undefined || during !== undefined || operation.workload === scope || operation.channel === channel;
  if (spec.name.startsWith('operation') || Object.hasOwn(NEEDED_OPERATIONS, spec.name)) {
    const needed = NEEDED_OPERATIONS[spec.name];
    const isPlanned = plan.operations.some(
      (operation) =>
        named(operation) &&
        (needed === undefined || needed.includes(operation.f)) &&
        (during === undefined ||
          windows.some((window) => operation.atMs >= window.atMs && operation.atMs < window.untilMs)),
    );
    return isPlanned ? undefined : 'no such operation is planned';
  }
  const runs = scope === undefined || during !== undefined || plan.channels.some(({ name }) => name === channel);
  return runs ? undefined : `no ${channel} runs`;
}

function scopeName(scope: string, plan: Plan): string {
  if (scope.startsWith('during:')) return `during=${scope.slice('during:'.length)}`;
  return plan.workloads.some(({ name }) => name === scope) ? `workload=${scope}` : `channel=${scope}`;
}
