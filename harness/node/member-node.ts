/**
 * One member in a process of its own: protocols behind real sockets, clocks and a disk. What a step does to the world is
 * collected and happens together at the end of the event loop's turn, in this order: records are forced to the disk,
 * reports are written to the controller, datagrams leave. A crash in between loses only what nobody has seen; reports
 * whose records a crash has left behind are made good by the next boot (journal.ts). Where there is no room for the
 * records, reports wait until there is, and datagrams are lost: they must not leave, and later they would come all at once.
 */
import { Member, type MemberPorts } from '../../impl/member/member.ts';
import type { AnyProtocol, Data } from '../../impl/protocol.ts';
import type { Authenticator } from '../../impl/wire/frame.ts';
import { BaseLatency } from '../link/base-latency.ts';
import { MemberClock } from '../link/clock.ts';
import { TrafficMeter } from '../link/meters.ts';
import { LinkShaper } from '../link/shaper.ts';
import { digestOf } from '../model/canonical.ts';
import { InvariantError } from '../model/errors.ts';
import { isDiskFull, type PlannedFault } from '../model/fault.ts';
import { createSigner } from '../model/keys.ts';
import { split } from '../model/rng.ts';
import { Alarms } from './alarms.ts';
import { createAuthenticator } from './authenticator.ts';
import type { InitCommand, MemberReport, PeerAddress, StepReport } from './control.ts';
import { Datagrams } from './datagrams.ts';
import { Journal, NoRoomError } from './journal.ts';
import { LinkCounts } from './link-counts.ts';
import { AddressBook, type LinkHost } from './link-host.ts';
import { SelfWatch } from './self-watch.ts';
import type { Sockets } from './sockets.ts';
import { StallWatch } from './stall-watch.ts';
import { Streams } from './streams.ts';

const REPORT_EVERY_MS = 1000;
const CLOCK_READINGS = 10;
/** Readings that lie so close together are as good as one. */
const CLOSE_NS = 100_000;
/** Longer than the disk takes to write a batch where nothing is wrong. */
const LONG_FLUSH_NS = 5e6;
/** How often it is tried again to store what there was no room for. */
const ROOM_RETRY_MS = 50;

/** Where reports go; `flush` returns once they cannot be taken back. */
export interface ReportSink {
  write(report: MemberReport): void;
  flush(): void;
}

type ViewReport = Extract<MemberReport, { type: 'view' }>;

export interface Origin {
  /** The run's start as process.hrtime.bigint() shows it. */
  readonly ns: bigint;
  /** The same moment on the controller's wall clock, ms. */
  readonly wallMs: number;
}

export class MemberNode {
  readonly #init: InitCommand;
  readonly #sink: ReportSink;
  readonly #origin: Origin;
  readonly #member: Member;
  readonly #journal: Journal;
  readonly #clock: MemberClock;
  readonly #shaper: LinkShaper;
  readonly #alarms = new Alarms(() => this.#now());
  readonly #traffic = new TrafficMeter();
  readonly #links = new LinkCounts();
  readonly #stalls: StallWatch;
  readonly #authenticator: Authenticator;
  readonly #datagrams: Datagrams;
  readonly #streams: Streams;
  readonly #sockets: Sockets;
  readonly #reporting: NodeJS.Timeout;
  /** Behaviours of a lying member by channel. */
  readonly #behaviours = new Map<string, string>();
  /** What the steps of this turn let be known; written only once their records are on the disk. */
  #reports: StepReport[] = [];
  #views: ViewReport[] = [];
  #departures: (() => void)[] = [];
  /** Those of steps that nothing can take back any more. */
  #cleared: (() => void)[] = [];
  #flushPlanned = false;
  /** When the step that goes on began, ns. */
  #stepAt = 0;
  /** While there is no room for the records: when it is tried again. */
  #waitingForRoom: NodeJS.Timeout | undefined;
  readonly #watch: SelfWatch;
  #epoch = 0;
  /** Start of the interval that the next traffic line covers, ns. */
  #countedSince: number;
  /** The member's own monotonic clock at that moment, ms. */
  #monotonicSinceMs: number;

  constructor(
    init: InitCommand,
    protocols: ReadonlyMap<string, AnyProtocol>,
    sockets: Sockets,
    peers: readonly PeerAddress[],
    origin: Origin,
    sink: ReportSink,
  ) {
    this.#init = init;
    this.#sink = sink;
    this.#origin = origin;
    this.#sockets = sockets;
    this.#journal = new Journal(init.stateFile, init.restore);
    this.#clock = new MemberClock(init.name);
    this.#countedSince = this.#now();
    this.#monotonicSinceMs = this.#clock.monotonicMs(this.#countedSince);
    this.#stalls = new StallWatch({ now: () => this.#now() });
    this.#watch = new SelfWatch(init.watches, {
      wallAheadMs: () => this.#wallAheadMs(),
      journal: this.#journal,
      stateFile: init.stateFile,
    });
    // A process that comes back must not live through the very draws of the one before it.
    const seed = init.life === 1 && init.boot === 1 ? init.seed : `${init.seed}/${init.life}/${init.boot}`;
    this.#shaper = new LinkShaper(seed);
    this.#authenticator = createAuthenticator(init.name, init.keys);
    const channels = init.channels.map((channel) => {
      const protocol = protocols.get(channel.protocol);
      if (protocol === undefined) throw new InvariantError(`no protocol ${channel.protocol}`);
      return { name: channel.name, protocol, settings: channel.settings };
    });
    const { name, life, roster, neighbours, signing } = init;
    const signer = signing && createSigner(signing.privateKey, new Map(Object.entries(signing.directory)));
    this.#member = new Member({ name, life, roster, neighbours, signer }, channels, this.#ports());
    const host = this.#linkHost(new AddressBook(peers));
    this.#datagrams = new Datagrams(host, sockets.udp);
    this.#streams = new Streams(host, sockets.tcp);
    this.#reporting = setInterval(() => this.#reportCounts(), REPORT_EVERY_MS);
  }

  /** To be called once, in the same turn as the constructor. `sinceNs`: as in the `start` command. */
  start(seeds: readonly string[], sinceNs = 0): void {
    const early = this.#sockets.early.take(this.#origin.ns + BigInt(Math.floor(sinceNs)));
    const { last } = this.#journal;
    if (last !== undefined && last.reports.length > 0) this.#sink.write({ type: 'batch', ...last });
    this.#sink.write({ type: 'up', time: this.#now() });
    // Before the first step of this boot persists a batch of its own: no more than one is ever in doubt.
    this.#sink.flush();
    this.#step(() => this.#member.start(this.#journal.restored, seeds));
    for (let i = 0; i < early.dropped; i++) this.#traffic.dropped('early');
    for (const { bytes, remote, atNs } of early.datagrams) {
      this.#datagrams.admit(bytes, remote, Number(atNs - this.#origin.ns));
    }
    for (const socket of early.connections) this.#streams.admit(socket);
  }

  operate(id: number, channel: string, f: string, value: Data): void {
    this.#step(() => this.#member.operate(channel, id, f, value));
  }

  leave(): void {
    this.#step(() => this.#member.leave());
  }

  /** From here these faults, and no others, act. */
  setFaults(epoch: number, active: readonly PlannedFault[]): void {
    // Clocks are read at the end of each epoch, however short it was.
    this.#reportCounts();
    this.#epoch = epoch;
    this.#shaper.setFaults(active);
    this.#clock.setFaults(active, this.#now());
    this.#streams.applyCuts();
    for (const { name } of this.#init.channels) this.#applyBehaviour(name, active);
    this.#journal.full = isDiskFull(active, this.#init.name);
    if (this.#waitingForRoom !== undefined) this.#flush();
    this.#sink.write({ type: 'faults', epoch });
    this.#sink.flush();
  }

  poll(round: number, full: boolean): void {
    this.#step(() => {
      this.#member.channels.forEach(({ name }, index) => {
        const view = this.#member.view(index);
        this.#views.push({
          type: 'view',
          time: this.#now(),
          round,
          channel: name,
          digest: digestOf(view),
          view: full ? view : undefined,
        });
      });
    });
  }

  /** Everything that is still to be done is done, the last counts are written, and the sockets close. */
  stop(): void {
    this.#flush();
    this.#depart();
    this.#reportCounts();
    this.#sink.flush();
    clearInterval(this.#reporting);
    // What it found no room for, nobody has heard of either.
    clearTimeout(this.#waitingForRoom);
    this.#watch.close();
    this.#alarms.close();
    this.#stalls.close();
    this.#sockets.udp.close();
    this.#sockets.tcp.close();
    this.#journal.close();
  }

  #now(): number {
    return Number(process.hrtime.bigint() - this.#origin.ns);
  }

  /** By how much its wall clock is ahead of the controller's. */
  #wallAheadMs(): number {
    const now = this.#now();
    return this.#wallMs() - (this.#origin.wallMs + now / 1e6);
  }

  #wallMs(): number {
    return Date.now() + this.#clock.wallErrorMs(this.#now());
  }

  /** A step is one moment: whatever it replies and observes has the same time, as in the simulator. */
  #step(action: () => void): void {
    this.#stepAt = this.#now();
    action();
    if (this.#flushPlanned || this.#waitingForRoom !== undefined) return;
    this.#flushPlanned = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushPlanned = false;
    const beganAt = this.#now();
    const late = this.#waitingForRoom !== undefined;
    clearTimeout(this.#waitingForRoom);
    this.#waitingForRoom = undefined;
    // What had to wait comes to be known now and not when it was done.
    const reports = late ? this.#reports.map((report) => ({ ...report, time: beganAt })) : this.#reports;
    let batch: number | undefined;
    try {
      batch = this.#journal.commit(reports);
    } catch (error) {
      if (!(error instanceof NoRoomError)) throw error;
      if (!late) console.error(`${error.message}; nothing more is let known until there is`);
      this.#waitingForRoom = setTimeout(() => this.#flush(), ROOM_RETRY_MS);
      for (const _ of this.#departures) this.#traffic.dropped('unstored');
      this.#departures = [];
      return;
    }
    this.#reports = [];
    if (batch === undefined) for (const report of reports) this.#sink.write(report);
    else if (reports.length > 0) this.#sink.write({ type: 'batch', batch, reports });
    const views = this.#views;
    this.#views = [];
    for (const view of views) this.#sink.write(late ? { ...view, time: beganAt } : view);
    this.#sink.flush();
    this.#cleared.push(...this.#departures);
    this.#departures = [];
    if (this.#now() - beganAt < LONG_FLUSH_NS) this.#depart();
    // A disk or a pipe has kept this process standing still: what it was told meanwhile, of a change of faults above all,
    // counts for what leaves only now.
    else setImmediate(() => this.#depart());
  }

  /** In the order of the steps, whose records are on the disk. */
  #depart(): void {
    const cleared = this.#cleared;
    this.#cleared = [];
    for (const leave of cleared) leave();
  }

  #planDeparture(leave: () => void): void {
    if (this.#waitingForRoom === undefined) this.#departures.push(leave);
    else this.#traffic.dropped('unstored');
  }

  #ports(): MemberPorts {
    const nameOf = (channel: number): string => this.#init.channels[channel]?.name ?? '';
    return {
      send: (to, channel, message) => this.#planDeparture(() => this.#datagrams.send(to, nameOf(channel), message)),
      stream: (to, channel, message) => this.#planDeparture(() => this.#streams.send(to, nameOf(channel), message)),
      setTimer: (delayMs, channel, timer) => {
        const due = this.#now() + this.#clock.realDelayNs(delayMs);
        this.#alarms.at(due, () => this.#step(() => this.#member.timer(channel, timer)));
      },
      persist: (channel, record) => this.#journal.append(nameOf(channel), record),
      reply: (id, outcome) => this.#reports.push({ type: 'reply', time: this.#stepAt, id, outcome }),
      observe: (channel, observation) =>
        this.#reports.push({ type: 'observe', time: this.#stepAt, channel: nameOf(channel), observation }),
      wallMs: () => this.#wallMs(),
      monotonicMs: () => this.#clock.monotonicMs(this.#now()),
      random: (label) => split(this.#init.seed, 'member', this.#init.name, this.#init.life, this.#init.boot, label),
    };
  }

  #linkHost(book: AddressBook): LinkHost {
    const { name, life, boot, cluster, seed, channels } = this.#init;
    const member = this.#member;
    const indexes = new Map(channels.map((channel, index) => [channel.name, index]));
    const authenticated = new Set(
      member.channels.filter(({ protocol }) => protocol.authenticated === true).map((channel) => channel.name),
    );
    return {
      self: name,
      life,
      boot,
      cluster,
      seed,
      book,
      shaper: this.#shaper,
      base: new BaseLatency(seed, this.#init.baseLinks),
      alarms: this.#alarms,
      traffic: this.#traffic,
      links: this.#links,
      now: () => this.#now(),
      epoch: () => this.#epoch,
      authenticator: (channel) => (authenticated.has(channel) ? this.#authenticator : undefined),
      kindOf: (channel, message) => member.kindOf(indexes.get(channel) ?? -1, message),
      decode: (channel, raw) => member.decode(indexes.get(channel) ?? -1, raw),
      deliver: (from, fromLife, channel, message) =>
        this.#step(() => member.receive(indexes.get(channel) ?? -1, from, fromLife, message)),
    };
  }

  #applyBehaviour(channel: string, active: readonly PlannedFault[]): void {
    const fault = active.find(
      (one) => one.type === 'byzantine' && one.channel === channel && one.targets.includes(this.#init.name),
    );
    const behaviour = fault?.type === 'byzantine' ? fault.behaviour : undefined;
    if (behaviour === this.#behaviours.get(channel)) return;
    if (behaviour === undefined) this.#behaviours.delete(channel);
    else this.#behaviours.set(channel, behaviour);
    this.#member.setBehaviour(channel, behaviour);
  }

  /**
   * Both clocks at one moment: between two readings of its own a busy process may have to wait, so the one of several
   * counts in which least time passed.
   */
  #readClocks(): { now: number; wallAheadMs: number } {
    let best = { now: 0, wallAheadMs: 0, tookNs: Number.POSITIVE_INFINITY };
    for (let tries = 0; tries < CLOCK_READINGS && best.tookNs > CLOSE_NS; tries++) {
      const now = this.#now();
      const wallAheadMs = this.#wallMs() - (this.#origin.wallMs + now / 1e6);
      const tookNs = this.#now() - now;
      if (tookNs < best.tookNs) best = { now, wallAheadMs, tookNs };
    }
    return best;
  }

  #reportCounts(): void {
    const { now, wallAheadMs } = this.#readClocks();
    const since = this.#countedSince;
    const monotonicMs = this.#clock.monotonicMs(now);
    const monotonicSinceMs = this.#monotonicSinceMs;
    this.#countedSince = now;
    this.#monotonicSinceMs = monotonicMs;
    const { name: member, life } = this.#init;
    this.#sink.write({
      type: 'traffic',
      line: {
        type: 'traffic',
        time: now,
        member,
        life,
        since,
        ...this.#traffic.take(),
        wallAheadMs,
        monotonicMs: monotonicMs - monotonicSinceMs,
        ...this.#stalls.take(),
        ...this.#watch.take(),
      },
    });
    this.#sink.write({ type: 'links', lines: this.#links.takeChanged(now, member, life) });
    this.#sink.flush();
  }
}
