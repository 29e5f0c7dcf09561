/**
 * Test support: a plausible run written line by line. Seven members, a partition with loss, deaths on both sides, a
 * merge after it, a crash with restart, a pause, writes and broadcasts. Names and values can be made hostile.
 */
import type { Stay, Timeline } from '../harness/model/checker.ts';
import type { PlannedFault } from '../harness/model/fault.ts';
import type { HistoryLine } from '../harness/model/history.ts';
import type { Plan, PlannedOperation } from '../harness/model/plan.ts';
import { split } from '../harness/model/rng.ts';
import type { PropertyResult, RunVerdict } from '../harness/model/verdict.ts';
import type { ReportInput } from './report.ts';

export interface SyntheticOptions {
  readonly members?: number;
  readonly operations?: number;
  /** Put into every name and text that a plan, a history or a verdict can carry. */
  readonly hostile?: string;
}

export interface SyntheticRun {
  readonly plan: Plan;
  readonly lines: readonly HistoryLine[];
  readonly timeline: Timeline;
  readonly input: ReportInput;
}

const MS = 1e6;

export function syntheticRun(options: SyntheticOptions = {}): SyntheticRun {
  const evil = options.hostile ?? '';
  const count = options.members ?? 7;
  const names = Array.from({ length: count }, (_, index) => `n${index + 1}${evil}`);
  const random = split('synthetic', 'run');
  const half = Math.floor(count / 2);
  const left = names.slice(0, half);
  const right = names.slice(half);
  const swim = `swim${evil}`;
  const rumor = `rumor${evil}`;
  const map = `anti-entropy${evil}`;
  const faults: PlannedFault[] = [
    { id: `f1${evil}`, type: 'loss', atMs: 500, untilMs: 29_000, links: 'all', probability: 0.1 },
    {
      id: `f2${evil}`,
      type: 'partition',
      atMs: 6000,
      untilMs: 15_000,
      shape: 'halves',
      cuts: [
        { from: left, to: right },
        { from: right, to: left },
      ],
    },
    { id: 'f3', type: 'kill', atMs: 19_000, untilMs: 23_000, targets: names.slice(1, 2), restart: 'with-state' },
    { id: 'f4', type: 'pause', atMs: 25_000, untilMs: 26_000, targets: names.slice(2, 3) },
  ];
  const operations: PlannedOperation[] = [];
  const total = options.operations ?? 600;
  for (let id = 0; id < total; id++) {
    const write = id % 2 === 0;
    operations.push({
      id,
      atMs: 300 + (29_000 * id) / total,
      member: names[random.int(count)] ?? '',
      workload: `${write ? 'register' : 'broadcast'}${evil}`,
      channel: write ? map : rumor,
      f: `${write ? 'write' : 'broadcast'}${evil}`,
      value: `v${id}${evil}`,
    });
  }
  const plan: Plan = {
    format: 'hearsay-plan',
    version: 1,
    seed: `k7-quiet-otter${evil}`,
    members: names.map((name) => ({ name, startAtMs: 0 })),
    channels: [
      { name: swim, protocol: `swim${evil}`, settings: { periodMs: 200, [`suspicion${evil}`]: `x${evil}` } },
      { name: rumor, protocol: `rumor${evil}`, settings: { mode: 'push-pull', fanout: 1, intervalMs: 100 } },
      { name: map, protocol: `anti-entropy${evil}`, settings: { mode: 'push-pull', fanout: 1, intervalMs: 400 } },
    ],
    workloads: [
      { name: `register${evil}`, channel: map, ratePerSecond: 10 },
      { name: `broadcast${evil}`, channel: rumor, ratePerSecond: 10 },
    ],
    operations,
    faults,
    operationTimeoutMs: 2000,
    closing: { healAtMs: 30_000, pollEveryMs: 250, deadlineMs: 20_000 },
    network: { latencyMs: 1, jitterMs: 1 },
  };

  const lines: HistoryLine[] = [];
  const side = (name: string): number => (left.includes(name) ? 0 : 1);
  const cutAt = (ms: number): boolean => ms >= 6000 && ms < 15_000;
  const downAt = (name: string, ms: number): boolean => name === names[1] && ms >= 19_000 && ms < 23_000;

  for (const name of names) {
    lines.push({ type: 'member', time: 10 * MS, member: name, life: 1, event: 'up', boot: 1 });
  }
  for (const fault of faults) {
    lines.push({ type: 'fault', time: fault.atMs * MS, fault: fault.id, kind: fault.type, event: 'start' });
    lines.push({ type: 'fault', time: fault.untilMs * MS, fault: fault.id, kind: fault.type, event: 'end' });
  }
  const killed = names[1] ?? '';
  const paused = names[2] ?? '';
  lines.push({ type: 'member', time: 19_000 * MS, member: killed, life: 1, event: 'crash', reason: `SIGKILL${evil}` });
  lines.push({ type: 'member', time: 23_000 * MS, member: killed, life: 1, event: 'up', boot: 2 });
  lines.push({ type: 'member', time: 25_000 * MS, member: paused, life: 1, event: 'pause' });
  lines.push({ type: 'member', time: 26_000 * MS, member: paused, life: 1, event: 'resume' });

  const status = (
    ms: number,
    member: string,
    subject: string,
    now: 'alive' | 'suspect' | 'dead',
    incarnation: number,
  ): void => {
    const base = { type: 'observe', kind: 'status', member, subject, life: 1, subjectLife: 1, channel: swim } as const;
    lines.push({ ...base, time: ms * MS, status: now, incarnation });
  };
  for (const observer of names) {
    for (const subject of names) {
      if (observer === subject) continue;
      status(20 + random.int(400), observer, subject, 'alive', 0);
      if (side(observer) !== side(subject)) {
        const suspectAt = 6300 + random.int(1200);
        status(suspectAt, observer, subject, 'suspect', 0);
        status(suspectAt + 1800 + random.int(400), observer, subject, 'dead', 0);
        status(16_000 + random.int(2300), observer, subject, 'alive', 2);
      }
      if (subject === killed) {
        const suspectAt = 19_300 + random.int(600);
        status(suspectAt, observer, subject, 'suspect', 2);
        status(suspectAt + 1700, observer, subject, 'dead', 2);
        status(23_200 + random.int(500), observer, subject, 'alive', 3);
      }
      if (observer === killed) status(23_100 + random.int(200), observer, subject, 'alive', 2);
      if (subject === paused && observer !== killed && random.next() < 0.5) {
        status(25_500 + random.int(300), observer, subject, 'suspect', 2);
        status(26_100 + random.int(400), observer, subject, 'alive', 3);
      }
    }
  }

  for (const operation of operations) {
    const { id, atMs, member } = operation;
    const base = { process: id % 50, op: id, member, f: operation.f } as const;
    lines.push({
      type: 'invoke',
      time: (atMs + 0.2) * MS,
      ...base,
      workload: operation.workload,
      channel: operation.channel,
      value: operation.value,
      planned: atMs * MS,
    });
    if (downAt(member, atMs)) {
      lines.push({ type: 'fail', time: (atMs + 0.4) * MS, ...base, error: `member is down${evil}` });
      continue;
    }
    if (member === paused && atMs > 24_995 && atMs < 26_000) {
      lines.push({ type: 'info', time: (atMs + 2000) * MS, ...base, error: `timed out${evil}` });
      continue;
    }
    lines.push({ type: 'ok', time: (atMs + 0.5 + random.next() ** 4 * 30) * MS, ...base });
    const write = operation.channel === map;
    const interval = write ? 400 : 100;
    const version = `${String(Math.round(atMs * 1000)).padStart(14, '0')}-${member}`;
    names.forEach((to, index) => {
      let at = atMs + 1;
      if (to !== member) at += interval * (random.next() + random.int(3));
      if (to !== member && cutAt(at) && side(to) !== side(member)) at = 15_100 + random.int(2500);
      if (downAt(to, at)) at = 23_100 + random.int(800);
      const line = { type: 'observe', time: at * MS, member: to, life: 1, channel: operation.channel } as const;
      if (write) {
        const own = to === member ? { operation: id } : {};
        lines.push({ ...line, kind: 'apply', key: `k${id % 9}${evil}`, version, ...own });
      } else {
        const origin = { origin: member, originLife: 1, sequence: id };
        if (to === member) lines.push({ ...line, kind: 'broadcast', operation: id, sequence: id });
        lines.push({ ...line, time: line.time + index, kind: 'deliver', ...origin, value: operation.value });
      }
    });
  }

  for (const member of names) {
    for (let second = 0; second < 32; second++) {
      if (downAt(member, second * 1000 + 500)) continue;
      const busy = cutAt(second * 1000) ? 0.6 : 1;
      const traffic = (kind: string, messages: number, size: number): [string, readonly [number, number]] => {
        const sent = Math.round(messages * busy * (0.9 + 0.2 * random.next()));
        return [kind, [sent, sent * size]];
      };
      lines.push({
        type: 'traffic',
        time: (second + 1) * 1000 * MS,
        since: second * 1000 * MS,
        member,
        life: 1,
        sent: Object.fromEntries([
          traffic(`${swim}.ping`, 5, 120),
          traffic(`${swim}.ack`, 5, 110),
          traffic(`${rumor}.push`, 22, 210),
          traffic(`${map}.digest`, 3, 700),
          traffic(`${map}.entries`, 3, 320),
        ]),
        received: {},
        dropped: { [`corrupted${evil}`]: random.int(2) },
        wallAheadMs: 0,
        monotonicMs: 1000,
        stalledMs: 0,
      });
    }
  }
  lines.push({ type: 'phase', time: 0, phase: 'load' });
  lines.push({ type: 'phase', time: 30_000 * MS, phase: 'heal' });
  lines.push({ type: 'phase', time: 31_600 * MS, phase: 'final' });
  [swim, rumor, map].forEach((channel, place) => {
    for (let round = 1; round <= 6; round++) {
      for (const member of names) {
        const apart = round < 3 + place && member === names[0];
        const time = (30_000 + round * 250) * MS;
        const digest = apart ? `a${round}` : `${evil}b`;
        lines.push({ type: 'view', time, member, life: 1, round, channel, digest });
      }
    }
  });
  for (const name of names)
    lines.push({ type: 'member', time: 31_900 * MS, member: name, life: 1, event: 'stop', reason: 'end of run' });
  lines.sort((a, b) => timeOf(a) - timeOf(b));
  lines.unshift({
    type: 'environment',
    format: 'hearsay-history',
    version: 1,
    cluster: `local${evil}`,
    hearsay: `0.1.0${evil}`,
    node: `v20.20.2${evil}`,
    platform: `linux x64${evil}`,
    machine: `2 cores, 8 GB${evil}`,
    startedAt: `2026-01-02T03:04:05.000Z${evil}`,
  });
  lines.push({ type: 'end', time: 32_000 * MS, outcome: 'completed' });

  const timeline = timelineOf(lines, names, faults);
  return { plan, lines, timeline, input: inputOf(plan, evil) };
}

function timeOf(line: HistoryLine): number {
  return line.type === 'environment' ? -1 : line.time;
}

/** What the real timeline would say of these lines, as far as a report asks. */
function timelineOf(
  lines: readonly HistoryLine[],
  names: readonly string[],
  faults: readonly PlannedFault[],
): Timeline {
  const stays = new Map<string, Stay[]>(names.map((name) => [name, []]));
  for (const line of lines) {
    if (line.type !== 'member') continue;
    const list = stays.get(line.member) ?? [];
    const last = list.at(-1);
    const { life, boot = 1, time: from } = { ...line };
    if (line.event === 'up')
      list.push({
        life,
        boot,
        from,
        until: Number.POSITIVE_INFINITY,
        ending: 'running',
        leftAt: undefined,
        pauses: [],
      });
    else if (last !== undefined && (line.event === 'crash' || line.event === 'stop')) {
      last.until = line.time;
      last.ending = line.event;
    } else if (last !== undefined && line.event === 'pause')
      last.pauses.push({ from: line.time, until: Number.POSITIVE_INFINITY });
    else if (line.event === 'resume') {
      const pause = last?.pauses.at(-1);
      if (pause !== undefined) pause.until = line.time;
    }
  }
  return {
    stays,
    actualStays: stays,
    faults: faults.map((fault) => ({
      id: fault.id,
      kind: fault.type,
      from: fault.atMs * MS,
      until: fault.untilMs * MS,
    })),
    healedAt: 30_000 * MS,
    finalAt: 31_600 * MS,
    end: 'completed',
    lastTime: 32_000 * MS,
    lifeEndedAt: () => undefined,
    upThroughout: (member, from, until) =>
      (stays.get(member) ?? []).some((stay) => stay.from <= from && stay.until >= until),
    reachableThroughout: () => true,
  };
}

function inputOf(plan: Plan, evil: string): ReportInput {
  const [swim, rumor, map] = plan.channels;
  const results: PropertyResult[] = [
    {
      name: `convergence${evil}`,
      channel: map?.name,
      verdict: 'valid',
      reason: `All 7 members held equal views 1.1 s after the heal; the bound is 9.6 s${evil}`,
      judged: 7,
      violations: 0,
    },
    {
      name: 'lost-writes',
      channel: map?.name,
      verdict: 'invalid',
      reason: `1 of 290 acknowledged writes is held by no correct member at the end${evil}`,
      judged: 290,
      violations: 1,
      witness: {
        summary: `Write 118 of k1 by n3 was acknowledged at 5.9 s; no final view holds it or a later one${evil}`,
        lines: [{ type: 'ok', op: 118, member: 'n3', value: `v118${evil}` }, `plain text${evil}`],
      },
    },
    {
      name: 'delivery',
      channel: rumor?.name,
      verdict: 'valid',
      reason: '0 of 2,030 deliveries missing; residue expected 0.004',
      judged: 2030,
      violations: 3,
      beyondClaims: `a partition lasts longer than the rumor's rounds${evil}`,
    },
    {
      name: 'refutation',
      channel: swim?.name,
      verdict: 'unknown',
      reason: `2 suspicions were raised less than the bound before the end${evil}`,
      judged: 31,
      violations: 0,
    },
    {
      name: 'broadcast-safety',
      verdict: 'not-applicable',
      reason: 'No reliable broadcast is planned',
      judged: 0,
      violations: 0,
    },
    {
      name: 'fault-effect',
      verdict: 'valid',
      reason: 'Every fault did what was asked',
      judged: 4,
      violations: 0,
      details: {
        rows: [
          {
            fault: `f1${evil}`,
            kind: 'loss',
            asked: 0.1,
            measured: 0.0983,
            low: 0.091,
            high: 0.106,
            sent: 9120,
            received: 8223,
          },
          {
            fault: 'f2',
            kind: `partition${evil}`,
            asked: 1,
            measured: 1,
            low: 0.998,
            high: 1,
            sent: 2410,
            received: 0,
          },
        ],
      },
    },
  ];
  const verdict: RunVerdict = {
    format: 'hearsay-verdict',
    version: 1,
    verdict: 'invalid',
    exitCode: 1,
    seed: plan.seed,
    cluster: `local${evil}`,
    runDir: `runs/2026-01-02-k7${evil}`,
    historyHash: `sha256:5f1d${evil}`,
    properties: results,
    slos: [
      { metric: `convergence_ms.p99${evil}`, threshold: `< 2000${evil}`, measured: 1134, met: true },
      { metric: 'delivery_ms.p99', threshold: '< 50', measured: null, met: false, scope: `during=partition${evil}` },
    ],
    metrics: {
      [`delivery_ms${evil}`]: {
        unit: `ms${evil}`,
        count: 2030,
        mean: 141.2,
        min: 0.4,
        p50: 120.5,
        p90: 260,
        p95: 281,
        p99: 9120,
        p999: 9800,
        max: 9911,
      },
      [`false_deaths_per_member_hour${evil}`]: 12.25,
    },
  };
  return {
    plan,
    verdict,
    cluster: `local${evil}`,
    channels: plan.channels.map((channel, index) => ({
      name: channel.name,
      plan: channel,
      role: `${['membership', 'dissemination', 'map'][index]}${evil}`,
      converges: true,
      bounds: { convergenceMs: 9600, detectionMs: 4200 },
      claims: [
        {
          property: `convergence${evil}`,
          strength: 'guaranteed',
          statement: `Views of correct members become equal after the heal${evil}`,
          source: `Demers et al. 1987, section 1.3${evil}`,
        },
      ],
    })),
    nemesisColours: new Map([
      ['loss', '#e69f00'],
      ['partition', '#7f5fc2'],
      ['kill', evil === '' ? '#b2182b' : `"${evil}`],
      ['pause', '#4d4d4d'],
    ]),
    repeatCommand: `npm run nemesis -- --partition --loss 0.1 --seed k7-quiet-otter${evil}`,
  };
}
