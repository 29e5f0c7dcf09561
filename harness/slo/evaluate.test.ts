import { describe, expect, it } from 'vitest';
import type { PlannedFault } from '../model/fault.ts';
import type { PlannedOperation } from '../model/plan.ts';
import { EXIT, exitCode, type Metrics } from '../model/verdict.ts';
import { prepareSlos } from './evaluate.ts';
import { parseSloFile } from './slo-file.ts';
import { testPlan } from './test-context.ts';

const SCOPES = { workloads: ['register', 'broadcast', 'membership'], channels: ['swim', 'rumor', 'bracha'] };
const OPERATION: PlannedOperation = {
  id: 0,
  atMs: 500,
  member: 'n1',
  workload: 'register',
  channel: 'anti-entropy',
  f: 'write',
  value: null,
};
const LOSS: PlannedFault = { id: 'l', type: 'loss', links: 'all', probability: 0.1, atMs: 0, untilMs: 1000 };
const distribution = { unit: 'ms', count: 10, mean: 5, min: 1, p50: 5, p90: 9, p95: 9, p99: 10, p999: 10, max: 10 };

function judge(text: string, metrics: Metrics, plan = testPlan([OPERATION], [LOSS])) {
  return prepareSlos(parseSloFile(text, 'slo.yaml', SCOPES), plan)(metrics);
}

const evaluate = (...given: Parameters<typeof judge>) => judge(...given).slos;

describe('an SLO', () => {
  it('is met or missed by what was measured', () => {
    const metrics: Metrics = { convergence_ms: distribution, redundancy: 3 };
    expect(evaluate('convergence_ms.p99: "< 10"\nconvergence_ms.max: "<= 10"\nredundancy: ">= 4"', metrics)).toEqual([
      { metric: 'convergence_ms.p99', threshold: '< 10', measured: 10, met: false },
      { metric: 'convergence_ms.max', threshold: '<= 10', measured: 10, met: true },
      { metric: 'redundancy', threshold: '>= 4', measured: 3, met: false },
    ]);
  });

  it('is missed where what applies was not measured', () => {
    expect(evaluate('convergence_ms.p99: "< 10"\nregister/operation_ms.max: "< 1"', {})).toEqual([
      { metric: 'convergence_ms.p99', threshold: '< 10', measured: null, met: false },
      { metric: 'register/operation_ms.max', threshold: '< 1', measured: null, met: false, scope: 'workload=register' },
    ]);
  });

  it('names its scope', () => {
    const metrics: Metrics = { 'during:loss/operation_ms': distribution, 'swim/bytes_per_member_second': 5 };
    const results = evaluate('during:loss/operation_ms.p50: "< 6"\nswim/bytes_per_member_second: "< 6"', metrics);
    expect(results.map(({ scope, met }) => [scope, met])).toEqual([
      ['during=loss', true],
      ['channel=swim', true],
    ]);
  });

  it.each([
    ['a fault that is not planned', 'during:partition/operation_ms.p50', 'no partition is planned'],
    ['a workload without operations', 'broadcast/operation_ms.p50', 'no such operation is planned'],
    ['a channel that does not run', 'bracha/bytes_per_member_second', 'no bracha runs'],
    ['operations that are not planned', 'delivery_ms.p50', 'no such operation is planned'],
    ['a death that never was', 'detection_ms.p99', 'nothing of the kind happened in this run'],
    ['an accusation that never was', 'refutation_ms.p99', 'nothing of the kind happened in this run'],
  ])('is left out for %s, and named', (_name, metric, reason) => {
    const alone = judge(`${metric}: "< 1"`, {});
    expect(alone).toEqual({ slos: [], slosLeftOut: [{ metric, threshold: '< 1', reason }] });
    expect(exitCode('valid', alone)).toBe(EXIT.unknown);
    const beside = judge(`${metric}: "< 1"\nredundancy: "< 4"`, { redundancy: 3 });
    expect(beside.slosLeftOut).toEqual(alone.slosLeftOut);
    expect(exitCode('valid', beside)).toBe(EXIT.ok);
    expect(exitCode('valid', judge('redundancy: "< 3"', { redundancy: 3 }))).toBe(EXIT.slo);
  });

  it('of an empty list is none that was left out', () => {
    expect(exitCode('valid', prepareSlos([], testPlan([OPERATION], []))({}))).toBe(EXIT.ok);
  });

  it('is left out when no operation was planned in the window of its fault', () => {
    const late: PlannedFault = { ...LOSS, atMs: 600 };
    const text = 'during:loss/operation_ms.p50: "< 1"';
    expect(evaluate(text, {}, testPlan([OPERATION], [late]))).toEqual([]);
    expect(evaluate(text, {})).toHaveLength(1);
  });
});
