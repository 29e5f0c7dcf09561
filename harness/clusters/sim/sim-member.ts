/** One member of the simulator: a `Member`, its clocks, its lives and pauses, and what it has of a processor. */
import { Member, type MemberChannel, type MemberPorts } from '../../../impl/member/member.ts';
import type { Data, Signer } from '../../../impl/protocol.ts';
import { frameBytes, messageBytes } from '../../../impl/wire/frame.ts';
import { MemberClock } from '../../link/clock.ts';
import { CpuBudget, periodsIn, SEND_COST_NS, STEP_COST_NS } from '../../link/cpu-budget.ts';
import { digestOf } from '../../model/canonical.ts';
import type { ClusterEvents } from '../../model/cluster.ts';
import { SEEDS } from '../../model/conditions.ts';
import { excerpt, InvariantError } from '../../model/errors.ts';
import { cpuShareOf, isDiskFull, type PlannedFault } from '../../model/fault.ts';
import { neighboursOf } from '../../model/overlay.ts';
import type { Plan } from '../../model/plan.ts';
import { hash32, split } from '../../model/rng.ts';
import { type Watches, watchesOf } from '../../model/watches.ts';
import { HostCounts } from './host-counts.ts';
import { SimDisk } from './sim-disk.ts';

const MS = 1e6;
/** The wall clock that a simulated run starts at, ms since the epoch; any fixed moment would do. */
const WALL_START_MS = 1_700_000_000_000;
/** Bytes of the MAC that real clusters put on authenticated channels; here the sender cannot be forged anyway. */
const TAG_BYTES = 16;
/** Datagrams that wait for a stopped process: about what a default socket buffer of 208 KiB takes. */
const SOCKET_BUFFER_DATAGRAMS = 256;

export interface SimPacket {
  readonly kind: 'packet';
  readonly from: SimMember;
  /** The sender's boot when it was sent. */
  readonly fromBoot: object | undefined;
  readonly fromLife: number;
  readonly to: SimMember;
  readonly channel: number;
  readonly message: unknown;
  /** The message as it left, where messages go through the codec: a datagram's bytes, or a stream's text. */
  readonly wire: Uint8Array | string | undefined;
  readonly bytes: number;
  readonly epoch: number;
  readonly sequence: number;
  readonly sentAt: number;
  corrupt: boolean;
  readonly stream: boolean;
}

/** What a member needs of the simulation around it. */
export interface SimWorld {
  readonly plan: Plan;
  readonly events: ClusterEvents;
  now(): number;
  at(time: number, callback: () => void): void;
  send(host: SimMember, to: string, channel: number, message: unknown): void;
  stream(host: SimMember, to: string, channel: number, message: unknown): void;
  setTimer(host: SimMember, boot: object, delayNs: number, channel: number, timer: Data): void;
  reach(host: SimMember, channel: number, condition: string): void;
  /** undefined where the plan has no key directory. */
  signerOf(member: string): Signer | undefined;
}

/** Something to be done once the process runs again. */
interface Waiting {
  readonly isPacket: boolean;
  readonly action: (host: SimMember) => void;
}

export class SimMember {
  readonly name: string;
  readonly watches: Watches | undefined;
  readonly counts: HostCounts;
  readonly #world: SimWorld;
  readonly #roster: readonly string[];
  readonly #neighbours: readonly string[] | undefined;
  readonly #channels: readonly MemberChannel[];
  readonly #clock: MemberClock;
  readonly #latencyPlaces = new Map<SimMember, number>();
  /** Bytes of a frame around its message, by channel. */
  readonly #overheads: readonly number[];
  #member: Member | undefined;
  readonly #disk: SimDisk;
  /** Names the boot that runs; timers and transfers of an earlier one find that it is not theirs. */
  #boot: object | undefined;
  #bootNumbers = new WeakMap<object, number>();
  #boots = 0;
  #bootOfLife = 0;
  #restore = false;
  #life = 0;
  #sequences = new Map<string, number>();
  #streams = 0;
  /** While paused, or with its quota of processor time used up: what will be done afterwards, in order. */
  #waiting: Waiting[] | undefined;
  #waitingPackets = 0;
  #paused = false;
  #pausedAt = 0;
  #budget: CpuBudget | undefined;
  /** Names the wait for more processor time that goes on. */
  #throttle: object | undefined;
  /** What came back from those who listen to the members, not from the protocols. */
  #listenerFailure: { readonly error: unknown } | undefined;

  constructor(world: SimWorld, name: string, roster: readonly string[], channels: readonly MemberChannel[]) {
    this.#world = world;
    this.name = name;
    this.#roster = roster;
    this.#neighbours = neighboursOf(world.plan, name);
    this.#channels = channels;
    this.#clock = new MemberClock(name);
    this.#overheads = channels.map((channel) => {
      const tagBytes = channel.protocol.authenticated === true ? TAG_BYTES : 0;
      return frameBytes(name, channel.name, null, tagBytes) - messageBytes(null);
    });
    this.watches = watchesOf(world.plan.faults, name);
    this.counts = new HostCounts(channels, this.watches);
    this.#disk = new SimDisk(this.counts, this.watches?.disk === true);
  }

  get life(): number {
    return this.#life;
  }

  get boot(): object | undefined {
    return this.#boot;
  }

  get isUp(): boolean {
    return this.#member !== undefined;
  }

  bootNumber(boot: object | undefined): number {
    return boot === undefined ? 0 : (this.#bootNumbers.get(boot) ?? 0);
  }

  /** The state machine's place in draws of the latency towards `to`. */
  latencyPlace(to: SimMember): number {
    let place = this.#latencyPlaces.get(to);
    if (place === undefined) {
      place = hash32(this.#world.plan.seed, 'latency', this.name, to.name);
      this.#latencyPlaces.set(to, place);
    }
    return place;
  }

  nextSequence(to: string): number {
    const sequence = this.#sequences.get(to) ?? 0;
    this.#sequences.set(to, sequence + 1);
    return sequence;
  }

  nextStream(): number {
    return this.#streams++;
  }

  // --- life and death -----------------------------------------------------------------------------------------------

  /** A boot is on its way; `begin` with the same token completes it unless it was killed before. */
  prepare(life: number, boot: number, restore: boolean): object {
    const token = {};
    this.#boot = token;
    this.#bootNumbers.set(token, ++this.#boots);
    this.#life = life;
    this.#bootOfLife = boot;
    this.#restore = restore;
    // Now, and not when the boot is done: a life that is killed before that must not come back with the last one's records.
    if (!restore) this.#disk.wipe();
    this.#forget();
    return token;
  }

  begin(token: object, active: readonly PlannedFault[]): void {
    if (this.#boot !== token) return;
    const world = this.#world;
    const now = world.now();
    this.#sequences = new Map();
    this.counts.begin(now, this.#clock);
    const identity = {
      name: this.name,
      life: this.#life,
      roster: this.#roster,
      neighbours: this.#neighbours,
      signer: world.signerOf(this.name),
    };
    try {
      this.#member = new Member(identity, this.#channels, this.#ports(token));
    } catch (error) {
      this.#crash(error);
      return;
    }
    this.#setBehaviours(active);
    this.#limit(active);
    world.events.up(this.name, this.#life, this.#bootOfLife, now);
    const seeds = this.#roster.filter((name) => name !== this.name).slice(0, SEEDS);
    const restored = this.#restore ? this.#disk.read() : undefined;
    this.#step((member) => member.start(restored, seeds));
  }

  /** Runs protocols; what they throw ends their process. */
  #step(action: (member: Member) => void): void {
    if (this.#member === undefined) return;
    try {
      action(this.#member);
    } catch (error) {
      this.#crash(error);
    }
    this.#letKnow();
  }

  /** A protocol that throws is a process that dies, as on a real machine; what is wrong with the harness goes on up. */
  #crash(error: unknown): void {
    const ours = this.#listenerFailure !== undefined && this.#listenerFailure.error === error;
    if (ours || error instanceof InvariantError) throw error;
    this.end(false, excerpt(error instanceof Error ? `${error.name}: ${error.message}` : String(error)));
  }

  /** So that a history that cannot be written is not taken for a protocol that throws. */
  #tell(report: () => void): void {
    try {
      report();
    } catch (error) {
      this.#listenerFailure = { error };
      throw error;
    }
  }

  /** The process is gone, after a last word where it was told to stop. */
  end(expected: boolean, reason: string): void {
    if (this.#boot === undefined) return;
    const now = this.#world.now();
    if (this.#member !== undefined) {
      this.tick();
      for (const line of this.counts.links.lines(now, this.name, this.#life)) this.#world.events.links(line);
    }
    this.#member = undefined;
    this.#boot = undefined;
    this.#forget();
    this.#world.events.down(this.name, this.#life, now, expected, reason);
  }

  /** Whatever the last process had still to do, or to let known, has gone with it. */
  #forget(): void {
    this.#waiting = undefined;
    this.#paused = false;
    this.#throttle = undefined;
    this.#disk.forget();
  }

  #ports(boot: object): MemberPorts {
    const world = this.#world;
    const disk = this.#disk;
    const seed = world.plan.seed;
    const names = this.#channels.map((channel) => channel.name);
    const { name } = this;
    const life = this.#life;
    return {
      send: (to, channel, message) => {
        this.#spend(SEND_COST_NS);
        if (disk.isFull) disk.depart(() => world.send(this, to, channel, message));
        else world.send(this, to, channel, message);
      },
      stream: (to, channel, message) => {
        this.#spend(SEND_COST_NS);
        if (disk.isFull) disk.depart(() => world.stream(this, to, channel, message));
        else world.stream(this, to, channel, message);
      },
      setTimer: (delayMs, channel, timer) =>
        world.setTimer(this, boot, this.#clock.realDelayNs(delayMs), channel, timer),
      persist: (channel, record) => disk.persist(names[channel] as string, record),
      reply: (operation, outcome) =>
        disk.effect(() => this.#tell(() => world.events.reply(name, operation, outcome, world.now()))),
      observe: (channel, observation) =>
        disk.effect(() =>
          this.#tell(() => world.events.observe(name, life, names[channel] as string, observation, world.now())),
        ),
      reach: (channel, condition) => world.reach(this, channel, condition),
      wallMs: () => {
        const now = world.now();
        return Math.floor(WALL_START_MS + now / MS + this.#clock.wallErrorMs(now));
      },
      monotonicMs: () => this.#clock.monotonicMs(world.now()),
      random: (label) => split(seed, 'member', name, life, this.#bootOfLife, label),
    };
  }

  // --- faults -------------------------------------------------------------------------------------------------------

  setFaults(active: readonly PlannedFault[]): void {
    // Clocks are read at the end of each epoch, however short it was.
    this.tick();
    this.#clock.setFaults(active, this.#world.now());
    this.#setBehaviours(active);
    this.#limit(active);
  }

  /** What it has of a processor, and of a disk. */
  #limit(active: readonly PlannedFault[]): void {
    this.#disk.setFull(isDiskFull(active, this.name));
    if (!this.#disk.isFull) this.#letKnow();
    const share = cpuShareOf(active, this.name);
    if (share !== undefined) {
      if (this.#budget?.share !== share) this.#budget = new CpuBudget(share, this.#world.now());
      return;
    }
    this.#budget = undefined;
    this.#throttle = undefined;
    this.#goOn();
  }

  /** To be called at the end of each step. A process that is stopped lets nothing know, though there be room by now. */
  #letKnow(): void {
    if (this.#isHeld()) return;
    const due = this.#disk.takeDue();
    const boot = this.#boot;
    for (const action of due) if (this.#boot === boot) action();
  }

  #setBehaviours(active: readonly PlannedFault[]): void {
    for (const channel of this.#channels) {
      const lie = active.find(
        (fault) => fault.type === 'byzantine' && fault.channel === channel.name && fault.targets.includes(this.name),
      );
      const behaviour = lie?.type === 'byzantine' ? lie.behaviour : undefined;
      this.#step((member) => member.setBehaviour(channel.name, behaviour));
    }
  }

  pause(): void {
    if (this.#member === undefined || this.#paused) return;
    this.#paused = true;
    this.#pausedAt = this.#world.now();
    this.#hold();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.counts.stalled(this.#world.now() - this.#pausedAt);
    this.#goOn();
  }

  #hold(): void {
    if (this.#waiting !== undefined) return;
    this.#waiting = [];
    this.#waitingPackets = 0;
  }

  /** Does what has waited, unless something still holds the process, and as far as it then gets. */
  #goOn(): void {
    const waiting = this.#waiting;
    if (waiting === undefined || this.#paused || this.#throttle !== undefined) return;
    this.#waiting = undefined;
    const boot = this.#boot;
    this.#letKnow();
    for (const [index, { action }] of waiting.entries()) {
      if (this.#boot !== boot) return;
      action(this);
      // Its quota is used up again; what came in the meantime stands behind.
      if (this.#isHeld() && this.#boot === boot) {
        this.#waiting = [...waiting.slice(index + 1), ...(this.#waiting ?? [])];
        this.#waitingPackets = this.#waiting.filter(({ isPacket }) => isPacket).length;
        return;
      }
    }
  }

  #isHeld(): boolean {
    return this.#waiting !== undefined;
  }

  #spend(costNs: number): void {
    this.counts.used(costNs);
    this.#budget?.spend(costNs, this.#world.now());
  }

  /** To be called after what the process did: a quota that is used up stops it until there is more. */
  #throttleIfSpent(): void {
    if (this.#budget === undefined || this.#member === undefined || this.#throttle !== undefined) return;
    const now = this.#world.now();
    const freeAt = this.#budget.freeAtNs(now);
    if (freeAt <= now) return;
    this.counts.throttled(periodsIn(freeAt - now));
    this.counts.stalled(freeAt - now);
    const throttle = {};
    this.#throttle = throttle;
    this.#hold();
    this.#world.at(freeAt, () => {
      if (this.#throttle !== throttle) return;
      this.#throttle = undefined;
      this.#goOn();
    });
  }

  // --- steps --------------------------------------------------------------------------------------------------------

  /** Does it now, on resume when paused, and never when down. */
  run(action: (host: SimMember) => void): void {
    if (this.#member === undefined) return;
    if (this.#waiting === undefined) action(this);
    else this.#waiting.push({ isPacket: false, action });
  }

  /** As `run`, for a packet: only so many wait in a stopped process' socket buffer. */
  runPacket(packet: SimPacket, deliver: (host: SimMember, packet: SimPacket) => void): void {
    if (this.#waiting === undefined) deliver(this, packet);
    else if (packet.stream) this.#waiting.push({ isPacket: false, action: (host) => deliver(host, packet) });
    else if (this.#waitingPackets++ < SOCKET_BUFFER_DATAGRAMS) {
      this.#waiting.push({ isPacket: true, action: (host) => deliver(host, packet) });
    }
  }

  fire(boot: object, channel: number, timer: Data): void {
    if (this.#boot !== boot || this.#member === undefined) return;
    if (this.#waiting === undefined) this.#work((member) => member.timer(channel, timer));
    else this.#waiting.push({ isPacket: false, action: (host) => host.fire(boot, channel, timer) });
  }

  receive(channel: number, from: string, fromLife: number, message: unknown, bytes: number): void {
    this.#work((member) => {
      this.counts.received(channel, message, bytes);
      member.receive(channel, from, fromLife, message);
    });
  }

  operate(channel: string, operation: number, f: string, value: Data): void {
    this.#work((member) => member.operate(channel, operation, f, value));
  }

  leave(): void {
    this.#work((member) => member.leave());
  }

  /** A step that costs processor time. */
  #work(action: (member: Member) => void): void {
    this.#spend(STEP_COST_NS);
    this.#step(action);
    this.#throttleIfSpent();
  }

  /** undefined: refused, or the member died of it. */
  decode(channel: number, raw: unknown): unknown {
    let message: unknown;
    this.#step((member) => {
      message = member.decode(channel, raw);
    });
    return message;
  }

  poll(round: number, full: boolean): void {
    this.#channels.forEach((channel, index) => {
      let view: Data | undefined;
      this.#step((member) => {
        view = member.view(index);
      });
      if (view === undefined) return;
      const answer = full ? view : undefined;
      const digest = digestOf(view);
      this.#disk.effect(() =>
        this.#world.events.view(this.name, this.#life, round, channel.name, digest, answer, this.#world.now()),
      );
      this.#letKnow();
    });
  }

  // --- counting -----------------------------------------------------------------------------------------------------

  channelName(channel: number): string {
    return (this.#channels[channel] as MemberChannel).name;
  }

  protocolName(channel: number): string {
    return (this.#channels[channel] as MemberChannel).protocol.name;
  }

  /** A message's kind, without the channel's name. */
  kindOf(channel: number, message: unknown): string {
    return (this.#channels[channel] as MemberChannel).protocol.kindOf(message);
  }

  /** What a frame of this member's on the channel takes beyond its message. */
  overheadBytes(channel: number): number {
    return this.#overheads[channel] as number;
  }

  /** Writes what was counted since the last time; a paused process writes nothing. */
  tick(): void {
    const now = this.#world.now();
    if (this.#member === undefined || this.#paused || now === this.counts.since) return;
    this.#world.events.traffic(this.counts.line(now, this.name, this.#life, this.#clock));
  }

  /** To be called at every look at a clock that is watched. */
  lookAtWall(): void {
    if (this.#member === undefined || this.#paused) return;
    this.counts.lookedAtWall(this.#clock.wallErrorMs(this.#world.now()));
  }
}
