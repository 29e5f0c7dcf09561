/**
 * Executes a plan on a cluster and records what happens: the one place that knows what a plan means in time. The same
 * code drives the simulator and real processes; it works by callbacks and owns no clock.
 *
 * Load with faults until the heal; then polls of every view until all agree or the deadline has passed; one last full
 * read; stop.
 */
import type { Data, Observation, Outcome } from '../../impl/protocol.ts';
import type { Cluster, ClusterEvents } from '../model/cluster.ts';
import { isLasting } from '../model/core.ts';
import type { PlannedFault } from '../model/fault.ts';
import type { ClocksLine, HistorySink, LatenessLine, LinksLine, OverrunLine, TrafficLine } from '../model/history.ts';
import type { Plan } from '../model/plan.ts';
import { Agreement, type AgreementRule } from './agreement.ts';
import { Clients } from './clients.ts';
import { MemberLives } from './member-lives.ts';
import { Outstanding } from './outstanding.ts';

const MS = 1e6;
/** Views are also read during load, for progress and for the report. */
const LOAD_POLL_MS = 1000;
/** A member that does not answer its last read within this time is given up on. */
const READ_PATIENCE_MS = 2000;
/**
 * The same for its stop. Longer, as what a member has counted is known when it has ended, and an engine may take seconds to
 * end a container: a run that does not wait for it says nothing of its faults.
 */
const STOP_PATIENCE_MS = 15_000;
/** Agreement must hold in this many polls in a row before it is believed. */
const STEADY_ROUNDS = 2;

export interface DirectorOptions {
  readonly plan: Plan;
  readonly rules: readonly AgreementRule[];
  /** The final read comes no earlier than this after the heal, so that what was under way has arrived. */
  readonly quiesceMs: number;
  readonly record: HistorySink;
  /** Also read views during load, for progress and for the report; no checker needs it. Default true. */
  readonly pollLoad?: boolean | undefined;
}

export type Phase = 'load' | 'heal' | 'final' | 'done';

export interface Progress {
  readonly phase: Phase;
  readonly timeNs: number;
  readonly operationsDone: number;
  readonly operationsPlanned: number;
  readonly faultsOn: readonly PlannedFault[];
  /** Members that hold the view most hold, of those that are up. */
  readonly agree: number;
  readonly up: number;
}

export class Director implements ClusterEvents {
  readonly #plan: Plan;
  readonly #record: HistorySink;
  readonly #rules: readonly AgreementRule[];
  readonly #quiesceMs: number;
  readonly #pollLoad: boolean;
  readonly #active = new Map<string, PlannedFault>();
  readonly #lives: MemberLives;
  #cluster: Cluster | undefined;
  #clients: Clients | undefined;
  #agreement: Agreement;
  readonly #outstanding: Outstanding;
  #phase: Phase = 'load';
  #epoch = -1;
  #round = 0;
  #steady = 0;
  #interrupted = false;
  #error: Error | undefined;

  constructor({ plan, rules, quiesceMs, record, pollLoad = true }: DirectorOptions) {
    this.#pollLoad = pollLoad;
    this.#plan = plan;
    this.#record = record;
    this.#rules = rules;
    this.#quiesceMs = quiesceMs;
    this.#agreement = new Agreement(rules, []);
    this.#outstanding = new Outstanding(rules);
    this.#lives = new MemberLives(plan, record, this.#active);
  }

  /** Schedules the whole plan; to be called once, before the cluster runs. */
  begin(cluster: Cluster): void {
    this.#cluster = cluster;
    this.#record({ type: 'phase', time: 0, phase: 'load' });
    this.#changeFaults([]);
    this.#lives.begin(cluster);
    for (const atMs of faultBoundaries(this.#plan)) cluster.at(atMs * MS, () => this.#crossBoundary(atMs));
    this.#clients = new Clients(this.#plan, cluster, this.#record, (member) => this.#lives.isUp(member));
    this.#clients.begin();
    if (this.#pollLoad) cluster.at(LOAD_POLL_MS * MS, () => this.#pollDuringLoad());
    cluster.at(this.#plan.closing.healAtMs * MS, () => this.#heal());
  }

  /** Ctrl-C: heals, stops, and ends the history as interrupted. */
  interrupt(): void {
    if (this.#interrupted) return;
    this.#interrupted = true;
    if (this.#phase === 'done') return;
    if (this.#phase === 'load') this.#heal();
    this.#stopAll();
  }

  get error(): Error | undefined {
    return this.#error;
  }

  progress(): Progress {
    return {
      phase: this.#phase,
      timeNs: this.#now(),
      operationsDone: this.#clients?.done ?? 0,
      operationsPlanned: this.#plan.operations.length,
      faultsOn: [...this.#active.values()],
      agree: this.#agreement.largest,
      up: this.#lives.namesIn('up').length,
    };
  }

  // --- what the cluster reports -------------------------------------------------------------------------------------

  up(member: string, life: number, boot: number, time: number): void {
    this.#lives.up(member, life, boot, time);
  }

  down(member: string, life: number, time: number, expected: boolean, reason: string): void {
    if (!this.#lives.down(member, life, time, expected, reason)) return;
    this.#clients?.memberDown(member, time);
    if (this.#phase === 'done') this.#finishWhenAllDown();
    // Its faults may have ended before the process had: then nobody else will start it again.
    else this.#lives.startIfWanted(member);
  }

  reply(member: string, operation: number, outcome: Outcome, time: number): void {
    this.#clients?.reply(member, operation, outcome, time);
  }

  observe(member: string, life: number, channel: string, observation: Observation, time: number): void {
    this.#outstanding.observe(member, life, channel, observation);
    this.#record({ type: 'observe', time, member, life, channel, ...observation });
  }

  view(
    member: string,
    life: number,
    round: number,
    channel: string,
    digest: string,
    view: Data | undefined,
    time: number,
  ): void {
    const line = { type: 'view', time, member, life, round, channel, digest } as const;
    this.#record(view === undefined ? line : { ...line, view });
    if (round === this.#round) this.#agreement.add(member, channel, digest);
    if (this.#phase === 'final' && this.#agreement.complete) this.#stopAll();
  }

  traffic(line: TrafficLine): void {
    this.#record(line);
  }

  links(line: LinksLine): void {
    this.#record(line);
  }

  overrun(line: OverrunLine): void {
    this.#record(line);
  }

  lateness(line: LatenessLine): void {
    this.#record(line);
  }

  clocks(line: ClocksLine): void {
    this.#record(line);
  }

  failed(error: Error): void {
    this.#error ??= error;
    this.#phase = 'done';
    this.#lives.close();
    this.#cluster?.finish();
  }

  // --- faults -------------------------------------------------------------------------------------------------------

  /** All ends and starts of one moment count as one change: nobody sees the state between them. */
  #crossBoundary(atMs: number): void {
    if (this.#phase !== 'load') return;
    const ending = [...this.#active.values()].filter((fault) => fault.untilMs <= atMs);
    const starting = this.#plan.faults.filter((fault) => fault.atMs === atMs && fault.untilMs > atMs);
    this.#change(ending, starting);
  }

  #change(ending: readonly PlannedFault[], starting: readonly PlannedFault[]): void {
    if (ending.length === 0 && starting.length === 0) return;
    const time = this.#now();
    for (const fault of ending) {
      this.#active.delete(fault.id);
      this.#record({ type: 'fault', time, fault: fault.id, kind: fault.type, event: 'end' });
    }
    for (const fault of starting) {
      this.#active.set(fault.id, fault);
      this.#record({ type: 'fault', time, fault: fault.id, kind: fault.type, event: 'start' });
    }
    if ([...ending, ...starting].some(isNetwork)) this.#changeFaults([...this.#active.values()].filter(isNetwork));
    // Starts before ends: a member that one pause hands to the next does not run in between.
    for (const fault of starting) this.#lives.startFault(fault);
    for (const fault of ending) this.#lives.endFault(fault);
  }

  #changeFaults(active: readonly PlannedFault[]): void {
    this.#epoch++;
    this.#record({
      type: 'epoch',
      time: this.#now(),
      epoch: this.#epoch,
      faults: active.map((fault) => fault.id),
    });
    this.#cluster?.setFaults(this.#epoch, active);
  }

  // --- closing ------------------------------------------------------------------------------------------------------

  #pollDuringLoad(): void {
    if (this.#phase !== 'load') return;
    this.#poll(false);
    this.#cluster?.at(this.#now() + LOAD_POLL_MS * MS, () => this.#pollDuringLoad());
  }

  #poll(full: boolean): void {
    this.#round++;
    const isAsked = (name: string): boolean => this.#phase === 'load' || !this.#lives.outsiders.has(name);
    const up = this.#lives.namesIn('up').filter(isAsked);
    this.#agreement = new Agreement(this.#rules, up);
    for (const name of up) this.#cluster?.poll(name, this.#round, full);
  }

  #heal(): void {
    if (this.#phase !== 'load') return;
    this.#phase = 'heal';
    this.#record({ type: 'phase', time: this.#now(), phase: 'heal' });
    // A liar lies to the end: what it then told the truth about would mend what its lies had broken.
    const ending = [...this.#active.values()].filter(
      (fault) => fault.type !== 'byzantine' && !isLasting(this.#plan, fault),
    );
    this.#change(ending, []);
    // The load is an epoch of its own also where nothing ends with it, so that its traffic can be counted apart.
    if (!ending.some(isNetwork)) this.#changeFaults([...this.#active.values()].filter(isNetwork));
    this.#clients?.stopInvoking();
    if (!this.#interrupted) this.#pollClosing();
  }

  /** Looks at the answers to the last poll, then asks again or reads for the last time. */
  #pollClosing(): void {
    if (this.#phase !== 'heal') return;
    const sinceHealMs = this.#now() / MS - this.#plan.closing.healAtMs;
    const starting = this.#lives.namesIn('starting').some((name) => !this.#lives.outsiders.has(name));
    const agreed = this.#agreement.complete && this.#agreement.agreed && this.#outstanding.count === 0;
    this.#steady = agreed && !starting && this.#clients?.pending === 0 ? this.#steady + 1 : 0;
    const settled = this.#steady >= STEADY_ROUNDS && sinceHealMs >= this.#quiesceMs;
    if (settled || sinceHealMs >= this.#plan.closing.deadlineMs) {
      this.#readFinal();
      return;
    }
    this.#poll(false);
    this.#cluster?.at(this.#now() + this.#plan.closing.pollEveryMs * MS, () => this.#pollClosing());
  }

  #readFinal(): void {
    this.#phase = 'final';
    this.#record({ type: 'phase', time: this.#now(), phase: 'final' });
    this.#poll(true);
    this.#cluster?.at(this.#now() + READ_PATIENCE_MS * MS, () => this.#stopAll());
  }

  #stopAll(): void {
    if (this.#phase === 'done') return;
    this.#phase = 'done';
    this.#lives.close();
    const lasting = [...this.#active.values()];
    for (const { id, type } of lasting) {
      this.#record({ type: 'fault', time: this.#now(), fault: id, kind: type, event: 'end' });
    }
    this.#active.clear();
    // A stopped process cannot say its last words.
    for (const fault of lasting) if (fault.type === 'pause') this.#lives.endFault(fault);
    this.#clients?.abandon(this.#now());
    this.#lives.stopAll();
    this.#cluster?.at(this.#now() + STOP_PATIENCE_MS * MS, () => this.#cluster?.finish());
    this.#finishWhenAllDown();
  }

  #finishWhenAllDown(): void {
    if (this.#lives.allDown) this.#cluster?.finish();
  }

  /** After the cluster has returned: the last line. */
  end(): void {
    const outcome = this.#interrupted ? 'interrupted' : 'completed';
    this.#record({ type: 'end', time: this.#now(), outcome });
  }

  #now(): number {
    return this.#cluster?.now() ?? 0;
  }
}

/** Whether it acts on links, clocks or behaviour, and so makes an epoch. */
function isNetwork(fault: PlannedFault): boolean {
  return !['kill', 'leave', 'pause'].includes(fault.type);
}

/** Every moment at which a fault starts or ends before the heal, once each, in order. ms. */
function faultBoundaries(plan: Plan): number[] {
  const times = new Set<number>();
  for (const fault of plan.faults) {
    times.add(fault.atMs);
    times.add(fault.untilMs);
  }
  return [...times].filter((time) => time < plan.closing.healAtMs).sort((a, b) => a - b);
}
