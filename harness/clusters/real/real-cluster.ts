/**
 * A running cluster of real processes: seats of members, the processes that sit in them, and real time. Where those
 * processes live, and who makes their faults, is the site's business.
 */
import type { Data } from '../../../impl/protocol.ts';
import { mostBaseMs } from '../../model/base-links.ts';
import type { Cluster, ClusterEvents, ClusterOptions } from '../../model/cluster.ts';
import { SEEDS } from '../../model/conditions.ts';
import { type DeviceCounters, kernelCounters } from '../../model/counters.ts';
import { InvariantError, UnavailableError } from '../../model/errors.ts';
import type { PlannedFault } from '../../model/fault.ts';
import type { LinksLine } from '../../model/history.ts';
import { directoryOf, needsKeys, privateKeyOf } from '../../model/keys.ts';
import { neighboursOf } from '../../model/overlay.ts';
import type { Plan } from '../../model/plan.ts';
import { watchesOf } from '../../model/watches.ts';
import { Alarms } from '../../node/alarms.ts';
import { pairKey } from '../../node/authenticator.ts';
import {
  BETWEEN_EPOCHS,
  type InitCommand,
  type MemberReport,
  type PeerAddress,
  type StepReport,
} from '../../node/control.ts';
import { StallWatch } from '../../node/stall-watch.ts';
import { FaultChanges, type Told } from './fault-changes.ts';
import type { Guard } from './guard.ts';
import { SeenBatches } from './seen-batches.ts';
import type { Address, MemberHandle, Site } from './site.ts';

export interface RealSetup {
  readonly plan: Plan;
  readonly events: ClusterEvents;
  readonly site: Site;
  readonly guard: Guard;
  /** uint32, tells this run's datagrams from others'. */
  readonly cluster: number;
  /** What the members' pair keys are made from. */
  readonly secret: string;
  readonly onCalibration?: ClusterOptions['onCalibration'];
  readonly onCounters?: ClusterOptions['onCounters'];
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
  readonly process: MemberHandle;
  /** Latest totals by epoch; written when the boot is over. */
  readonly links: Map<number, LinksLine>;
  /** Its protocols are to run. */
  started: boolean;
  /** Since when, ns. */
  askedNs: number;
  /** They were told to. */
  running: boolean;
  paused: boolean;
  /** Why it will end, when it was told to. */
  told: string | undefined;
  /** Why it could not go on, in its own words. */
  failure: StartFailure | undefined;
  /** Resolves once it has its sockets, or to why it has not. */
  readonly readiness: Promise<StartFailure | undefined>;
  readonly ready: (failure: StartFailure | undefined) => void;
}

const LATENESS_EVERY_NS = 1e9;

interface Seat {
  readonly name: string;
  /** Where its process is, or was last; undefined: none was ever ready. */
  address: Required<PeerAddress> | undefined;
  boot: Boot | undefined;
  /** A start that came before the last process was gone. */
  next: (() => void) | undefined;
}

export class RealCluster implements Cluster {
  readonly kind: string;
  readonly #setup: RealSetup;
  readonly #seats: Map<string, Seat>;
  readonly #alarms = new Alarms(() => this.now());
  readonly #seen = new SeenBatches();
  #originNs: bigint | undefined;
  #originWallMs = 0;
  /** What was asked for before the run started, in order. */
  #early: (() => void)[] = [];
  #turn: number | undefined;
  readonly #changes: FaultChanges;
  #countedBefore: ReadonlyMap<string, DeviceCounters> | undefined;
  #closing = false;
  #stalls: StallWatch | undefined;
  #end: (error: Error | undefined) => void = () => undefined;
  readonly #ended = new Promise<Error | undefined>((resolve) => {
    this.#end = resolve;
  });

  constructor(setup: RealSetup) {
    this.#setup = setup;
    this.kind = setup.site.kind;
    this.#seats = new Map(
      setup.plan.members.map(({ name }) => [name, { name, address: undefined, boot: undefined, next: undefined }]),
    );
    const changes = {
      tell: (told: Told) => this.#tellFaults(told),
      overrun: (epoch: number, members: readonly string[] | 'all') => this.#tellOverrun(epoch, members),
      failed: (error: Error) => this.#fail(error),
    };
    this.#changes = new FaultChanges(setup.site.faults, changes, { baseMs: mostBaseMs(setup.plan) });
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
    const boot = this.#running(member);
    if (boot === undefined) return;
    boot.paused = true;
    boot.process.signal('SIGSTOP');
    this.#changes.silent(member);
  }

  resume(member: string): void {
    const boot = this.#running(member);
    if (boot === undefined) return;
    boot.paused = false;
    boot.process.signal('SIGCONT');
  }

  setFaults(epoch: number, active: readonly PlannedFault[]): void {
    this.#soon(() => this.#changes.change(epoch, active));
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
    this.#watchLateness();
    const early = this.#early;
    this.#early = [];
    this.#guarded(() => {
      for (const action of early) action();
    });
    this.#tellClocks();
    const error = await this.#ended;
    if (error === undefined && this.#setup.site.clocks !== undefined) {
      await this.#setup.site.clocks.compare();
      this.#tellClocks();
    }
    await this.close();
    if (error !== undefined) throw error;
  }

  finish(): void {
    this.#end(undefined);
  }

  /** Starts the process of a member's first boot; resolves once it has its port, or to why it has not. */
  prepare(member: string): Promise<StartFailure | undefined> {
    return this.#spawn(this.#seat(member), 1, 1, false).readiness;
  }

  /** Tells every prepared member where the others are. */
  introduce(): void {
    const peers = this.#peers();
    for (const seat of this.#seats.values()) seat.boot?.process.send({ type: 'peers', peers });
  }

  /** To be called when every member is prepared, and nothing has started. */
  async calibrate(): Promise<void> {
    const { site, onCalibration, onCounters } = this.#setup;
    const calibration = await site.faults?.calibrate?.();
    if (calibration === undefined) return;
    onCalibration?.(calibration);
    // What was sent to measure is no traffic of the run's.
    if (onCounters !== undefined) this.#countedBefore = await site.counters?.();
  }

  /** Kills whatever lives and waits until it is gone. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#alarms.close();
    this.#stalls?.close();
    const boots = [...this.#seats.values()].flatMap((seat) => (seat.boot === undefined ? [] : [seat.boot]));
    for (const boot of boots) boot.process.signal('SIGKILL');
    await Promise.all(boots.map((boot) => boot.process.ended));
    await this.#changes.close();
    if (this.#originNs !== undefined) await this.#tellCounters();
    await this.#setup.site.close();
    await this.#setup.guard.end();
    this.#setup.dispose();
  }

  /** An aid for readers: where the kernel does not say, the run has been one all the same. */
  async #tellCounters(): Promise<void> {
    const { site, onCounters } = this.#setup;
    if (onCounters === undefined) return;
    const counted = await site.counters?.().catch(() => undefined);
    if (counted !== undefined) onCounters(kernelCounters(counted, this.#countedBefore));
  }

  #spawn(seat: Seat, life: number, number: number, restore: boolean): Boot {
    const { site, guard } = this.#setup;
    // What it is launched to may be reported before it is: both find each other by then.
    let ready: Boot['ready'] = () => undefined;
    const readiness = new Promise<StartFailure | undefined>((resolve) => {
      ready = resolve;
    });
    const address = site.addressOf(seat.name);
    const launched = { member: seat.name, life, boot: number, restore };
    const boot: Boot = {
      life,
      number,
      links: new Map(),
      started: false,
      askedNs: 0,
      running: false,
      paused: false,
      told: undefined,
      failure: undefined,
      readiness,
      ready,
      process: site.launch(launched, {
        report: (report) => this.#guarded(() => this.#hear(seat, boot, report)),
        ended: (ending) => this.#guarded(() => this.#bury(seat, boot, ending)),
        garbled: (line) => {
          const reason = `it wrote what is no report: ${line.slice(0, 200)}`;
          boot.ready({ reason, portInUse: undefined });
          // One that is only being prepared is the opener's to give up.
          if (boot.started) this.#fail(new InvariantError(`member ${seat.name}: ${reason}`));
        },
      }),
    };
    seat.boot = boot;
    if (boot.process.pid !== undefined) guard.watch(boot.process.pid);
    boot.process.send(this.#introduction(seat, boot, address, restore));
    return boot;
  }

  #introduction(seat: Seat, boot: Boot, address: Address, restore: boolean): InitCommand {
    const { plan, cluster, secret, site } = this.#setup;
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
      ...(needsKeys(plan)
        ? {
            signing: {
              privateKey: privateKeyOf(plan.seed, seat.name),
              directory: Object.fromEntries(directoryOf(plan.members)),
            },
          }
        : {}),
      stateFile: site.stateFile(seat.name, boot.life),
      restore,
      watches: watchesOf(plan.faults, seat.name),
      host: address.host,
      // Where it was before it is found again.
      port: address.port ?? seat.address?.port,
    };
  }

  #peers(): PeerAddress[] {
    return [...this.#seats.values()].flatMap(({ address }) => (address === undefined ? [] : [address]));
  }

  #boot(seat: Seat, boot: Boot): void {
    boot.started = true;
    boot.askedNs = this.#turnNs();
    if (this.#setup.site.faults === undefined) this.#startProtocols(seat, boot);
    else {
      // What the kernel does to a member belongs to its namespace, which may be a new one.
      void boot.readiness.then((failure) => {
        if (failure !== undefined || seat.boot !== boot) return;
        this.#changes.restarted(seat.name, () => {
          if (seat.boot !== boot || this.#closing) return;
          // What reached it before the rules were there has met none of them.
          if (this.#changes.actOnLinks) boot.askedNs = this.now();
          this.#startProtocols(seat, boot);
        });
      });
    }
  }

  #startProtocols(seat: Seat, boot: Boot): void {
    const roster = this.#setup.plan.members.map((member) => member.name);
    const ahead = this.#setup.site.clocks?.aheadOf(seat.name);
    boot.running = true;
    boot.process.send({ type: 'peers', peers: this.#peers() });
    boot.process.send({ type: 'faults', ...this.#changes.told });
    boot.process.send({
      type: 'start',
      originNs: String((this.#originNs ?? 0n) + (ahead?.monotonicNs ?? 0n)),
      originWallMs: this.#originWallMs + (ahead?.wallMs ?? 0),
      sinceNs: boot.askedNs,
      seeds: roster.filter((name) => name !== seat.name).slice(0, SEEDS),
    });
  }

  /**
   * Now, and the same for all that is done in one turn of the event loop: members that are started together start at one
   * time, and none misses what another has sent because it was told a moment later.
   */
  #turnNs(): number {
    if (this.#turn === undefined) {
      this.#turn = this.now();
      setImmediate(() => {
        this.#turn = undefined;
      });
    }
    return this.#turn;
  }

  /** Of the controller; members tell of themselves. */
  #watchLateness(): void {
    const stalls = new StallWatch({ now: () => this.now() });
    this.#stalls = stalls;
    let since = this.now();
    const tell = (): void => {
      const time = this.now();
      this.#setup.events.lateness?.({ type: 'lateness', time, since, ...stalls.take().late });
      since = time;
      this.#alarms.at(time + LATENESS_EVERY_NS, tell);
    };
    this.#alarms.at(since + LATENESS_EVERY_NS, tell);
  }

  #tellClocks(): void {
    const { events, site } = this.#setup;
    if (site.clocks !== undefined) events.clocks?.({ type: 'clocks', time: this.now(), hosts: site.clocks.latest });
  }

  #tellOverrun(epoch: number, members: readonly string[] | 'all'): void {
    const named = members === 'all' ? [...this.#seats.keys()] : members;
    this.#setup.events.overrun?.({ type: 'overrun', time: this.now(), epoch, members: named });
  }

  /** Returns who can be expected to answer soon. */
  #tellFaults(told: Told): string[] {
    const listening: string[] = [];
    for (const { name, boot } of this.#seats.values()) {
      if (boot === undefined || !boot.running) continue;
      boot.process.send({ type: 'faults', ...told });
      if (!boot.paused) listening.push(name);
    }
    return listening;
  }

  #fail(error: Error): void {
    this.#setup.events.failed(error);
    this.finish();
  }

  #hear(seat: Seat, boot: Boot, report: MemberReport): void {
    const { events } = this.#setup;
    const { name } = seat;
    if (this.#closing) return;
    switch (report.type) {
      case 'ready':
        seat.address = { name, host: this.#setup.site.addressOf(name).host, port: report.port };
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
        for (const line of report.lines) if (line.epoch !== BETWEEN_EPOCHS) boot.links.set(line.epoch, line);
        break;
      case 'faults':
        this.#changes.heard(name, report.epoch);
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
    this.#changes.silent(seat.name);
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
