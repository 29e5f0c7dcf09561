/**
 * A stored run of any number of operations, written without running anything: what seven correct members of the suite
 * would have left behind, in the very lines that they write. Nine operations in ten are those of the register workload,
 * one is a broadcast; every write and broadcast reaches every member, most of them within 30 ms. Draws are the seed's,
 * so that the same number of operations always gives the same history.
 */
import { encodeVersion } from '../../../impl/primitives/hybrid-clock.ts';
import type { Data, Observation, Random } from '../../../impl/protocol.ts';
import { EventQueue } from '../../clusters/sim/event-queue.ts';
import { digestOf } from '../../model/canonical.ts';
import { HISTORY_FORMAT, HISTORY_VERSION, type HistorySink } from '../../model/history.ts';
import type { Plan, PlannedOperation } from '../../model/plan.ts';
import { split } from '../../model/rng.ts';
import { RunStore } from '../../run/store.ts';
import { HEARSAY_VERSION } from '../version.ts';
import { benchPlan } from './bench-plans.ts';

const MS = 1e6;
const SECOND = 1000 * MS;
const OPERATIONS_PER_SECOND = 2000;
const BROADCAST_SHARE = 0.1;
const SPREAD_MS = 30;
const BOOT_NS = 5 * MS;
/** Any wall clock will do. */
const WALL_START_MS = 1_700_000_000_000;
const MAP = 'anti-entropy';

/** Writes plan.json and history.jsonl into the folder, which must be new or empty; returns the number of lines. */
export function writeSyntheticRun(directory: string, operations: number): number {
  const plan = syntheticPlan(operations);
  const store = new RunStore(directory, plan);
  let lines = 0;
  new SyntheticRun(plan, (line) => {
    lines++;
    store.record(line);
  }).write();
  store.endHistory();
  return lines;
}

/** Exactly so many operations at a constant rate. */
function syntheticPlan(operations: number): Plan {
  // A little longer than needed: the load leaves its first and last moments free.
  const timeMs = (operations / OPERATIONS_PER_SECOND) * 1000 + 1000;
  const part = (workload: string, share: number): Plan =>
    benchPlan({ timeMs, workloads: [workload], ratePerSecond: OPERATIONS_PER_SECOND * share });
  const broadcasts = part('broadcast', BROADCAST_SHARE);
  const registers = part('register', 1 - BROADCAST_SHARE);
  const merged = [...registers.operations, ...broadcasts.operations]
    .sort((a, b) => a.atMs - b.atMs)
    .slice(0, operations)
    .map((operation, id) => ({ ...operation, id }));
  return { ...registers, workloads: [...registers.workloads, ...broadcasts.workloads], operations: merged };
}

interface Member {
  readonly name: string;
  /** By key: version and value, null where deleted. */
  readonly entries: Map<string, readonly [string, Data]>;
  broadcasts: number;
  delivered: number;
}

class SyntheticRun {
  readonly #plan: Plan;
  readonly #sink: HistorySink;
  readonly #members: readonly Member[];
  readonly #random: Random;
  readonly #queue = new EventQueue<() => void>();
  #now = 0;
  #wallMs = 0;
  #counter = 0;
  #round = 0;

  constructor(plan: Plan, sink: HistorySink) {
    this.#plan = plan;
    this.#sink = sink;
    this.#random = split(plan.seed, 'synthetic');
    this.#members = plan.members.map(({ name }) => ({ name, entries: new Map(), broadcasts: 0, delivered: 0 }));
  }

  write(): void {
    const { operations, closing } = this.#plan;
    const healAt = closing.healAtMs * MS;
    this.#begin();
    for (let at = SECOND; at < healAt; at += SECOND) this.#queue.push(at, () => this.#everySecond());
    for (const operation of operations) {
      this.#drain(operation.atMs * MS);
      this.#operate(operation);
    }
    this.#drain(healAt);
    this.#sink({ type: 'phase', time: healAt, phase: 'heal' });
    this.#sink({ type: 'epoch', time: healAt, epoch: 1, faults: [] });
    for (let poll = 0; poll < 4; poll++) {
      this.#drain(healAt + poll * closing.pollEveryMs * MS);
      this.#poll(false);
    }
    this.#drain(healAt + SECOND);
    this.#end();
  }

  #drain(until: number): void {
    while (this.#queue.nextTime <= until) {
      this.#now = this.#queue.nextTime;
      this.#queue.pop()?.();
    }
    this.#now = until;
  }

  #begin(): void {
    this.#sink({
      type: 'environment',
      format: HISTORY_FORMAT,
      version: HISTORY_VERSION,
      cluster: 'sim',
      hearsay: HEARSAY_VERSION,
      node: process.version,
      platform: 'synthetic',
      machine: 'none',
      startedAt: new Date(WALL_START_MS).toISOString(),
    });
    this.#sink({ type: 'phase', time: 0, phase: 'load' });
    this.#sink({ type: 'epoch', time: 0, epoch: 0, faults: [] });
    this.#now = BOOT_NS;
    for (const { name } of this.#members) {
      this.#sink({ type: 'member', time: this.#now, member: name, life: 1, event: 'up', boot: 1 });
    }
    this.#now += MS;
    for (const member of this.#members) {
      for (const { name: subject } of this.#members) {
        if (subject === member.name) continue;
        this.#observe(member, 'swim', { kind: 'status', subject, subjectLife: 1, status: 'alive', incarnation: 0 });
      }
    }
  }

  #observe(member: Member, channel: string, observation: Observation): void {
    this.#sink({ type: 'observe', time: this.#now, member: member.name, life: 1, channel, ...observation });
  }

  #operate(operation: PlannedOperation): void {
    const index = this.#members.findIndex(({ name }) => name === operation.member);
    const member = this.#members[index];
    if (member === undefined) return;
    const { id: op, f, channel, workload, value, atMs } = operation;
    // The members are quick enough for a process each.
    const line = { time: this.#now, process: index, op, member: member.name };
    this.#sink({ type: 'invoke', ...line, workload, channel, f, value, planned: atMs * MS });
    const answer = this.#answer(member, operation);
    this.#sink({ type: 'ok', ...line, f, value: answer });
  }

  #answer(member: Member, { id: operation, channel, f, value }: PlannedOperation): Data {
    if (f === 'broadcast') return this.#broadcast(member, channel, operation, value);
    const { key, value: written = null } = value as { readonly key: string; readonly value?: Data };
    if (f === 'read') {
      const [version, held] = member.entries.get(key) ?? [null, null];
      return { value: held, version };
    }
    const version = this.#nextVersion(member.name);
    this.#apply(member, key, version, written, operation);
    for (const other of this.#others(member)) {
      this.#queue.push(this.#later(), () => this.#apply(other, key, version, written, undefined));
    }
    return { version };
  }

  #broadcast(member: Member, channel: string, operation: number, value: Data): Data {
    const sequence = ++member.broadcasts;
    const observation = { kind: 'deliver', origin: member.name, originLife: 1, sequence, value } as const;
    this.#observe(member, channel, { kind: 'broadcast', operation, sequence });
    this.#deliver(member, channel, observation);
    for (const other of this.#others(member)) {
      this.#queue.push(this.#later(), () => this.#deliver(other, channel, observation));
    }
    return { origin: member.name, life: 1, sequence };
  }

  #deliver(member: Member, channel: string, observation: Observation): void {
    member.delivered++;
    this.#observe(member, channel, observation);
  }

  /** As anti-entropy: what is older than what is held is passed over. */
  #apply(member: Member, key: string, version: string, value: Data, operation: number | undefined): void {
    const held = member.entries.get(key);
    if (held !== undefined && held[0] >= version) return;
    member.entries.set(key, [version, value]);
    this.#observe(member, MAP, {
      kind: 'apply',
      key,
      version,
      ...(value === null ? { deleted: true } : {}),
      ...(operation === undefined ? {} : { operation }),
    });
  }

  #nextVersion(writer: string): string {
    const wallMs = WALL_START_MS + Math.floor(this.#now / MS);
    this.#counter = wallMs === this.#wallMs ? this.#counter + 1 : 0;
    this.#wallMs = wallMs;
    return encodeVersion({ wallMs, counter: this.#counter }, writer, 1);
  }

  #others(member: Member): Member[] {
    return this.#members.filter((other) => other !== member);
  }

  #later(): number {
    return this.#now + MS + Math.floor(this.#random.next() * SPREAD_MS * MS);
  }

  #everySecond(): void {
    const counts = (): Record<string, [number, number]> => ({
      'anti-entropy.digest': [5, 900 + this.#random.int(900)],
      'anti-entropy.entries': [20, 9000 + this.#random.int(9000)],
      'rumor.push': [40, 4000 + this.#random.int(4000)],
      'swim.ack': [5, 500 + this.#random.int(500)],
      'swim.ping': [5, 500 + this.#random.int(500)],
    });
    for (const { name } of this.#members) {
      const interval = {
        since: Math.max(BOOT_NS, this.#now - SECOND),
        sent: counts(),
        received: counts(),
        dropped: {},
      };
      const clocks = { wallAheadMs: 0, monotonicMs: 1000, stalledMs: 0 };
      this.#sink({ type: 'traffic', time: this.#now, member: name, life: 1, ...interval, ...clocks });
    }
    this.#poll(false);
  }

  #poll(full: boolean): void {
    const round = ++this.#round;
    for (const member of this.#members) {
      for (const channel of this.#plan.channels) {
        const view = this.#view(member, channel.name);
        const digest = digestOf(view);
        const answer = { time: this.#now, member: member.name, life: 1, round, channel: channel.name, digest };
        this.#sink({ type: 'view', ...answer, ...(full ? { view } : {}) });
      }
    }
  }

  #view(member: Member, channel: string): Data {
    if (channel === MAP) return Object.fromEntries([...member.entries].sort(([a], [b]) => (a < b ? -1 : 1)));
    if (channel === 'swim') return { alive: this.#members.map(({ name }) => `${name}/1`), suspect: [] };
    return channel === 'rumor' ? { delivered: member.delivered } : [];
  }

  #end(): void {
    this.#sink({ type: 'phase', time: this.#now, phase: 'final' });
    this.#poll(true);
    for (const { name } of this.#members) {
      this.#sink({ type: 'member', time: this.#now, member: name, life: 1, event: 'stop', reason: 'stopped' });
    }
    this.#sink({ type: 'end', time: this.#now, outcome: 'completed' });
  }
}
