/**
 * One member: several protocols on channels of their own, behind one set of ports. Pure: a cluster owns the clock, the
 * network and the disk, and hands them in as `MemberPorts`. Membership, where a channel of that role runs, feeds the
 * peers of the channels that draw theirs from it; the others draw from the plan's roster.
 */
import type {
  AnyProtocol,
  Context,
  Data,
  Liar,
  Observation,
  Outcome,
  ProtocolEvent,
  Random,
  Signer,
  Told,
} from '../protocol.ts';
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
  /** One of the channel's `sometimes` conditions was met; absent where nobody counts. */
  reach?(channel: number, condition: string): void;
  wallMs(): number;
  monotonicMs(): number;
  /** Split by name under (seed, member, life, boot). */
  random(name: string): Random;
}

export interface MemberIdentity {
  readonly name: string;
  readonly life: number;
  readonly roster: readonly string[];
  /** The member's own key and everybody's public one, where the plan has a key directory. */
  readonly signer?: Signer | undefined;
  /** The only ones that channels which draw peers at random may draw; absent: everybody. */
  readonly neighbours?: readonly string[] | undefined;
}

/** Marks a timer as a liar's, in a shape that no protocol uses. */
const LIAR_TIMER = '#liar';

/** Records of a life, by channel name, in the order in which they were persisted. */
export type Records = ReadonlyMap<string, readonly Data[]>;

interface Slot {
  readonly channel: MemberChannel;
  readonly context: Context<unknown>;
  readonly peers: PeerSet;
  /** Whom its peers are drawn from at most; undefined: from the whole roster. */
  readonly neighbours: ReadonlySet<string> | undefined;
  state: unknown;
  /** Stands between the protocol and the links; undefined while the member is honest. */
  liar: Liar<unknown> | undefined;
  behaviour: string | undefined;
  /** Counts behaviours, so that the timers of a former one are known. */
  generation: number;
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
      signer: identity.signer,
      send: (to, message) => this.#send(index, to, message),
      stream: (to, message) => this.#stream(index, to, message),
      setTimer: (delayMs, timer) => ports.setTimer(delayMs, index, timer),
      persist: (record) => ports.persist(index, record),
      reply: (operation, outcome) => ports.reply(operation, outcome),
      emit: (observation) => ports.observe(index, observation),
      announce: (member, life, up) => {
        this.#announced.push({ from: index, member, life, up });
      },
      reach: (condition) => ports.reach?.(index, condition),
    };
    const honest = { liar: undefined, behaviour: undefined, generation: 0 };
    return { channel, context, peers, neighbours, state: undefined, ...honest };
  }

  #send(index: number, to: string, message: unknown): void {
    const liar = this.#slots[index]?.liar;
    if (liar === undefined) this.#ports.send(to, index, message);
    else this.#tell(index, liar.tell(to, message, false));
  }

  #stream(index: number, to: string, message: unknown): void {
    const liar = this.#slots[index]?.liar;
    if (liar === undefined) this.#ports.stream(to, index, message);
    else this.#tell(index, liar.tell(to, message, true));
  }

  #tell(index: number, told: readonly Told<unknown>[]): void {
    for (const { to, message, stream } of told) {
      if (stream === true) this.#ports.stream(to, index, message);
      else this.#ports.send(to, index, message);
    }
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
    this.#slots[channel]?.liar?.hear?.(from, fromLife, message);
    this.#step(channel, { type: 'message', from, fromLife, message });
  }

  timer(channel: number, timer: Data): void {
    if (Array.isArray(timer) && timer[0] === LIAR_TIMER) {
      this.#act(channel, timer[1]);
      return;
    }
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

  /** From here the member behaves so on the channel; undefined: honest again. The same behaviour goes on as it was. */
  setBehaviour(channelName: string, behaviour: string | undefined): void {
    const index = this.channelIndex(channelName);
    const slot = this.#slots[index];
    if (slot === undefined || slot.behaviour === behaviour) return;
    slot.behaviour = behaviour;
    slot.generation++;
    const lie = behaviour === undefined ? undefined : slot.channel.protocol.lies?.[behaviour];
    slot.liar = lie?.({
      self: this.#identity.name,
      life: this.#identity.life,
      roster: this.#identity.roster,
      settings: slot.channel.settings,
      random: this.#ports.random(`${channelName}.${behaviour}`),
      signer: this.#identity.signer,
      monotonic: () => this.#ports.monotonicMs(),
    });
    this.#armLiar(index, slot);
  }

  #armLiar(index: number, slot: Slot): void {
    const everyMs = slot.liar?.everyMs;
    if (everyMs !== undefined) this.#ports.setTimer(everyMs, index, [LIAR_TIMER, slot.generation]);
  }

  #act(index: number, generation: unknown): void {
    const slot = this.#slots[index];
    if (slot === undefined || slot.generation !== generation) return;
    this.#tell(index, slot.liar?.act?.() ?? []);
    this.#armLiar(index, slot);
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
