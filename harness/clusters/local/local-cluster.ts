/** The running `local` cluster: seats of members, the processes that sit in them, and real time. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Data } from '../../../impl/protocol.ts';
import type { Cluster, ClusterEvents } from '../../model/cluster.ts';
import { InvariantError, UnavailableError } from '../../model/errors.ts';
import type { PlannedFault } from '../../model/fault.ts';
import type { LinksLine } from '../../model/history.ts';
import { neighboursOf } from '../../model/overlay.ts';
import type { Plan } from '../../model/plan.ts';
import { Alarms } from '../../node/alarms.ts';
import { pairKey } from '../../node/authenticator.ts';
import type { InitCommand, MemberReport, PeerAddress, StepReport } from '../../node/control.ts';
import type { Guard } from './guard.ts';
import { MemberProcess } from './member-process.ts';
import { SeenBatches } from './seen-batches.ts';

const HOST = '127.0.0.1';
/** Members that a new one is told to join through. */
const SEEDS = 3;

export interface LocalSetup {
  readonly plan: Plan;
  readonly events: ClusterEvents;
  readonly directory: string;
  readonly program: string;
  readonly guard: Guard;
  readonly basePort: number | undefined;
  /** uint32, tells this run's datagrams from others'. */
  readonly cluster: number;
  /** What the members' pair keys are made from. */
  readonly secret: string;
  /** The last thing that is done. */
  dispose(): void;
}

export interface StartFailure {
  readonly reason: string;
  readonly portInUse: number | undefined;
}

/** One boot of a member, in a process of its own. */
interface Boot {
  readonly life: number;
  readonly number: number;
  readonly process: MemberProcess;
  /** Latest totals by epoch; written when the boot is over. */
  readonly links: Map<number, LinksLine>;
  /** Protocols were told to start. */
  started: boolean;
  /** Why it will end, when it was told to. */
  told: string | undefined;
  /** Why it could not go on, in its own words. */
  failure: StartFailure | undefined;
  ready: (failure: StartFailure | undefined) => void;
}

interface Seat {
  readonly name: string;
  port: number | undefined;
  boot: Boot | undefined;
  /** A start that came before the last process was gone. */
  next: (() => void) | undefined;
}

export class LocalCluster implements Cluster {
  readonly kind = 'local';
  readonly #setup: LocalSetup;
  readonly #seats: Map<string, Seat>;
  readonly #alarms = new Alarms(() => this.now());
  readonly #seen = new SeenBatches();
  #originNs: bigint | undefined;
  #originWallMs = 0;
  /** What was asked for before the run started, in order. */
  #early: (() => void)[] = [];
  #epoch = 0;
  #active: readonly PlannedFault[] = [];
  #closing = false;
  #end: (error: Error | undefined) => void = () => undefined;
  readonly #ended = new Promise<Error | undefined>((resolve) => {
    this.#end = resolve;
  });

  constructor(setup: LocalSetup) {
    this.#setup = setup;
    this.#seats = new Map(
      setup.plan.members.map(({ name }, index) => {
        const port = setup.basePort === undefined ? undefined : setup.basePort + index;
        return [name, { name, port, boot: undefined, next: undefined }];
      }),
    );
  }

  now(): number {
    return this.#originNs === undefined ? 0 : Number(process.hrtime.bigint() - this.#originNs);
  }

  at(time: number, callback: () => void): void {
    this.#soon(() => this.#alarms.at(time, () => this.#guarded(callback)));
  }

  start(member: string, life: number, boot: number, restore: boolean): void {
    this.#soon(() => {
      const seat = this.#seat(member);
      const current = seat.boot;
      if (current === undefined) this.#boot(seat, this.#spawn(seat, life, boot, restore));
      else if (current.started) seat.next = () => this.start(member, life, boot, restore);
      else if (current.life === life && current.number === boot && !restore) this.#boot(seat, current);
      else throw new InvariantError(`${member} is prepared for another boot than ${life}/${boot}`);
    });
  }

  kill(member: string): void {
    const boot = this.#running(member);
    if (boot === undefined) return;
    boot.told ??= 'killed';
    boot.process.signal('SIGKILL');
  }

  stop(member: string): void {
    const boot = this.#running(member);
    if (boot === undefined) return;
    boot.told ??= 'stopped';
    boot.process.send({ type: 'stop' });
  }

  leave(member: string): void {
    this.#running(member)?.process.send({ type: 'leave' });
  }

  pause(member: string): void {
    this.#running(member)?.process.signal('SIGSTOP');
  }

  resume(member: string): void {
    this.#running(member)?.process.signal('SIGCONT');
  }

  setFaults(epoch: number, active: readonly PlannedFault[]): void {
    this.#soon(() => {
      this.#epoch = epoch;
      this.#active = active;
      for (const seat of this.#seats.values()) {
        if (seat.boot?.started) seat.boot.process.send({ type: 'faults', epoch, active });
      }
    });
  }

  invoke(member: string, operation: number, channel: string, f: string, value: Data): void {
    this.#running(member)?.process.send({ type: 'operation', id: operation, channel, f, value });
  }

  poll(member: string, round: number, full: boolean): void {
    this.#running(member)?.process.send({ type: 'poll', round, full });
  }

  async run(): Promise<void> {
    this.#originNs = process.hrtime.bigint();
    this.#originWallMs = Date.now();
    const early = this.#early;
    this.#early = [];
    this.#guarded(() => {
      for (const action of early) action();
    });
    const error = await this.#ended;
    await this.close();
    if (error !== undefined) throw error;
  }

  finish(): void {
    this.#end(undefined);
  }

  /** Starts the process of a member's first boot; resolves once it has its port, or to why it has not. */
  prepare(member: string): Promise<StartFailure | undefined> {
    const boot = this.#spawn(this.#seat(member), 1, 1, false);
    return new Promise((resolve) => {
      boot.ready = resolve;
    });
  }

  /** Tells every prepared member where the others are. */
  introduce(): void {
    const peers = this.#peers();
    for (const seat of this.#seats.values()) seat.boot?.process.send({ type: 'peers', peers });
  }

  /** Kills whatever lives and waits until it is gone. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#alarms.close();
    const boots = [...this.#seats.values()].flatMap((seat) => (seat.boot === undefined ? [] : [seat.boot]));
    for (const boot of boots) boot.process.signal('SIGKILL');
    await Promise.all(boots.map((boot) => boot.process.ended));
    await this.#setup.guard.end();
    this.#setup.dispose();
  }

  #spawn(seat: Seat, life: number, number: number, restore: boolean): Boot {
    const { directory, program, guard, events } = this.#setup;
    const stateFile = join(directory, 'state', `${seat.name}.${life}.jsonl`);
    if (!restore) rmSync(stateFile, { force: true });
    const boot: Boot = {
      life,
      number,
      links: new Map(),
      started: false,
      told: undefined,
      failure: undefined,
      ready: () => undefined,
      process: new MemberProcess(program, join(directory, 'members', `${seat.name}.log`), {
        report: (report) => this.#guarded(() => this.#hear(seat, boot, report)),
        ended: (ending) => this.#guarded(() => this.#bury(seat, boot, ending)),
        garbled: (line) => {
          const reason = `it wrote what is no report: ${line.slice(0, 200)}`;
          boot.ready({ reason, portInUse: undefined });
          // One that is only being prepared is the opener's to give up.
          if (!boot.started) return;
          events.failed(new InvariantError(`member ${seat.name}: ${reason}`));
          this.finish();
        },
      }),
    };
    seat.boot = boot;
    if (boot.process.pid !== undefined) guard.watch(boot.process.pid);
    boot.process.send(this.#introduction(seat, boot, stateFile, restore));
    return boot;
  }

  #introduction(seat: Seat, boot: Boot, stateFile: string, restore: boolean): InitCommand {
    const { plan, cluster, secret } = this.#setup;
    const roster = plan.members.map((member) => member.name);
    return {
      type: 'init',
      name: seat.name,
      life: boot.life,
      boot: boot.number,
      roster,
      neighbours: neighboursOf(plan, seat.name),
      baseLinks: plan.network.links,
      channels: plan.channels,
      seed: plan.seed,
      cluster,
      keys: Object.fromEntries(roster.map((peer) => [peer, pairKey(secret, seat.name, peer)])),
      stateFile,
      restore,
      host: HOST,
      port: seat.port,
    };
  }

  #peers(): PeerAddress[] {
    return [...this.#seats.values()].flatMap(({ name, port }) =>
      port === undefined ? [] : [{ name, host: HOST, port }],
    );
  }

  #boot(seat: Seat, boot: Boot): void {
    const roster = this.#setup.plan.members.map((member) => member.name);
    boot.started = true;
    boot.process.send({ type: 'peers', peers: this.#peers() });
    boot.process.send({ type: 'faults', epoch: this.#epoch, active: this.#active });
    boot.process.send({
      type: 'start',
      originNs: String(this.#originNs),
      originWallMs: this.#originWallMs,
      seeds: roster.filter((name) => name !== seat.name).slice(0, SEEDS),
    });
  }

  #hear(seat: Seat, boot: Boot, report: MemberReport): void {
    const { events } = this.#setup;
    const { name } = seat;
    if (this.#closing) return;
    switch (report.type) {
      case 'ready':
        seat.port = report.port;
        boot.ready(undefined);
        break;
      case 'up':
        events.up(name, boot.life, boot.number, report.time);
        break;
      case 'reply':
      case 'observe':
        this.#tell(name, boot.life, report);
        break;
      case 'batch':
        if (!this.#seen.isNew(name, boot.life, report.batch)) break;
        for (const one of report.reports) this.#tell(name, boot.life, one);
        break;
      case 'view':
        events.view(name, boot.life, report.round, report.channel, report.digest, report.view, report.time);
        break;
      case 'traffic':
        events.traffic(report.line);
        break;
      case 'links':
        for (const line of report.lines) boot.links.set(line.epoch, line);
        break;
      case 'failed':
        boot.failure = { reason: report.reason, portInUse: report.portInUse };
        break;
    }
  }

  #tell(member: string, life: number, report: StepReport): void {
    const { events } = this.#setup;
    if (report.type === 'reply') events.reply(member, report.id, report.outcome, report.time);
    else events.observe(member, life, report.channel, report.observation, report.time);
  }

  #bury(seat: Seat, boot: Boot, ending: string): void {
    const { events, guard } = this.#setup;
    if (boot.process.pid !== undefined) guard.release(boot.process.pid);
    seat.boot = undefined;
    const reason = boot.told ?? boot.failure?.reason ?? ending;
    boot.ready(boot.failure ?? { reason, portInUse: undefined });
    // A process that never came to run its protocols was no boot; the member's start will try another.
    if (this.#closing || !boot.started) return;
    if (boot.told === undefined && boot.failure?.portInUse !== undefined) {
      // Nothing that the member did: somebody took its port while it was down, and nothing can be said about it any more.
      const what = `port ${boot.failure.portInUse} of member ${seat.name} was taken while the member was down`;
      events.failed(new UnavailableError(what, undefined, 'run again, with fewer runs at a time'));
      this.finish();
      return;
    }
    const time = this.now();
    for (const line of [...boot.links.values()].sort((a, b) => a.epoch - b.epoch)) events.links({ ...line, time });
    events.down(seat.name, boot.life, time, boot.told !== undefined, reason);
    const next = seat.next;
    seat.next = undefined;
    next?.();
  }

  #seat(member: string): Seat {
    const seat = this.#seats.get(member);
    if (seat === undefined) throw new InvariantError(`the plan has no member ${member}`);
    return seat;
  }

  #running(member: string): Boot | undefined {
    const boot = this.#seat(member).boot;
    return boot?.started ? boot : undefined;
  }

  #soon(action: () => void): void {
    if (this.#originNs === undefined) this.#early.push(action);
    else action();
  }

  /** What a callback throws ends the run, and is thrown by it. */
  #guarded(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
