import { describe, expect, it } from 'vitest';
import type { Data, MemberStatus, Observation } from '../../impl/protocol.ts';
import type { HistoryLine } from '../model/history.ts';
import type { Metric, Metrics } from '../model/verdict.ts';
import { Distribution } from './distribution.ts';
import { metricSpec } from './metric-names.ts';
import { createMetrics } from './metrics.ts';
import { testContext, testPlan } from './test-context.ts';

const MS = 1e6;
const MEMBERS = ['n1', 'n2', 'n3', 'n4'];

/** Lines with times in ms; members are up in life 1 from 0. */
class Lines {
  readonly lines: HistoryLine[] = MEMBERS.map((member) => up(member, 0));
  #op = 0;

  add(...lines: HistoryLine[]): this {
    this.lines.push(...lines);
    return this;
  }

  invoke(plannedMs: number, workload: string, channel: string, f: string, value: Data = null): number {
    const op = this.#op++;
    // A millisecond late: latency counts from the plan.
    const time = (plannedMs + 1) * MS;
    const planned = plannedMs * MS;
    this.add({ type: 'invoke', time, process: op, op, member: 'n1', workload, channel, f, value, planned });
    return op;
  }

  complete(atMs: number, op: number, type: 'ok' | 'fail' | 'info'): this {
    return this.add({ type, time: atMs * MS, process: op, op, member: 'n1', f: 'x' });
  }

  observe(atMs: number, member: string, channel: string, observation: Observation): this {
    return this.add({ type: 'observe', time: atMs * MS, member, life: 1, channel, ...observation });
  }

  status(atMs: number, member: string, subject: string, status: MemberStatus, incarnation = 0): this {
    return this.observe(atMs, member, 'swim', { kind: 'status', subject, subjectLife: 1, status, incarnation });
  }

  view(atMs: number, member: string, round: number, channel: string, digest: string): this {
    return this.add({ type: 'view', time: atMs * MS, member, life: 1, round, channel, digest });
  }

  fold(): Metrics {
    const metrics = createMetrics(testContext(testPlan()));
    for (const line of this.lines) metrics.line(line);
    return metrics.end();
  }
}

function up(member: string, atMs: number, life = 1): HistoryLine {
  return { type: 'member', time: atMs * MS, member, life, event: 'up', boot: 1 };
}

function distribution(metrics: Metrics, name: string): Metric {
  const metric = metrics[name];
  if (metric === undefined || typeof metric === 'number') throw new Error(`${name} is ${String(metric)}`);
  return metric;
}

describe('Distribution', () => {
  it('has quantiles to three digits, and mean and extremes exactly', () => {
    const numbers = new Distribution();
    for (let ms = 1; ms <= 1000; ms++) numbers.record(ms);
    const metric = numbers.metric('ms');
    expect(metric).toMatchObject({ unit: 'ms', count: 1000, mean: 500.5, min: 1, max: 1000 });
    for (const [statistic, value] of [
      ['p50', 500],
      ['p90', 900],
      ['p95', 950],
      ['p99', 990],
      ['p999', 999],
    ] as const) {
      expect(Math.abs(metric[statistic] / value - 1)).toBeLessThan(0.001);
    }
  });

  it('holds a day as well as a microsecond', () => {
    const numbers = new Distribution();
    numbers.record(0.001);
    numbers.record(86_400_000);
    expect(numbers.metric('ms')).toMatchObject({ min: 0.001, max: 86_400_000, p999: 86_400_000 });
  });

  it('refuses what is no number', () => {
    expect(() => new Distribution().record(Number.NaN)).toThrow('NaN');
    expect(() => new Distribution().record(Number.POSITIVE_INFINITY)).toThrow('Infinity');
  });
});

describe('operations', () => {
  it('count from the planned time, by workload and by fault', () => {
    const lines = new Lines();
    const first = lines.invoke(100, 'register', 'anti-entropy', 'read');
    lines.complete(110, first, 'ok');
    lines.add({ type: 'fault', time: 200 * MS, fault: 'p1', kind: 'partition', event: 'start' });
    const second = lines.invoke(300, 'broadcast', 'rumor', 'broadcast');
    lines.add({ type: 'fault', time: 310 * MS, fault: 'p1', kind: 'partition', event: 'end' });
    lines.complete(330, second, 'ok');
    lines.complete(401, lines.invoke(400, 'register', 'anti-entropy', 'read'), 'fail');
    lines.complete(1400, lines.invoke(400, 'register', 'anti-entropy', 'read'), 'info');
    const metrics = lines.fold();
    expect(distribution(metrics, 'operation_ms')).toMatchObject({ count: 2, min: 10, max: 30 });
    expect(distribution(metrics, 'register/operation_ms')).toMatchObject({ count: 1, mean: 10 });
    expect(distribution(metrics, 'during:partition/operation_ms')).toMatchObject({ count: 1, mean: 30 });
    expect(metrics).toMatchObject({
      operations_ok: 2,
      operations_fail: 1,
      operations_info: 1,
      operations_ok_share: 0.5,
      'register/operations_ok': 1,
      'broadcast/operations_ok_share': 1,
    });
  });
});

describe('writes', () => {
  const apply = (version: string, operation?: number): Observation => ({ kind: 'apply', key: 'k', version, operation });

  it('reach half, nearly all and all of those that were up', () => {
    const lines = new Lines();
    const op = lines.invoke(100, 'register', 'anti-entropy', 'write');
    lines.observe(102, 'n1', 'anti-entropy', apply('v1', op)).complete(103, op, 'ok');
    lines.observe(110, 'n2', 'anti-entropy', apply('v1')).observe(120, 'n3', 'anti-entropy', apply('v1'));
    // Once more at the same member counts for nothing.
    lines.observe(125, 'n3', 'anti-entropy', apply('v1')).observe(140, 'n4', 'anti-entropy', apply('v1'));
    const metrics = lines.fold();
    expect(distribution(metrics, 'write_p50_ms')).toMatchObject({ count: 1, mean: 10 });
    expect(distribution(metrics, 'write_p95_ms').mean).toBe(40);
    expect(distribution(metrics, 'register/write_all_ms').mean).toBe(40);
  });

  it('have no time for all where one never took it', () => {
    const lines = new Lines();
    const op = lines.invoke(100, 'register', 'anti-entropy', 'write');
    lines.observe(102, 'n1', 'anti-entropy', apply('v1', op)).observe(110, 'n2', 'anti-entropy', apply('v1'));
    const metrics = lines.fold();
    expect(distribution(metrics, 'write_p50_ms').mean).toBe(10);
    expect(metrics.write_all_ms).toBeUndefined();
  });

  it('go by those that were up at the write', () => {
    const lines = new Lines();
    for (const member of ['n3', 'n4']) lines.add({ type: 'member', time: 50 * MS, member, life: 1, event: 'crash' });
    const op = lines.invoke(100, 'register', 'anti-entropy', 'write');
    lines.observe(102, 'n1', 'anti-entropy', apply('v1', op)).observe(110, 'n2', 'anti-entropy', apply('v1'));
    expect(distribution(lines.fold(), 'write_all_ms').mean).toBe(10);
  });
});

describe('broadcasts', () => {
  it('are timed at each member, lines of others before the origin included', () => {
    const lines = new Lines();
    const op = lines.invoke(100, 'broadcast', 'rumor', 'broadcast', 'x');
    const deliver: Observation = { kind: 'deliver', origin: 'n1', originLife: 1, sequence: 7, value: 'x' };
    lines.observe(105, 'n2', 'rumor', deliver);
    lines.observe(102, 'n1', 'rumor', { kind: 'broadcast', operation: op, sequence: 7 });
    lines.observe(102, 'n1', 'rumor', deliver).observe(130, 'n3', 'rumor', deliver);
    const metrics = lines.fold();
    expect(distribution(metrics, 'delivery_ms')).toMatchObject({ count: 3, min: 2, max: 30 });
    expect(distribution(metrics, 'rumor/delivery_ms').count).toBe(3);
    expect(distribution(metrics, 'broadcast/delivery_ms').count).toBe(3);
  });
});

describe('membership', () => {
  it('times detections from the crash', () => {
    const lines = new Lines();
    lines.add({ type: 'member', time: 1000 * MS, member: 'n4', life: 1, event: 'crash' });
    lines.status(1500, 'n1', 'n4', 'suspect').status(2000, 'n1', 'n4', 'dead').status(3000, 'n2', 'n4', 'dead');
    const metrics = lines.fold();
    expect(distribution(metrics, 'detection_ms')).toMatchObject({ count: 2, min: 1000, max: 2000 });
    expect(distribution(metrics, 'swim/first_detection_ms')).toMatchObject({ count: 1, mean: 1000 });
    expect(metrics.false_suspicions_per_member_hour).toBe(0);
    expect(metrics.false_deaths_per_member_hour).toBe(0);
  });

  it('counts false alarms per hour up, and times what takes them back', () => {
    const lines = new Lines();
    lines.status(1000, 'n1', 'n2', 'suspect').status(2000, 'n1', 'n2', 'dead').status(4000, 'n1', 'n2', 'alive', 1);
    lines.add({ type: 'member', time: 5000 * MS, member: 'n3', life: 1, event: 'pause' });
    // Who is paused is rightly suspected.
    lines.status(6000, 'n1', 'n3', 'suspect');
    lines.add({ type: 'end', time: 3_600_000 * MS, outcome: 'completed' });
    const metrics = lines.fold();
    expect(distribution(metrics, 'refutation_ms')).toMatchObject({ count: 1, mean: 3000 });
    // One each, in four member-hours.
    expect(metrics.false_suspicions_per_member_hour).toBe(0.25);
    expect(metrics['swim/false_deaths_per_member_hour']).toBe(0.25);
  });
});

describe('convergence', () => {
  const poll = (lines: Lines, atMs: number, round: number, channel: string, digests: readonly string[]) =>
    digests.forEach((digest, index) => {
      lines.view(atMs + index, MEMBERS[index] ?? '', round, channel, digest);
    });

  it('is the first poll from which on all agree', () => {
    const lines = new Lines();
    poll(lines, 500, 1, 'swim', ['a', 'a', 'a', 'a']);
    lines.add({ type: 'phase', time: 1000 * MS, phase: 'heal' });
    poll(lines, 1100, 2, 'swim', ['a', 'a', 'a', 'a']);
    poll(lines, 1200, 3, 'swim', ['a', 'b', 'a', 'a']);
    poll(lines, 1300, 4, 'swim', ['b', 'b', 'b', 'b']);
    poll(lines, 1400, 5, 'swim', ['b', 'b', 'b', 'b']);
    poll(lines, 1400, 5, 'anti-entropy', ['x', 'x', 'x', 'x']);
    const metrics = lines.fold();
    expect(distribution(metrics, 'swim/convergence_ms').mean).toBe(303);
    expect(distribution(metrics, 'convergence_ms')).toMatchObject({ count: 2, max: 403 });
  });

  it('is absent over all where one channel never agreed', () => {
    const lines = new Lines();
    lines.add({ type: 'phase', time: 1000 * MS, phase: 'heal' });
    poll(lines, 1100, 2, 'swim', ['a', 'a', 'a', 'a']);
    poll(lines, 1100, 2, 'anti-entropy', ['x', 'y', 'x', 'x']);
    const metrics = lines.fold();
    expect(distribution(metrics, 'swim/convergence_ms').count).toBe(1);
    expect(metrics.convergence_ms).toBeUndefined();
    expect(metrics['anti-entropy/convergence_ms']).toBeUndefined();
  });
});

describe('traffic', () => {
  it('is per second in which a member was up, in all, by channel and by kind', () => {
    const lines = new Lines();
    const sent = { 'swim.ping': [10, 1000], 'swim.ack': [10, 500], 'rumor.push': [5, 500] } as const;
    const received = { 'swim.ping': [9, 900], 'rumor.push': [6, 600] } as const;
    for (const member of ['n1', 'n2']) {
      const rest = { life: 1, since: 0, dropped: {}, wallAheadMs: 0, monotonicMs: 2000, stalledMs: 0 };
      lines.add({ type: 'traffic', time: 2000 * MS, member, sent, received, ...rest });
    }
    const deliver: Observation = { kind: 'deliver', origin: 'n1', originLife: 1, sequence: 7, value: 'x' };
    // The origin needs no message.
    for (const member of MEMBERS) lines.observe(100, member, 'rumor', deliver);
    expect(lines.fold()).toMatchObject({
      bytes_per_member_second: 1000,
      messages_per_member_second: 12.5,
      'swim/bytes_per_member_second': 750,
      'swim.ping/messages_per_member_second': 5,
      'rumor/redundancy': 4,
      redundancy: 4,
    });
  });
});

it('adaptation shows the values after each change, in all and by channel', () => {
  const lines = new Lines();
  const adapt = { kind: 'adapt', pullProbability: 0.3, fanout: 3 } as const;
  lines.observe(10, 'n1', 'hybrid', { ...adapt, pushProbability: 0.45, usefulness: 0.125 });
  lines.observe(20, 'n2', 'hybrid', { ...adapt, pushProbability: 0.55, usefulness: 0.375 });
  const folded = lines.fold();
  expect(distribution(folded, 'hybrid/push_probability')).toMatchObject({ unit: 'share', count: 2, mean: 0.5 });
  expect(distribution(folded, 'push_probability')).toMatchObject({ min: 0.45, max: 0.55 });
  expect(distribution(folded, 'hybrid/pull_probability')).toMatchObject({ min: 0.3, max: 0.3 });
  expect(distribution(folded, 'hybrid/adapted_fanout')).toMatchObject({ unit: 'count', p50: 3 });
  expect(distribution(folded, 'hybrid/usefulness')).toMatchObject({ unit: 'ratio', mean: 0.25 });
});

it('names every metric as the list has it', () => {
  const lines = new Lines();
  lines.complete(110, lines.invoke(100, 'register', 'anti-entropy', 'read'), 'ok');
  lines.status(1000, 'n1', 'n2', 'suspect').status(4000, 'n1', 'n2', 'alive', 1);
  const chances = { pushProbability: 0.5, pullProbability: 0.5 };
  lines.observe(10, 'n1', 'hybrid', { kind: 'adapt', ...chances, fanout: 3, usefulness: 0.5 });
  for (const name of Object.keys(lines.fold())) {
    expect(metricSpec(name.slice(name.lastIndexOf('/') + 1)), name).toBeDefined();
  }
});

it('takes a hundred thousand operations without keeping them', () => {
  const metrics = createMetrics(testContext(testPlan()));
  for (const member of MEMBERS) metrics.line(up(member, 0));
  for (let op = 0; op < 100_000; op++) {
    const time = op * MS;
    const base = { process: op, op, member: 'n1' } as const;
    const invoke = { workload: 'register', channel: 'anti-entropy', f: 'write', value: op, planned: time } as const;
    metrics.line({ type: 'invoke', time, ...base, ...invoke });
    const observed = { type: 'observe', life: 1, channel: 'anti-entropy', kind: 'apply', key: 'k' } as const;
    metrics.line({ ...observed, time, member: 'n1', version: `v${op}`, operation: op });
    // Half of the writes are replaced before all have them.
    metrics.line({ ...observed, time: time + MS, member: 'n2', version: `v${op}` });
    metrics.line({ type: 'ok', time: time + MS, ...base, f: 'write' });
  }
  const folded = metrics.end();
  expect(distribution(folded, 'operation_ms')).toMatchObject({ count: 100_000, mean: 1 });
  // What is forgotten is measured as far as it came.
  expect(distribution(folded, 'write_p50_ms').count).toBe(100_000);
  expect(folded.write_all_ms).toBeUndefined();
});
