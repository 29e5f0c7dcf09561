/**
 * What one channel's broadcasts come down to: instances (origin, life, sequence) as numbers, who broadcast them, who
 * delivered them and what. It records; delivery.ts and broadcast-safety.ts judge.
 */
import type { CompletionLine, InvokeLine, ObserveLine } from '../../harness/model/history.ts';
import type { Data } from '../../impl/protocol.ts';
import { IntColumn, Names, NumberColumn } from './columns.ts';
import { MemberBits } from './member-bits.ts';
import { canonical } from './wording.ts';

export type Deliver = Extract<ObserveLine, { kind: 'deliver' }>;
export type Accept = Extract<ObserveLine, { kind: 'broadcast' }>;

export const OK = 0;
export const FAIL = 1;
export const INFO = 2;

export class BroadcastLog {
  readonly roster: readonly string[];
  readonly memberIndex: ReadonlyMap<string, number>;

  // Operations, numbered by their invocation.
  operations = 0;
  readonly #slots = new Map<number, number>();
  readonly opId = new NumberColumn();
  readonly opMember = new IntColumn();
  readonly opValue = new IntColumn();
  readonly opOutcome = new IntColumn();
  readonly opInvokedAt = new NumberColumn();
  readonly opInstance = new IntColumn();
  /** By member and value: operations of unknown outcome that no instance is known of. */
  #unanswered: Map<string, number[]> | undefined;
  readonly values = new Names();

  // Instances, numbered by their first appearance.
  instances = 0;
  readonly #byOrigin = new Map<string, Map<number, number>>();
  readonly origin: string[] = [];
  readonly originLife = new IntColumn();
  readonly sequence = new NumberColumn();
  /** The operation that made it; -1 while none is known. */
  readonly instanceOp = new IntColumn();
  readonly acceptedAt = new NumberColumn();
  /** The value first delivered, and by whom and when. */
  readonly firstValue = new IntColumn();
  readonly firstMember = new IntColumn();
  readonly firstAt = new NumberColumn();
  readonly lastAt = new NumberColumn();
  /** Members whose current life has delivered it, and those of which any life has. */
  readonly delivered: MemberBits;
  readonly everDelivered: MemberBits;
  readonly lives: number[];
  /** Operations that were told of one instance and accepted as another: the later word on each, in order of lines. */
  readonly conflicts: { readonly slot: number; readonly instance: number }[] = [];

  constructor(roster: readonly string[]) {
    this.roster = roster;
    this.memberIndex = new Map(roster.map((name, i) => [name, i]));
    this.delivered = new MemberBits(roster.length);
    this.everDelivered = new MemberBits(roster.length);
    this.lives = roster.map(() => 0);
  }

  /** A new life has delivered nothing yet. */
  boot(member: number, life: number): void {
    const before = this.lives[member] ?? 0;
    if (before === life) return;
    if (before !== 0) this.delivered.clearMember(member);
    this.lives[member] = life;
  }

  invoke(line: InvokeLine): void {
    const slot = this.operations++;
    this.#slots.set(line.op, slot);
    this.opId.set(slot, line.op);
    this.opMember.set(slot, this.memberIndex.get(line.member) ?? -1);
    this.opValue.set(slot, this.values.number(textOf(line.value)));
    this.opInvokedAt.set(slot, line.time);
  }

  /** False for an operation of another channel. */
  complete(line: CompletionLine): boolean {
    const slot = this.#slots.get(line.op);
    if (slot === undefined) return false;
    this.opOutcome.set(slot, line.type === 'ok' ? OK : line.type === 'fail' ? FAIL : INFO);
    const { value } = line;
    if (line.type !== 'ok' || typeof value !== 'object' || value === null || Array.isArray(value)) return true;
    const { origin, life, sequence } = value as { readonly [key: string]: Data | undefined };
    if (typeof origin === 'string' && typeof life === 'number' && typeof sequence === 'number') {
      this.#bind(this.instance(origin, life, sequence), slot, line.time);
    }
    return true;
  }

  accept(line: Accept): void {
    const slot = this.#slots.get(line.operation);
    if (slot !== undefined) this.#bind(this.instance(line.member, line.life, line.sequence), slot, line.time);
  }

  #bind(instance: number, slot: number, time: number): void {
    if (this.instanceOp.get(instance) < 0) {
      this.instanceOp.set(instance, slot);
      this.acceptedAt.set(instance, time);
    }
    const own = this.opInstance.get(slot);
    if (own < 0) this.opInstance.set(slot, instance);
    if ((own >= 0 && own !== instance) || this.instanceOp.get(instance) !== slot)
      this.conflicts.push({ slot, instance });
  }

  /**
   * The broadcast that an instance may come from although nobody said so: its origin was asked to broadcast this value
   * before the first delivery, and the client never heard what became of it. -1 where there is none. Each such broadcast
   * stands for one instance. To be asked once per instance, when all lines are in.
   */
  claimUnanswered(instance: number): number {
    if (this.#unanswered === undefined) {
      this.#unanswered = new Map();
      for (let slot = 0; slot < this.operations; slot++) {
        const outcome = this.opOutcome.get(slot);
        if (this.opInstance.get(slot) >= 0 || outcome === OK || outcome === FAIL) continue;
        const key = `${this.opMember.get(slot)} ${this.opValue.get(slot)}`;
        const slots = this.#unanswered.get(key);
        if (slots === undefined) this.#unanswered.set(key, [slot]);
        else slots.push(slot);
      }
    }
    const origin = this.memberIndex.get(this.origin[instance] ?? '') ?? -1;
    const slots = this.#unanswered.get(`${origin} ${this.firstValue.get(instance)}`);
    // In order of invocation: when the first is too late, all are.
    const [slot] = slots ?? [];
    if (slot === undefined || this.opInvokedAt.get(slot) > this.firstAt.get(instance)) return -1;
    slots?.shift();
    return slot;
  }

  instance(origin: string, life: number, sequence: number): number {
    const key = `${life} ${origin}`;
    let numbers = this.#byOrigin.get(key);
    if (numbers === undefined) {
      numbers = new Map();
      this.#byOrigin.set(key, numbers);
    }
    const known = numbers.get(sequence);
    if (known !== undefined) return known;
    const instance = this.instances++;
    numbers.set(sequence, instance);
    this.origin.push(origin);
    this.originLife.set(instance, life);
    this.sequence.set(instance, sequence);
    return instance;
  }

  /** Notes a delivery. `twice`: this life had it already; `differs`: another value than the first one delivered. */
  deliver(line: Deliver, member: number): { instance: number; twice: boolean; differs: boolean } {
    const instance = this.instance(line.origin, line.originLife, line.sequence);
    if (line.life > (this.lives[member] ?? 0)) this.boot(member, line.life);
    const current = line.life === this.lives[member];
    const value = this.values.number(textOf(line.value));
    const twice = current && !this.delivered.set(instance, member);
    this.everDelivered.set(instance, member);
    const first = this.firstValue.get(instance);
    if (first < 0) {
      this.firstValue.set(instance, value);
      this.firstMember.set(instance, member);
      this.firstAt.set(instance, line.time);
    } else if (first === value && line.time < this.firstAt.get(instance)) {
      this.firstMember.set(instance, member);
      this.firstAt.set(instance, line.time);
    }
    const last = this.lastAt.get(instance);
    if (Number.isNaN(last) || line.time > last) this.lastAt.set(instance, line.time);
    return { instance, twice, differs: first >= 0 && first !== value };
  }

  /** Operations that ended well, of which no line tells the instance. */
  get unnamed(): number {
    let count = 0;
    for (let slot = 0; slot < this.operations; slot++) {
      if (this.opOutcome.get(slot) === OK && this.opInstance.get(slot) < 0) count++;
    }
    return count;
  }

  /** Whether somebody delivered it more than `slackMs` before the client asked for it. */
  cameEarly(instance: number, slackMs: number): boolean {
    return this.firstAt.get(instance) + slackMs * 1e6 < this.opInvokedAt.get(this.instanceOp.get(instance));
  }

  /** `operation 7 is broadcast 3 of n1, and is told to be broadcast 4 of n1`, as far as it is known. */
  conflictText({ slot, instance }: { readonly slot: number; readonly instance: number }): string {
    const own = this.opInstance.get(slot);
    const other = this.instanceOp.get(instance);
    const id = this.opId.get(slot);
    if (own !== instance) return `operation ${id} is ${this.name(own)}, and ${this.name(instance)} as well`;
    return `${this.name(instance)} stands for operation ${this.opId.get(other)}, and for operation ${id} as well`;
  }

  /** `broadcast 3 of n1 (life 2)` */
  name(instance: number): string {
    const life = this.originLife.get(instance);
    return `broadcast ${this.sequence.get(instance)} of ${this.origin[instance]}${life === 1 ? '' : ` (life ${life})`}`;
  }

  member(index: number): string {
    return this.roster[index] ?? '?';
  }

  /** Members, of those given, that have not delivered it in the life they are in. */
  lacking(instance: number, members: readonly number[]): number[] {
    return members.filter((member) => !this.delivered.has(instance, member));
  }

  invokeLine(slot: number): Data {
    return {
      type: 'invoke',
      time: this.opInvokedAt.get(slot),
      op: this.opId.get(slot),
      member: this.member(this.opMember.get(slot)),
      f: 'broadcast',
      value: JSON.parse(this.values.text(this.opValue.get(slot))) as Data,
    };
  }

  /** The first delivery of an instance. */
  firstLine(instance: number): Data | undefined {
    const value = this.firstValue.get(instance);
    if (value < 0) return undefined;
    return {
      type: 'observe',
      kind: 'deliver',
      time: this.firstAt.get(instance),
      member: this.member(this.firstMember.get(instance)),
      origin: this.origin[instance] ?? '?',
      originLife: this.originLife.get(instance),
      sequence: this.sequence.get(instance),
      value: JSON.parse(this.values.text(value)) as Data,
    };
  }
}

/** JSON, so that the number 1 is not the text "1". */
function textOf(value: Data | undefined): string {
  return canonical(value);
}
