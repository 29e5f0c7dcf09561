/**
 * The metrics of a run: one pass over the history, into histograms and counts. Memory grows with the number of members,
 * kinds of messages and polls, and with what is under way, not with the number of operations.
 */
import type { CheckContext } from '../model/checker.ts';
import type { HistoryLine, InvokeLine, ObserveLine, TrafficLine } from '../model/history.ts';
import type { Metric, Metrics } from '../model/verdict.ts';
import { ConvergenceMetric } from './convergence-metric.ts';
import { Distribution } from './distribution.ts';
import { MembershipMetrics } from './membership-metrics.ts';
import { metricSpec } from './metric-names.ts';
import { BroadcastSpread, type Origin, WriteSpread } from './spread-metrics.ts';

const MS = 1e6;

export interface MetricsFold {
  /** Every line of the history, in order. */
  line(line: HistoryLine): void;
  /** After the last line. */
  end(): Metrics;
}

export function createMetrics(context: CheckContext): MetricsFold {
  return new Fold(context);
}

const COMPLETIONS = ['ok', 'fail', 'info'] as const;

class Fold implements MetricsFold {
  readonly #context: CheckContext;
  /** By scope, `''` for all, and metric. */
  readonly #distributions = new Map<string, Map<string, Distribution>>();
  readonly #memberIndex: ReadonlyMap<string, number>;
  readonly #pending = new Map<number, Origin>();
  /** By workload. */
  readonly #endings = new Map<string, { ok: number; fail: number; info: number }>();
  readonly #membership: MembershipMetrics;
  readonly #convergence: ConvergenceMetric;
  /** By channel. */
  readonly #writes = new Map<string, WriteSpread>();
  readonly #broadcasts = new Map<string, BroadcastSpread>();
  readonly #faultsOn = new Map<string, string>();
  #during: readonly string[] = [];
  /** By `channel.kind`: messages and bytes sent. */
  readonly #sent = new Map<string, [number, number]>();
  /** By channel. */
  readonly #received = new Map<string, number>();
  readonly #taken = new Map<string, number>();
  #trafficNs = 0;
  #lastTime = 0;

  constructor(context: CheckContext) {
    this.#context = context;
    const { plan } = context;
    this.#memberIndex = new Map(plan.members.map((member, index) => [member.name, index]));
    this.#membership = new MembershipMetrics((metric, channel, ms) => this.#record(metric, [channel], ms));
    const liars = new Map<string, Set<string>>();
    for (const fault of plan.faults) {
      if (fault.type !== 'byzantine') continue;
      liars.set(fault.channel, new Set([...(liars.get(fault.channel) ?? []), ...fault.targets]));
    }
    this.#convergence = new ConvergenceMetric(liars);
    for (const { name } of plan.channels) {
      const spread = new BroadcastSpread(plan.members.length, (metric, origin, reachedAt) =>
        this.#record(metric, [name, ...scopesOf(origin)], (reachedAt - origin.startedAt) / MS),
      );
      this.#broadcasts.set(name, spread);
      const writes = new WriteSpread(plan.members.length, (metric, origin, reachedAt) =>
        this.#record(metric, scopesOf(origin), (reachedAt - origin.startedAt) / MS),
      );
      this.#writes.set(name, writes);
    }
  }

  /** Into the metric over all, and into each scope. */
  #record(metric: string, scopes: readonly string[], value: number): void {
    this.#distribution('', metric).record(value);
    // A workload and a channel of one name are one scope.
    scopes.forEach((scope, index) => {
      if (scopes.indexOf(scope) === index) this.#distribution(scope, metric).record(value);
    });
  }

  #distribution(scope: string, metric: string): Distribution {
    let metrics = this.#distributions.get(scope);
    if (metrics === undefined) {
      metrics = new Map();
      this.#distributions.set(scope, metrics);
    }
    let distribution = metrics.get(metric);
    if (distribution === undefined) {
      distribution = new Distribution();
      metrics.set(metric, distribution);
    }
    return distribution;
  }

  line(line: HistoryLine): void {
    if (line.type === 'environment') return;
    if (line.time > this.#lastTime) this.#lastTime = line.time;
    switch (line.type) {
      case 'invoke':
        this.#invoke(line);
        break;
      case 'ok':
      case 'fail':
      case 'info':
        this.#complete(line.type, line.op, line.time);
        break;
      case 'observe':
        this.#observe(line);
        break;
      case 'member':
        this.#membership.member(line);
        break;
      case 'fault':
        if (line.event === 'start') this.#faultsOn.set(line.fault, line.kind);
        else this.#faultsOn.delete(line.fault);
        this.#during = [...new Set(this.#faultsOn.values())].map((kind) => `during:${kind}`);
        break;
      case 'phase':
        if (line.phase === 'heal') this.#convergence.heal(line.time);
        break;
      case 'view':
        this.#convergence.view(line);
        break;
      case 'traffic':
        this.#traffic(line);
        break;
      default:
    }
  }

  #invoke(line: InvokeLine): void {
    this.#pending.set(line.op, { startedAt: line.planned, workload: line.workload, during: this.#during });
  }

  #complete(type: 'ok' | 'fail' | 'info', op: number, time: number): void {
    const origin = this.#pending.get(op);
    if (origin === undefined) return;
    this.#pending.delete(op);
    let endings = this.#endings.get(origin.workload);
    if (endings === undefined) {
      endings = { ok: 0, fail: 0, info: 0 };
      this.#endings.set(origin.workload, endings);
    }
    endings[type]++;
    if (type === 'ok') this.#record('operation_ms', scopesOf(origin), (time - origin.startedAt) / MS);
  }

  #observe(line: ObserveLine): void {
    switch (line.kind) {
      case 'status':
        this.#membership.status(line);
        break;
      case 'apply': {
        const index = this.#memberIndex.get(line.member);
        if (index === undefined) return;
        const origin = line.operation === undefined ? undefined : this.#pending.get(line.operation);
        if (line.operation === undefined) this.#take(line.channel);
        // A version is unique per write, whatever its key.
        this.#writes.get(line.channel)?.apply(line.version, index, line.time, this.#membership.upCount, origin);
        break;
      }
      case 'broadcast': {
        const origin = this.#pending.get(line.operation);
        const key = `${line.member} ${line.life} ${line.sequence}`;
        if (origin !== undefined) this.#broadcasts.get(line.channel)?.broadcast(key, origin);
        break;
      }
      case 'deliver':
        if (line.origin !== line.member) this.#take(line.channel);
        this.#broadcasts.get(line.channel)?.deliver(`${line.origin} ${line.originLife} ${line.sequence}`, line.time);
        break;
      case 'adapt':
        this.#record('push_probability', [line.channel], line.pushProbability);
        this.#record('pull_probability', [line.channel], line.pullProbability);
        this.#record('adapted_fanout', [line.channel], line.fanout);
        this.#record('usefulness', [line.channel], line.usefulness);
        break;
      default:
    }
  }

  #take(channel: string): void {
    this.#taken.set(channel, (this.#taken.get(channel) ?? 0) + 1);
  }

  #traffic(line: TrafficLine): void {
    this.#trafficNs += line.time - line.since;
    for (const [kind, [messages, bytes]] of Object.entries(line.sent)) {
      const total = this.#sent.get(kind);
      if (total === undefined) this.#sent.set(kind, [messages, bytes]);
      else {
        total[0] += messages;
        total[1] += bytes;
      }
    }
    for (const [kind, [messages]] of Object.entries(line.received)) {
      const channel = this.#channelOf(kind);
      if (channel !== undefined) this.#received.set(channel, (this.#received.get(channel) ?? 0) + messages);
    }
  }

  #channelOf(kind: string): string | undefined {
    return this.#context.plan.channels.find((channel) => kind.startsWith(`${channel.name}.`))?.name;
  }

  end(): Metrics {
    for (const writes of this.#writes.values()) writes.end();
    const convergenceComplete = this.#convergenceInto();
    const metrics: Record<string, Metric | number> = {};
    for (const [scope, distributions] of [...this.#distributions].sort(([a], [b]) => (a < b ? -1 : 1))) {
      for (const [name, distribution] of distributions) {
        // Over all channels there is no time of agreement where one of them never agreed.
        if (name === 'convergence_ms' && scope === '' && !convergenceComplete) continue;
        metrics[scope === '' ? name : `${scope}/${name}`] = distribution.metric(metricSpec(name)?.unit ?? 'ms');
      }
    }
    this.#trafficInto(metrics);
    this.#falseAlarmsInto(metrics);
    this.#endingsInto(metrics);
    return metrics;
  }

  #convergenceInto(): boolean {
    let complete = true;
    for (const channel of this.#context.channels) {
      if (!channel.converges) continue;
      const ms = this.#convergence.convergenceMs(channel.name);
      if (ms === undefined) complete = false;
      else this.#record('convergence_ms', [channel.name], ms);
    }
    return complete;
  }

  #trafficInto(metrics: Record<string, Metric | number>): void {
    const seconds = this.#trafficNs / 1e9;
    const byChannel = new Map<string, [number, number]>();
    const all: [number, number] = [0, 0];
    const write = (scope: string, [messages, bytes]: readonly [number, number]): void => {
      metrics[`${scope}messages_per_member_second`] = messages / seconds;
      metrics[`${scope}bytes_per_member_second`] = bytes / seconds;
    };
    if (seconds > 0) {
      for (const [kind, counts] of [...this.#sent].sort(([a], [b]) => (a < b ? -1 : 1))) {
        write(`${kind}/`, counts);
        const channel = this.#channelOf(kind);
        for (const total of [all, channel === undefined ? undefined : entry(byChannel, channel)]) {
          if (total === undefined) continue;
          total[0] += counts[0];
          total[1] += counts[1];
        }
      }
      for (const [channel, counts] of byChannel) write(`${channel}/`, counts);
      write('', all);
    }
    let received = 0;
    let needed = 0;
    for (const channel of this.#context.channels) {
      const taken = this.#taken.get(channel.name) ?? 0;
      if (channel.role === 'membership' || taken === 0) continue;
      const messages = this.#received.get(channel.name) ?? 0;
      metrics[`${channel.name}/redundancy`] = messages / taken;
      received += messages;
      needed += taken;
    }
    if (needed > 0) metrics.redundancy = received / needed;
  }

  #falseAlarmsInto(metrics: Record<string, Metric | number>): void {
    const hours = this.#membership.upHours(this.#lastTime);
    const channels = this.#context.channels.filter((channel) => channel.role === 'membership');
    if (hours <= 0 || channels.length === 0) return;
    let suspicions = 0;
    let deaths = 0;
    for (const { name } of channels) {
      suspicions += this.#membership.falseSuspicions(name);
      deaths += this.#membership.falseDeaths(name);
      metrics[`${name}/false_suspicions_per_member_hour`] = this.#membership.falseSuspicions(name) / hours;
      metrics[`${name}/false_deaths_per_member_hour`] = this.#membership.falseDeaths(name) / hours;
    }
    metrics.false_suspicions_per_member_hour = suspicions / hours;
    metrics.false_deaths_per_member_hour = deaths / hours;
  }

  #endingsInto(metrics: Record<string, Metric | number>): void {
    const total = { ok: 0, fail: 0, info: 0 };
    const write = (scope: string, counts: typeof total): void => {
      const all = counts.ok + counts.fail + counts.info;
      for (const type of COMPLETIONS) {
        metrics[`${scope}operations_${type}`] = counts[type];
        if (all > 0) metrics[`${scope}operations_${type}_share`] = counts[type] / all;
      }
    };
    for (const [workload, counts] of [...this.#endings].sort(([a], [b]) => (a < b ? -1 : 1))) {
      write(`${workload}/`, counts);
      for (const type of COMPLETIONS) total[type] += counts[type];
    }
    if (this.#endings.size > 0) write('', total);
  }
}

function scopesOf(origin: Origin): readonly string[] {
  return [origin.workload, ...origin.during];
}

function entry(map: Map<string, [number, number]>, key: string): [number, number] {
  let value = map.get(key);
  if (value === undefined) {
    value = [0, 0];
    map.set(key, value);
  }
  return value;
}
