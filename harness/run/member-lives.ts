/**
 * Lives and boots of the plan's members, and what faults of processes (kill, leave, pause) make of them where they
 * overlap: a member that one of them keeps down is started when the last of those has ended, as the worst of them wants it.
 */
import type { Cluster } from '../model/cluster.ts';
import { isLasting, outsidersOf } from '../model/core.ts';
import { invariant } from '../model/errors.ts';
import type { PlannedFault } from '../model/fault.ts';
import type { HistorySink } from '../model/history.ts';
import type { PlanOutline } from '../model/plan.ts';

const MS = 1e6;
/** A member that was told to leave has this long to say good-bye before its process ends. */
const LEAVE_GRACE_MS = 500;

type Standing = 'down' | 'starting' | 'up' | 'stopping';

interface MemberState {
  life: number;
  boot: number;
  state: Standing;
  /** Faults that keep it down, by id. */
  readonly downBy: Set<string>;
  readonly pausedBy: Set<string>;
  /** What a start after the last `downBy` has gone shall be. */
  next: Restart;
  everStarted: boolean;
}

type Restart = 'with-state' | 'without-state' | 'never';

/** What lives need of a cluster. */
export type Processes = Pick<Cluster, 'now' | 'at' | 'start' | 'kill' | 'stop' | 'leave' | 'pause' | 'resume'>;

export class MemberLives {
  readonly #plan: PlanOutline;
  readonly #record: HistorySink;
  /** Faults in force, by id. */
  readonly #active: ReadonlyMap<string, PlannedFault>;
  /** They stay broken: nobody waits for what they see. */
  readonly outsiders: ReadonlySet<string>;
  readonly #members = new Map<string, MemberState>();
  #cluster: Processes | undefined;
  #closed = false;

  constructor(plan: PlanOutline, record: HistorySink, active: ReadonlyMap<string, PlannedFault>) {
    this.#plan = plan;
    this.#record = record;
    this.#active = active;
    this.outsiders = new Set(outsidersOf(plan));
    for (const member of plan.members) {
      this.#members.set(member.name, {
        life: 0,
        boot: 0,
        state: 'down',
        downBy: new Set(),
        pausedBy: new Set(),
        next: 'without-state',
        everStarted: false,
      });
    }
  }

  /** Schedules every member's first start. */
  begin(cluster: Processes): void {
    this.#cluster = cluster;
    for (const { name, startAtMs } of this.#plan.members) cluster.at(startAtMs * MS, () => this.startIfWanted(name));
  }

  /** Nothing is started any more. */
  close(): void {
    this.#closed = true;
  }

  isUp(name: string): boolean {
    return this.#member(name).state === 'up';
  }

  /** In the plan's order. */
  namesIn(state: Standing): string[] {
    return [...this.#members].filter(([, member]) => member.state === state).map(([name]) => name);
  }

  get allDown(): boolean {
    return [...this.#members.values()].every((member) => member.state === 'down');
  }

  /** A start has come to its end. */
  up(name: string, life: number, boot: number, time: number): void {
    const member = this.#member(name);
    if (member.life !== life || member.boot !== boot || member.state !== 'starting') return;
    member.state = 'up';
    this.#record({ type: 'member', time, member: name, life, event: 'up', boot });
    const forGood = this.#stoppedForGood(name);
    if (forGood !== undefined) this.#pause(name, member, forGood.id);
  }

  /** A process has ended. False where that is no news. */
  down(name: string, life: number, time: number, expected: boolean, reason: string): boolean {
    const member = this.#member(name);
    if (member.life !== life || member.state === 'down') return false;
    const event = expected && member.state === 'stopping' ? 'stop' : 'crash';
    member.state = 'down';
    member.pausedBy.clear();
    // `unexpected` in the reason is what tells a process that died by itself from one that the plan killed.
    const why = expected ? reason : `unexpected: ${reason}`;
    this.#record({ type: 'member', time, member: name, life, event, reason: why });
    if (!expected) member.next = 'never';
    return true;
  }

  /** Starts a member that is down, unless a fault keeps it there or it is not to come back. */
  startIfWanted(name: string): void {
    const member = this.#member(name);
    if (member.state !== 'down' || member.downBy.size > 0 || this.#closed) return;
    if (member.everStarted && member.next === 'never') return;
    // To be stopped for good and then started would be to run for a moment in between.
    if (this.#stoppedForGood(name) !== undefined) return;
    const restore = member.everStarted && member.next === 'with-state';
    if (restore) member.boot++;
    else {
      member.life++;
      member.boot = 1;
    }
    member.everStarted = true;
    member.state = 'starting';
    this.#cluster?.start(name, member.life, member.boot, restore);
  }

  startFault(fault: PlannedFault): void {
    if (fault.type !== 'kill' && fault.type !== 'leave' && fault.type !== 'pause') return;
    for (const name of fault.targets) {
      const member = this.#member(name);
      if (fault.type === 'pause') this.#pause(name, member, fault.id);
      else {
        member.downBy.add(fault.id);
        const wish = fault.type === 'kill' ? fault.restart : fault.rejoin ? 'without-state' : 'never';
        member.next = worse(member.downBy.size > 1 ? member.next : 'with-state', wish);
        if (fault.type === 'kill') this.#kill(name, member);
        else this.#leave(name, member);
      }
    }
  }

  endFault(fault: PlannedFault): void {
    if (fault.type !== 'kill' && fault.type !== 'leave' && fault.type !== 'pause') return;
    for (const name of fault.targets) {
      const member = this.#member(name);
      if (fault.type === 'pause') {
        if (member.pausedBy.delete(fault.id) && member.pausedBy.size === 0) this.#resume(name, member);
      } else if (member.downBy.delete(fault.id)) this.startIfWanted(name);
    }
  }

  /** Tells every process that there is to end. */
  stopAll(): void {
    for (const [name, member] of this.#members) {
      if (member.state === 'down') continue;
      if (member.state === 'up') member.state = 'stopping';
      this.#cluster?.stop(name);
    }
  }

  #member(name: string): MemberState {
    const member = this.#members.get(name);
    invariant(member !== undefined, `unknown member ${name}`);
    return member;
  }

  /** The pause that keeps it away from the core to the end. */
  #stoppedForGood(name: string): PlannedFault | undefined {
    if (!this.outsiders.has(name)) return undefined;
    return [...this.#active.values()].find(
      (fault) => fault.type === 'pause' && fault.targets.includes(name) && isLasting(this.#plan, fault),
    );
  }

  #kill(name: string, member: MemberState): void {
    if (member.state === 'down') return;
    // A kill during a leave ends it: what comes is a crash.
    if (member.state === 'stopping') member.state = 'up';
    this.#cluster?.kill(name);
  }

  #leave(name: string, member: MemberState): void {
    if (member.state !== 'up') {
      this.#kill(name, member);
      return;
    }
    const { life, boot } = member;
    this.#record({ type: 'member', time: this.#now(), member: name, life, event: 'leave' });
    this.#cluster?.leave(name);
    this.#cluster?.at(this.#now() + LEAVE_GRACE_MS * MS, () => {
      if (member.life !== life || member.boot !== boot || member.state !== 'up') return;
      member.state = 'stopping';
      this.#cluster?.stop(name);
    });
  }

  #pause(name: string, member: MemberState, fault: string): void {
    if (member.state !== 'up') return;
    member.pausedBy.add(fault);
    if (member.pausedBy.size > 1) return;
    this.#cluster?.pause(name);
    this.#record({ type: 'member', time: this.#now(), member: name, life: member.life, event: 'pause' });
  }

  #resume(name: string, member: MemberState): void {
    this.#record({ type: 'member', time: this.#now(), member: name, life: member.life, event: 'resume' });
    this.#cluster?.resume(name);
  }

  #now(): number {
    return this.#cluster?.now() ?? 0;
  }
}

/** Of two overlapping wishes the one that loses more. */
function worse(a: Restart, b: Restart): Restart {
  const order: readonly Restart[] = ['with-state', 'without-state', 'never'];
  return order.indexOf(a) >= order.indexOf(b) ? a : b;
}
