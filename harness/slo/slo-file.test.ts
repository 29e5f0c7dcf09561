import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { UserError } from '../model/errors.ts';
import { parseSloFile } from './slo-file.ts';

const SCOPES = { workloads: ['register', 'broadcast'], channels: ['swim', 'rumor', 'anti-entropy'] };
const parse = (text: string) => parseSloFile(text, 'slo.yaml', SCOPES);

describe('an SLO file', () => {
  it('gives metric, scope, statistic and threshold', () => {
    const slos = parse(
      [
        '# comment',
        'convergence_ms.p99: "< 2000"',
        'register/operation_ms.p999: "<= 1.5s"',
        'during:partition/delivery_ms.count: "> 0"',
        'swim.ping/bytes_per_member_second: "< 2 kB"',
        'operations_info_share: "< 5 %"',
        'false_deaths_per_member_hour: <1',
      ].join('\n'),
    );
    expect(slos.map(({ metric, scope, statistic, threshold }) => [metric, scope, statistic, threshold])).toEqual([
      ['convergence_ms', undefined, 'p99', { operator: '<', value: 2000 }],
      ['register/operation_ms', 'register', 'p999', { operator: '<=', value: 1500 }],
      ['during:partition/delivery_ms', 'during:partition', 'count', { operator: '>', value: 0 }],
      ['swim.ping/bytes_per_member_second', 'swim.ping', undefined, { operator: '<', value: 2000 }],
      ['operations_info_share', undefined, undefined, { operator: '<', value: 0.05 }],
      ['false_deaths_per_member_hour', undefined, undefined, { operator: '<', value: 1 }],
    ]);
  });

  it('may set nothing at all', () => {
    expect(parse('')).toEqual([]);
    expect(parse('# only a comment\n')).toEqual([]);
  });

  it('is understood where it is the default of this repository', () => {
    const text = readFileSync(new URL('../../slo.yaml', import.meta.url), 'utf8');
    expect(parse(text).length).toBeGreaterThan(5);
  });
});

const ERRORS: readonly (readonly [name: string, text: string, message: RegExp])[] = [
  ['unknown metric', 'convergance_ms.p99: "< 1"', /^slo.yaml:1:1: unknown metric .*did you mean convergence_ms\?/],
  ['its line and column', '# a\n\n  latency.p99: "< 1"', /^slo.yaml:3:3: unknown metric .*latency/],
  ['unknown statistic', 'delivery_ms.p98: "< 1"', /^slo.yaml:1:1: unknown statistic .*did you mean p9/],
  ['no statistic', 'delivery_ms: "< 1"', /which statistic.*write delivery_ms.p99/],
  ['statistic of a number', 'redundancy.p99: "< 1"', /one number.*write redundancy alone/],
  ['unknown workload', 'registr/operation_ms.p99: "< 1"', /unknown scope of operation_ms.*did you mean register\?/],
  ['unknown fault', 'during:partitoin/operation_ms.p99: "< 1"', /did you mean during:partition\?/],
  ['scope that a metric has not', 'during:loss/convergence_ms.p99: "< 1"', /unknown scope of convergence_ms/],
  ['channel of a kind', 'swum.ping/bytes_per_member_second: "< 1"', /unknown scope of bytes_per_member_second/],
  ['operator missing', 'delivery_ms.p99: "2000"', /^slo.yaml:1:18: .*no comparison.*begin with one of <, <=, >, >=/],
  ['a bare number', 'delivery_ms.p99: 2000', /^slo.yaml:1:18: .*no comparison.*delivery_ms.p99: "< 2000"/],
  ['bad operator', 'delivery_ms.p99: "== 5"', /bad operator ==.*use one of/],
  ['operator of another language', 'delivery_ms.p99: "=< 5"', /bad operator =</],
  ['number missing', 'delivery_ms.p99: "< fast"', /no number after the operator/],
  ['bad unit', 'delivery_ms.p99: "< 5 parsec"', /bad unit parsec for a metric in ms .*; use us, ms, s,/],
  ['unit of another kind', 'delivery_ms.p99: "< 5 kB"', /bad unit kB/],
  ['unit where there is none', 'redundancy: "< 5 %"', /bad unit %.*write a bare number/],
  ['number out of range', 'redundancy: "< 1e999"', /out of range/],
  ['duplicate', 'redundancy: "< 1"\nredundancy: "< 2"', /^slo.yaml:2:1: set already at slo.yaml:1:1.*redundancy/],
  ['a list', '- redundancy', /^slo.yaml:1:1: an SLO file is a mapping/],
  ['a text', 'redundancy', /an SLO file is a mapping/],
  ['nested', 'redundancy:\n  max: "< 1"', /threshold of redundancy is no comparison/],
  ['key that is no text', '12: "< 1"', /^slo.yaml:1:1: a metric's name is a text/],
  ['no YAML', 'redundancy: "< 1', /^slo.yaml:1:\d+: this is no YAML/],
  ['tab', 'a:\n\t- b', /this is no YAML/],
  ['empty value', 'redundancy:', /threshold of redundancy is no comparison/],
  ['prototype names', 'constructor: "< 1"', /unknown metric/],
  ['prototype units', 'redundancy: "< 1 constructor"', /bad unit constructor/],
];

describe('is refused in one line that says where, what and how to mend it:', () => {
  it.each(ERRORS)('%s', (_name, text, message) => {
    let error: unknown;
    try {
      parse(text);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(UserError);
    const { message: said, exitCode } = error as UserError;
    expect(said).toMatch(message);
    expect(said).not.toContain('\n');
    expect(exitCode).toBe(64);
  });
});
