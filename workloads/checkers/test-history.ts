/** Test support for checkers: small histories written by hand, and a checker run over them as a run does it. */

import type { CheckContext, CreateChecker, JudgedChannel } from '../../harness/model/checker.ts';
import { plannedKinds } from '../../harness/model/conditions.ts';
import type { PlannedFault } from '../../harness/model/fault.ts';
import type { HistoryLine } from '../../harness/model/history.ts';
import type { Plan, PlannedOperation } from '../../harness/model/plan.ts';
import type { PropertyResult } from '../../harness/model/verdict.ts';
import type { Bounds, Claim, Conditions, Data, Observation, Tolerance } from '../../impl/protocol.ts';
import { createTimeline } from './timeline.ts';

const MS = 1e6;

export interface TestChannel {
  readonly name: string;
  readonly role: string;
  readonly converges?: boolean;
  readonly claims?: readonly Claim<unknown>[];
  readonly bounds?: Bounds;
  /** Default: everything is claimed with any liars, so that their lines are seen to be left out. */
  readonly tolerates?: readonly Tolerance<unknown>[];
}

function bearingAll(claims: readonly Claim<unknown>[]): readonly Tolerance<unknown>[] {
  const properties = claims.map(({ property }) => property);
  return [{ behaviours: 'all', liars: (_, n) => n - 1, properties, statement: 'bears all' }];
}

export interface TestOptions {
  readonly members?: readonly string[];
  readonly channels: readonly TestChannel[];
  readonly faults?: readonly PlannedFault[];
  readonly deadlineMs?: number;
  readonly conditions?: Partial<Conditions>;
}

export const MEMBERS = ['n1', 'n2', 'n3'] as const;

/**
 * Writes a history line by line. Times are ms. Members are up in life 1 from 0, the heal is at 10,000 ms unless a test
 * says otherwise.
 */
export class TestHistory {
  readonly lines: HistoryLine[] = [];
  readonly operations: PlannedOperation[] = [];
  readonly options: TestOptions;
  readonly #lives = new Map<string, number>();
  #op = 0;

  constructor(options: TestOptions) {
    this.options = options;
    for (const member of this.members) this.up(member, 0);
  }

  get members(): readonly string[] {
    return this.options.members ?? MEMBERS;
  }

  up(member: string, atMs: number, life = 1, boot = 1): this {
    this.#lives.set(member, life);
    return this.add({ type: 'member', time: atMs * MS, member, life, event: 'up', boot });
  }

  member(
    member: string,
    atMs: number,
    event: 'crash' | 'stop' | 'pause' | 'resume' | 'leave',
    life = this.#life(member),
  ): this {
    return this.add({ type: 'member', time: atMs * MS, member, life, event });
  }

  #life(member: string): number {
    return this.#lives.get(member) ?? 1;
  }

  /** An operation that starts; its number. */
  invoke(atMs: number, member: string, workload: string, channel: string, f: string, value: Data): number {
    const op = this.#op++;
    this.operations.push({ id: op, atMs, member, workload, channel, f, value });
    const time = atMs * MS;
    this.add({ type: 'invoke', time, process: op, op, member, workload, channel, f, value, planned: time });
    return op;
  }

  /** Plans an operation that the history never shows. */
  planned(atMs: number, member: string, workload: string, channel: string, f: string, value: Data): this {
    this.operations.push({ id: this.#op++, atMs, member, workload, channel, f, value });
    return this;
  }

  complete(atMs: number, op: number, type: 'ok' | 'fail' | 'info', value?: Data): this {
    const { member, f } = this.operations[op] as PlannedOperation;
    const error = type === 'ok' ? undefined : type === 'info' ? 'timeout' : 'refused';
    return this.add({ type, time: atMs * MS, process: op, op, member, f, value, error });
  }

  observe(atMs: number, member: string, channel: string, observation: Observation, life = this.#life(member)): this {
    return this.add({ type: 'observe', time: atMs * MS, member, life, channel, ...observation });
  }

  fault(atMs: number, fault: string, kind: string, event: 'start' | 'end'): this {
    return this.add({ type: 'fault', time: atMs * MS, fault, kind, event });
  }

  phase(atMs: number, phase: 'load' | 'heal' | 'final'): this {
    return this.add({ type: 'phase', time: atMs * MS, phase });
  }

  view(atMs: number, member: string, round: number, channel: string, digest: string, view?: Data): this {
    const life = this.#life(member);
    return this.add({ type: 'view', time: atMs * MS, member, life, round, channel, digest, view });
  }

  end(atMs: number, outcome: 'completed' | 'interrupted' = 'completed'): this {
    return this.add({ type: 'end', time: atMs * MS, outcome });
  }

  add(line: HistoryLine): this {
    this.lines.push(line);
    return this;
  }

  get plan(): Plan {
    return {
      format: 'hearsay-plan',
      version: 1,
      seed: 'test',
      members: this.members.map((name) => ({ name, startAtMs: 0 })),
      channels: this.options.channels.map(({ name }) => ({ name, protocol: name, settings: {} })),
      workloads: [],
      operations: this.operations,
      faults: this.options.faults ?? [],
      operationTimeoutMs: 1000,
      closing: { healAtMs: 10_000, pollEveryMs: 100, deadlineMs: this.options.deadlineMs ?? 5000 },
      network: { latencyMs: 1, jitterMs: 0 },
    };
  }

  context(): CheckContext & { timeline: ReturnType<typeof createTimeline> } {
    const plan = this.plan;
    const channels = this.options.channels.map(
      (channel): JudgedChannel => ({
        name: channel.name,
        plan: { name: channel.name, protocol: channel.name, settings: {} },
        role: channel.role,
        converges: channel.converges ?? false,
        claims: channel.claims ?? [],
        bounds: channel.bounds ?? {},
        tolerates: channel.tolerates ?? bearingAll(channel.claims ?? []),
      }),
    );
    const conditions: Conditions = {
      n: this.members.length,
      byzantine: [],
      livesLost: [],
      kinds: [],
      timerDrift: 0,
      wallErrorMs: 0,
      linkLatencyMs: 1,
      schedulingMs: 0,
      nameBytes: 2,
      load: new Map(),
      ...this.options.conditions,
    };
    return {
      plan,
      planned: plannedKinds(plan.operations),
      cluster: 'sim',
      channels,
      conditions,
      timeline: createTimeline(plan),
    };
  }

  /** Hands the checker what it wants, each line after the timeline has seen it. */
  check(create: CreateChecker): readonly PropertyResult[] {
    const context = this.context();
    const checker = create(context);
    const wants = new Set<string>(checker.wants);
    for (const line of this.lines) {
      context.timeline.line(line);
      if (wants.has(line.type)) checker.line(line);
    }
    return checker.end();
  }

  /** The one property of that name. */
  property(create: CreateChecker, name: string): PropertyResult {
    const found = this.check(create).filter((property) => property.name === name);
    const first = found[0];
    if (first === undefined || found.length > 1) throw new Error(`${found.length} properties named ${name}`);
    return first;
  }
}

/** A claim that holds always, or (with `beyond`) never. */
export function claim(property: string, extra: Partial<Claim<unknown>> = {}): Claim<unknown> {
  return { property, strength: 'guaranteed', statement: 'for the test', source: 'own', ...extra };
}
