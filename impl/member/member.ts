/**
 * One member: several protocols on channels of their own, behind one set of ports. Pure: a cluster owns the clock, the
 * network and the disk, and hands them in as `MemberPorts`. Membership, where a channel of that role runs, feeds the
 * peers of the channels that draw theirs from it; the others draw from the plan's roster.
 */
import type { AnyProtocol, Context, Data, Observation, Outcome, ProtocolEvent, Random } from '../protocol.ts';
import { PeerSet } from './peers.ts';

export interface MemberChannel {
  readonly name: string;
  readonly protocol: AnyProtocol;
  readonly settings: unknown;
}

/** What the surroundings do for a member. Channels go by their index in the member's list. */
export interface MemberPorts {
  send(to: string, channel: number, message: unknown): void;
  stream(to: string, channel: number, message: unknown): void;
  setTimer(delayMs: number, channel: number, timer: Data): void;
  persist(channel: number, record: Data): void;
  reply(operation: number, outcome: Outcome): void;
  observe(channel: number, observation: Observation): void;
  wallMs(): number;
  monotonicMs(): number;
  /** Split by name under (seed, member, life, boot). */
  random(name: string): Random;
}

export interface MemberIdentity {
  readonly name: string;
  readonly life: number;
  readonly roster: readonly string[];
  /** The only ones that channels which draw peers at random may draw; absent: everybody. */
  readonly neighbours?: readonly string[] | undefined;
}

/** Records of a life, by channel name, in the order in which they were persisted. */
export type Records = ReadonlyMap<string, readonly Data[]>;

interface Slot {
  readonly channel: MemberChannel;
  readonly context: Context<unknown>;
  readonly peers: PeerSet;
  /** Whom its peers are drawn from at most; undefined: from the whole roster. */
  readonly neighbours: ReadonlySet<string> | undefined;
  state: unknown;
  /** A lying member's rewriting of what leaves; undefined while it is honest. */
  lie: ((to: string, message: unknown) => readonly unknown[]) | undefined;
}

export class Member {
  readonly #identity: MemberIdentity;
  readonly #ports: MemberPorts;
  readonly #slots: Slot[];
  /** Announcements of the step in progress, handed to the other channels at its end. */
  #announced: { from: number; member: string; life: number; up: boolean }[] = [];

  constructor(identity: MemberIdentity, channels: readonly MemberChannel[], ports: MemberPorts) {
    this.#identity = identity;
    this.#ports = ports;
    const membership = channels.some((channel) => channel.protocol.role === 'membership');
    this.#slots = channels.map((channel, index) => this.#createSlot(channel, index, membership));
    for (const slot of this.#slots) slot.state = slot.channel.protocol.init(slot.context);
  }

  #createSlot(channel: MemberChannel, index: number, membership: boolean): Slot {
    const identity = this.#identity;
    const ports = this.#ports;
    const random = ports.random(channel.name);
    const peers = new PeerSet(identity.name, ports.random(`${channel.name}.peers`));
    const draws = drawsPeers(channel.protocol);
    const neighbours = draws && identity.neighbours !== undefined ? new Set(identity.neighbours) : undefined;
    // In a suite nobody is known before membership says so; reliable broadcast always draws from the plan.
    if (!(membership && draws)) for (const name of neighbours ?? identity.roster) peers.add(name);
    const context: Context<unknown> = {
      self: identity.name,
      life: identity.life,
      roster: identity.roster,
      settings: channel.settings,
      random,
      peers,
      now: () => ports.wallMs(),
      monotonic: () => ports.monotonicMs(),
      send: (to, message) => this.#send(index, to, message),
      stream: (to, message) => ports.stream(to, index, message),
      setTimer: (delayMs, timer) => ports.setTimer(delayMs, index, timer),
      persist: (record) => ports.persist(index, record),
      reply: (operation, outcome) => ports.reply(operation, outcome),
      emit: (observation) => ports.observe(index, observation),
      announce: (member, life, up) => {
        this.#announced.push({ from: index, member, life, up });
      },
    };
    return { channel, context, peers, neighbours, state: undefined, lie: undefined };
  }

  #send(index: number, to: string, message: unknown): void {
    const lie = this.#slots[index]?.lie;
    if (lie === undefined) this.#ports.send(to, index, message);
    else for (const told of lie(to, message)) this.#ports.send(to, index, told);
  }

  #step(index: number, event: ProtocolEvent<unknown>): void {
    const slot = this.#slots[index];
    if (slot === undefined) return;
    slot.channel.protocol.handle(slot.state, event, slot.context);
    if (this.#announced.length > 0) this.#spreadAnnouncements();
  }

  #spreadAnnouncements(): void {
    const announced = this.#announced;
    this.#announced = [];
    for (const { from, member, life, up } of announced) {
      this.#slots.forEach((slot, index) => {
        if (index === from) return;
        if (!drawsPeers(slot.channel.protocol)) return;
        // Of whom it may not talk to it need not hear.
        if (slot.neighbours?.has(member) === false) return;
        if (up) slot.peers.add(member);
        else slot.peers.remove(member);
        slot.channel.protocol.handle(slot.state, { type: 'membership', member, life, up }, slot.context);
      });
    }
  }

  /** The first call of each boot. */
  start(restored: Records | undefined, seeds: readonly string[]): void {
    this.#slots.forEach((slot, index) => {
      const records = restored === undefined ? undefined : (restored.get(slot.channel.name) ?? []);
      // Who knows its neighbours only cannot join through others.
      const known = slot.neighbours === undefined ? seeds : [...slot.neighbours].slice(0, seeds.length);
      this.#step(index, { type: 'start', restored: records, seeds: known });
    });
  }

  /** `message` must have passed `decode`. */
  receive(channel: number, from: string, fromLife: number, message: unknown): void {
    this.#step(channel, { type: 'message', from, fromLife, message });
  }

  timer(channel: number, timer: Data): void {
    this.#step(channel, { type: 'timer', timer });
  }

  /** Answers `fail` for a channel this member does not run. */
  operate(channelName: string, operation: number, f: string, value: Data): void {
    const index = this.channelIndex(channelName);
    if (index < 0) this.#ports.reply(operation, { type: 'fail', error: `no channel ${channelName}` });
    else this.#step(index, { type: 'operation', id: operation, f, value });
  }

  leave(): void {
    for (let index = 0; index < this.#slots.length; index++) this.#step(index, { type: 'leave' });
  }

  /** From here the channel's messages leave as the behaviour has it; undefined: honest again. */
  setBehaviour(channelName: string, behaviour: string | undefined): void {
    const slot = this.#slots[this.channelIndex(channelName)];
    if (slot === undefined) return;
    const lie = behaviour === undefined ? undefined : slot.channel.protocol.lies?.[behaviour];
    slot.lie = lie?.({
      self: this.#identity.name,
      roster: this.#identity.roster,
      random: this.#ports.random(`${channelName}.${behaviour}`),
    });
  }

  view(channel: number): Data {
    const slot = this.#slots[channel];
    return slot === undefined ? null : slot.channel.protocol.view(slot.state);
  }

  decode(channel: number, raw: unknown): unknown {
    return this.#slots[channel]?.channel.protocol.decode(raw);
  }

  kindOf(channel: number, message: unknown): string {
    const slot = this.#slots[channel];
    return slot === undefined ? '?' : slot.channel.protocol.kindOf(message);
  }

  get channels(): readonly MemberChannel[] {
    return this.#slots.map((slot) => slot.channel);
  }

  /** -1 where there is none of that name. */
  channelIndex(name: string): number {
    return this.#slots.findIndex((slot) => slot.channel.name === name);
  }
}

/** Whether a protocol draws its peers at random: from membership in a suite, from its neighbours on an overlay. */
function drawsPeers({ role }: AnyProtocol): boolean {
  return role === 'dissemination' || role === 'map' || role === 'aggregation';
}
