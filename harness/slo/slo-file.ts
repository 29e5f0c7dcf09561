/**
 * `slo.yaml`: one mapping from metrics to thresholds.
 *
 *     convergence_ms.p99: "< 2000"
 *     register/operation_ms.p99: "<= 1s"
 *     during:partition/delivery_ms.p95: "< 5s"
 *
 * Whatever is not understood is a UserError of one line with file, line and column; nothing is passed over.
 */
import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { UserError } from '../model/errors.ts';
import { FAULT_TYPES } from '../model/fault.ts';
import { closest } from './closest.ts';
import { METRICS, type MetricSpec, metricSpec, STATISTICS, type Statistic } from './metric-names.ts';
import { parseThreshold, type Threshold } from './threshold.ts';

export interface Slo {
  /** As written: `register/operation_ms.p99`. */
  readonly name: string;
  /** Name among the metrics of a run: `register/operation_ms`. */
  readonly metric: string;
  readonly spec: MetricSpec;
  /** `register`, `during:partition`, `swim.ping`; undefined: over everything. */
  readonly scope: string | undefined;
  /** Undefined for metrics that are one number. */
  readonly statistic: Statistic | undefined;
  readonly threshold: Threshold;
  /** The threshold as written: `< 2000`. */
  readonly text: string;
}

/** Names that a scope may have, beside `during:FAULT`. */
export interface SloScopes {
  readonly workloads: readonly string[];
  readonly channels: readonly string[];
}

/** @throws UserError */
export function parseSloFile(text: string, file: string, scopes: SloScopes): readonly Slo[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const [problem] = document.errors;
  if (problem !== undefined) {
    const first = problem.message.split('\n')[0] ?? '';
    throw new UserError(`${at(problem.pos[0])}: this is no YAML: ${first}`, undefined, 'mend the syntax there');
  }
  const root: Node | null = document.contents;
  if (!isMap(root)) {
    // A file of nothing but comments sets no threshold.
    if (root === null || (isScalar(root) && root.value === null)) return [];
    const mend = 'write one metric per line, as in convergence_ms.p99: "< 2000"';
    throw new UserError(`${at(root.range?.[0] ?? 0)}: an SLO file is a mapping`, undefined, mend);
  }
  const slos: Slo[] = [];
  const seen = new Map<string, string>();
  for (const pair of root.items) {
    const key = pair.key;
    const offset = isScalar(key) ? (key.range?.[0] ?? 0) : (root.range?.[0] ?? 0);
    const where = at(offset);
    if (!isScalar(key) || typeof key.value !== 'string') {
      throw new UserError(
        `${where}: a metric's name is a text`,
        undefined,
        'write it as in convergence_ms.p99: "< 2000"',
      );
    }
    const name = key.value;
    const earlier = seen.get(name);
    if (earlier !== undefined) {
      throw new UserError(`${where}: set already at ${earlier}`, name, 'keep one of the two');
    }
    seen.set(name, where);
    const named = parseName(name, where, scopes);
    const value = pair.value;
    const valueAt = isScalar(value) ? at(value.range?.[0] ?? offset) : where;
    if (!isScalar(value) || typeof value.value !== 'string') {
      const given = isScalar(value) ? String(value.value) : undefined;
      const mend = `write an operator and a number in quotes: ${name}: "< ${typeof value === 'object' && isScalar(value) && typeof value.value === 'number' ? value.value : 10}"`;
      throw new UserError(`${valueAt}: the threshold of ${name} is no comparison`, given, mend);
    }
    const threshold = parseThreshold(value.value, named.spec.unit);
    if ('what' in threshold) {
      throw new UserError(`${valueAt}: ${name}: ${threshold.what}`, value.value, threshold.mend);
    }
    slos.push({ name, ...named, threshold, text: value.value.trim() });
  }
  return slos;
}

function parseName(
  name: string,
  where: string,
  scopes: SloScopes,
): Pick<Slo, 'metric' | 'spec' | 'scope' | 'statistic'> {
  const slash = name.lastIndexOf('/');
  const scope = slash < 0 ? undefined : name.slice(0, slash);
  const rest = name.slice(slash + 1);
  const point = rest.indexOf('.');
  const base = point < 0 ? rest : rest.slice(0, point);
  const statistic = point < 0 ? undefined : rest.slice(point + 1);
  const spec = metricSpec(base);
  if (spec === undefined) {
    const known = METRICS.map((metric) => metric.name);
    throw new UserError(`${where}: unknown metric`, base, `${meant(base, known)}known are ${known.join(', ')}`);
  }
  if (scope !== undefined) checkScope(scope, spec, where, scopes);
  const metric = scope === undefined ? base : `${scope}/${base}`;
  if (spec.shape === 'number') {
    if (statistic === undefined) return { metric, spec, scope, statistic: undefined };
    throw new UserError(`${where}: ${base} is one number and has no statistics`, name, `write ${metric} alone`);
  }
  if (statistic === undefined) {
    throw new UserError(`${where}: ${base} is a distribution: which statistic of it?`, name, `write ${metric}.p99`);
  }
  const found = STATISTICS.find((known) => known === statistic);
  if (found === undefined) {
    const mend = `${meant(statistic, STATISTICS)}known are ${STATISTICS.join(', ')}`;
    throw new UserError(`${where}: unknown statistic of ${base}`, statistic, mend);
  }
  return { metric, spec, scope, statistic: found };
}

function checkScope(scope: string, spec: MetricSpec, where: string, scopes: SloScopes): void {
  const allowed: string[] = [];
  if (spec.scopes.includes('workload')) allowed.push(...scopes.workloads);
  if (spec.scopes.includes('channel')) allowed.push(...scopes.channels);
  if (spec.scopes.includes('during')) allowed.push(...FAULT_TYPES.map((type) => `during:${type}`));
  if (allowed.includes(scope)) return;
  // Kinds of messages are the protocol's own business; only the channel can be checked here.
  const kind = scope.indexOf('.');
  if (kind > 0 && kind < scope.length - 1 && spec.scopes.includes('kind')) {
    if (scopes.channels.includes(scope.slice(0, kind))) return;
  }
  const known = [...new Set(allowed)];
  const mend = known.length === 0 ? `write ${spec.name} alone` : `${meant(scope, known)}known are ${known.join(', ')}`;
  throw new UserError(`${where}: unknown scope of ${spec.name}`, scope, mend);
}

function meant(written: string, known: readonly string[]): string {
  const guess = closest(written, known);
  return guess === undefined ? '' : `did you mean ${guess}? `;
}
