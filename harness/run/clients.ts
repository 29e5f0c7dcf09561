/** The clients: issue the plan's operations at their times and record how each ended, in Jepsen's terms. */
import type { Data, Outcome } from '../../impl/protocol.ts';
import type { Cluster } from '../model/cluster.ts';
import type { HistorySink } from '../model/history.ts';
import type { Plan, PlannedOperation } from '../model/plan.ts';

const MS = 1e6;

interface Pending {
  readonly operation: PlannedOperation;
  readonly process: number;
  readonly deadline: number;
}

export class Clients {
  readonly #plan: Plan;
  readonly #cluster: Cluster;
  readonly #record: HistorySink;
  readonly #isUp: (member: string) => boolean;
  readonly #operations: readonly PlannedOperation[];
  #next = 0;
  #stopped = false;
  /** Insertion order is order of deadlines, because every operation waits equally long. */
  readonly #pending = new Map<number, Pending>();
  /** Processes that are free to issue the next operation, by member. */
  readonly #idle = new Map<string, number[]>();
  #processes = 0;
  #done = 0;
  #watching = false;

  constructor(plan: Plan, cluster: Cluster, record: HistorySink, isUp: (member: string) => boolean) {
    this.#plan = plan;
    this.#cluster = cluster;
    this.#record = record;
    this.#isUp = isUp;
    this.#operations = [...plan.operations].sort((a, b) => a.atMs - b.atMs || a.id - b.id);
  }

  get done(): number {
    return this.#done;
  }

  get pending(): number {
    return this.#pending.size;
  }

  begin(): void {
    this.#schedule();
  }

  #schedule(): void {
    const next = this.#operations[this.#next];
    if (next !== undefined && !this.#stopped) this.#cluster.at(next.atMs * MS, () => this.#issueDue(next.atMs));
  }

  #issueDue(atMs: number): void {
    for (;;) {
      const operation = this.#operations[this.#next];
      if (operation === undefined || operation.atMs > atMs || this.#stopped) break;
      this.#next++;
      this.#invoke(operation);
    }
    this.#schedule();
  }

  #invoke(operation: PlannedOperation): void {
    const { id: op, member, workload, channel, f, value } = operation;
    const process = this.#idle.get(member)?.pop() ?? this.#processes++;
    const time = this.#cluster.now();
    const planned = operation.atMs * MS;
    this.#record({ type: 'invoke', time, process, op, member, workload, channel, f, value, planned });
    this.#pending.set(op, { operation, process, deadline: time + this.#plan.operationTimeoutMs * MS });
    if (!this.#isUp(member)) {
      // Nothing was sent, so the operation certainly did not happen.
      this.#complete(op, { type: 'fail', error: 'member is down' }, time);
      return;
    }
    this.#cluster.invoke(member, op, channel, f, value);
    this.#watchDeadlines();
  }

  /** One timer for all: the oldest pending operation is the next to run out of time. */
  #watchDeadlines(): void {
    if (this.#watching) return;
    const oldest = this.#pending.values().next().value;
    if (oldest === undefined) return;
    this.#watching = true;
    this.#cluster.at(oldest.deadline, () => {
      this.#watching = false;
      const now = this.#cluster.now();
      for (const [op, pending] of this.#pending) {
        if (pending.deadline > now) break;
        this.#complete(op, { type: 'info', error: 'no answer in time' }, now);
      }
      this.#watchDeadlines();
    });
  }

  reply(_member: string, op: number, outcome: Outcome, time: number): void {
    this.#complete(op, outcome, time);
  }

  /** What a crashed member was working on may or may not have happened. */
  memberDown(member: string, time: number): void {
    for (const [op, pending] of this.#pending) {
      if (pending.operation.member === member) this.#complete(op, { type: 'info', error: 'member went down' }, time);
    }
  }

  stopInvoking(): void {
    this.#stopped = true;
  }

  /** The run is over: whatever is still open is not known. */
  abandon(time: number): void {
    this.#stopped = true;
    for (const op of [...this.#pending.keys()]) this.#complete(op, { type: 'info', error: 'run ended' }, time);
  }

  #complete(op: number, outcome: Outcome, time: number): void {
    const pending = this.#pending.get(op);
    if (pending === undefined) return;
    this.#pending.delete(op);
    this.#done++;
    const { operation, process } = pending;
    const line: { time: number; process: number; op: number; member: string; f: string } = {
      time,
      process,
      op,
      member: operation.member,
      f: operation.f,
    };
    if (outcome.type === 'ok') {
      const value: Data | undefined = outcome.value;
      this.#record(value === undefined ? { type: 'ok', ...line } : { type: 'ok', ...line, value });
    } else this.#record({ type: outcome.type, ...line, error: outcome.error });
    // A process whose operation ended in `info` is never used again.
    if (outcome.type === 'info') return;
    const idle = this.#idle.get(operation.member);
    if (idle === undefined) this.#idle.set(operation.member, [process]);
    else idle.push(process);
  }
}
