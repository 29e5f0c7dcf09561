/**
 * The simulator: every member a state machine in this thread, virtual time, one synchronous loop. The same plan gives
 * the same history, byte for byte, whatever the machine and whatever runs beside it.
 */
import type { AnyProtocol, Data, Signer } from '../../../impl/protocol.ts';
import { decodeFrame, encodeFrame, MAX_DATAGRAM_BYTES } from '../../../impl/wire/frame.ts';
import { BaseLatency } from '../../link/base-latency.ts';
import { LinkShaper } from '../../link/shaper.ts';
import type { Cluster, ClusterEvents, ClusterOptions } from '../../model/cluster.ts';
import { InvariantError, invariant } from '../../model/errors.ts';
import type { PlannedFault } from '../../model/fault.ts';
import {
  createSigner,
  directoryOf,
  type KeyDirectory,
  needsKeys,
  privateKeyOf,
  type SignatureCounts,
} from '../../model/keys.ts';
import type { Plan } from '../../model/plan.ts';
import { drawAt, hash32 } from '../../model/rng.ts';
import { EventQueue } from './event-queue.ts';
import { MessageSizes } from './message-sizes.ts';
import { SimMember, type SimPacket, type SimWorld } from './sim-member.ts';

const MS = 1e6;
/** From `start` to the first step of the protocols. */
const BOOT_NS = 5 * MS;
const TRAFFIC_NS = 1000 * MS;
/** Tries of a reliable transfer before it is given up, and the wait before the second; it doubles. */
const STREAM_TRIES = 6;
const STREAM_RETRY_NS = 200 * MS;

/** What waits in the queue: a packet on its way, a member's timer, or a callback. */
type SimEvent = SimPacket | SimTimer | (() => void);

interface SimTimer {
  readonly kind: 'timer';
  readonly host: SimMember;
  readonly boot: object;
  readonly channel: number;
  readonly timer: Data;
}

export interface SimOptions {
  /** Every message passes through the codec, as on a wire. Slower; must not change a history. */
  readonly codec?: boolean;
  /** Sees every message on its way; changes nothing. */
  readonly tap?: MessageTap;
  /** Hears of each `sometimes` condition that a protocol says it has met. */
  readonly onReach?: (protocol: string, condition: string) => void;
  /** Counts signatures, and has each member check them for itself as it would on a machine of its own. Slower. */
  readonly signatures?: SignatureCounts;
}

/** A message that a member has sent. `index` counts the run's messages from 0; times in ns. */
export interface TappedMessage {
  readonly index: number;
  readonly from: string;
  readonly to: string;
  readonly channel: string;
  /** As the protocol's `kindOf` has it. */
  readonly kind: string;
  readonly stream: boolean;
  readonly time: number;
}

/** Where messages go: each is sent once, and then delivered never, once, or where it was duplicated several times. */
export interface MessageTap {
  sent(message: TappedMessage): void;
  delivered(index: number, time: number): void;
}

export function createOpenSim(protocols: ReadonlyMap<string, AnyProtocol>, options: SimOptions = {}) {
  return (clusterOptions: ClusterOptions): SimCluster => new SimCluster(protocols, clusterOptions, options);
}

export class SimCluster implements Cluster, SimWorld {
  readonly kind = 'sim';
  readonly plan: Plan;
  readonly events: ClusterEvents;
  readonly shaper: LinkShaper;
  readonly #queue = new EventQueue<SimEvent>();
  readonly #hosts = new Map<string, SimMember>();
  readonly #codec: boolean;
  readonly #tap: MessageTap | undefined;
  /** Only with a tap: what each packet is called there. */
  readonly #tapped = new WeakMap<SimPacket, number>();
  #tappedCount = 0;
  readonly #onReach: SimOptions['onReach'];
  readonly #directory: KeyDirectory;
  readonly #signatures: SignatureCounts | undefined;
  /** All members share it: a signature is checked once in a run, unless its cost is what is asked for. */
  readonly #known: Map<string, boolean> | undefined;
  readonly #clusterId: number;
  readonly #latencyNs: number;
  readonly #jitterNs: number;
  readonly #base: BaseLatency;
  #now = 0;
  #epoch = 0;
  #active: readonly PlannedFault[] = [];
  #finished = false;
  readonly #sizes = new MessageSizes();

  constructor(protocols: ReadonlyMap<string, AnyProtocol>, { plan, events }: ClusterOptions, options: SimOptions) {
    this.plan = plan;
    this.events = events;
    this.shaper = new LinkShaper(plan.seed);
    this.#codec = options.codec === true;
    this.#tap = options.tap;
    this.#onReach = options.onReach;
    this.#directory = directoryOf(plan.members);
    this.#signatures = options.signatures;
    this.#known = options.signatures === undefined ? new Map() : undefined;
    this.#clusterId = hash32(plan.seed, 'cluster');
    this.#latencyNs = Math.round(plan.network.latencyMs * MS);
    this.#jitterNs = Math.round(plan.network.jitterMs * MS);
    this.#base = new BaseLatency(plan.seed, plan.network.links);
    const channels = plan.channels.map((channel) => {
      const protocol = protocols.get(channel.protocol);
      invariant(protocol !== undefined, `unknown protocol ${channel.protocol}`);
      return { name: channel.name, protocol, settings: channel.settings };
    });
    const roster = plan.members.map((member) => member.name);
    for (const name of roster) this.#hosts.set(name, new SimMember(this, name, roster, channels));
    this.at(TRAFFIC_NS, () => this.#tick());
    for (const host of this.#hosts.values()) if (host.watches?.wall !== undefined) this.#watchWall(host, 0);
  }

  // --- the cluster contract -----------------------------------------------------------------------------------------

  now(): number {
    return this.#now;
  }

  at(time: number, callback: () => void): void {
    this.#queue.push(Math.max(time, this.#now), callback);
  }

  start(member: string, life: number, boot: number, restore: boolean): void {
    const host = this.#host(member);
    const token = host.prepare(life, boot, restore);
    this.at(this.#now + BOOT_NS, () => host.begin(token, this.#active));
  }

  kill(member: string): void {
    this.#host(member).end(true, 'killed');
  }

  stop(member: string): void {
    this.#host(member).end(true, 'stopped');
  }

  leave(member: string): void {
    this.#host(member).run((host) => host.leave());
  }

  pause(member: string): void {
    this.#host(member).pause();
  }

  resume(member: string): void {
    this.#host(member).resume();
  }

  setFaults(epoch: number, active: readonly PlannedFault[]): void {
    this.#epoch = epoch;
    this.#active = active;
    this.shaper.setFaults(active);
    for (const host of this.#hosts.values()) host.setFaults(active);
  }

  invoke(member: string, operation: number, channel: string, f: string, value: Data): void {
    this.#host(member).run((host) => host.operate(channel, operation, f, value));
  }

  poll(member: string, round: number, full: boolean): void {
    this.#host(member).run((host) => host.poll(round, full));
  }

  run(): void {
    this.runSome(Number.POSITIVE_INFINITY);
  }

  /** The next so many events, as far as there are any before it is finished; whether it is. */
  runSome(events: number): boolean {
    const queue = this.#queue;
    for (let done = 0; done < events && !this.#finished; done++) {
      const time = queue.nextTime;
      const event = queue.pop();
      if (event === undefined) throw new InvariantError('the simulation ran out of events before it was finished');
      this.#now = time;
      if (typeof event === 'function') event();
      else if (event.kind === 'timer') event.host.fire(event.boot, event.channel, event.timer);
      else this.#arrive(event);
    }
    return this.#finished;
  }

  finish(): void {
    this.#finished = true;
  }

  // --- what members ask of the world --------------------------------------------------------------------------------

  setTimer(host: SimMember, boot: object, delayNs: number, channel: number, timer: Data): void {
    this.#queue.push(this.#now + delayNs, { kind: 'timer', host, boot, channel, timer });
  }

  reach(host: SimMember, channel: number, condition: string): void {
    this.#onReach?.(host.protocolName(channel), condition);
  }

  signerOf(member: string): Signer | undefined {
    if (!needsKeys(this.plan)) return undefined;
    const counts = this.#signatures;
    return createSigner(privateKeyOf(this.plan.seed, member), this.#directory, counts, this.#known);
  }

  send(host: SimMember, to: string, channel: number, message: unknown): void {
    const target = this.#hosts.get(to);
    if (target === undefined || target === host) return;
    const bytes = host.overheadBytes(channel) + this.#sizes.of(message, this.#now);
    if (bytes > MAX_DATAGRAM_BYTES) {
      host.counts.dropped('oversized');
      return;
    }
    host.counts.sent(channel, message, bytes);
    const sequence = host.nextSequence(to);
    const wire = this.#codec ? this.#encode(host, target, channel, sequence, message) : undefined;
    const packet = this.#packet(host, target, channel, message, { wire, bytes, sequence, stream: false });
    host.counts.links.sent(this.#epoch, to, bytes);
    const leaveAt = this.shaper.heldUntilNs(host.name, this.#now);
    if (leaveAt > this.#now) this.at(leaveAt, () => this.#transmit(packet));
    else this.#transmit(packet);
  }

  #transmit(packet: SimPacket): void {
    const { from, to } = packet;
    const fate = this.shaper.fate(from.name, to.name, packet.bytes, this.#now);
    if (fate.corrupt) packet.corrupt = true;
    if (fate.delaysNs.length === 0) return;
    const latency = this.#latency(from, to, packet.sequence);
    for (const delay of fate.delaysNs) this.#queue.push(this.#now + latency + delay, packet);
  }

  stream(host: SimMember, to: string, channel: number, message: unknown): void {
    const target = this.#hosts.get(to);
    if (target === undefined || target === host) return;
    const bytes = host.overheadBytes(channel) + this.#sizes.of(message, this.#now);
    host.counts.sent(channel, message, bytes);
    const wire = this.#codec ? JSON.stringify(message) : undefined;
    const sequence = host.nextStream();
    this.#tryStream(this.#packet(host, target, channel, message, { wire, bytes, sequence, stream: true }), 1);
  }

  #packet(
    from: SimMember,
    to: SimMember,
    channel: number,
    message: unknown,
    form: Pick<SimPacket, 'wire' | 'bytes' | 'sequence' | 'stream'>,
  ): SimPacket {
    const packet: SimPacket = {
      kind: 'packet',
      from,
      fromBoot: from.boot,
      fromLife: from.life,
      to,
      channel,
      message,
      wire: form.wire,
      bytes: form.bytes,
      epoch: this.#epoch,
      sequence: form.sequence,
      sentAt: this.#now,
      corrupt: false,
      stream: form.stream,
    };
    if (this.#tap !== undefined) this.#tapSent(packet, this.#tap);
    return packet;
  }

  #tapSent(packet: SimPacket, tap: MessageTap): void {
    const index = this.#tappedCount++;
    this.#tapped.set(packet, index);
    const { from, to, stream } = packet;
    const kind = from.kindOf(packet.channel, packet.message);
    const channel = from.channelName(packet.channel);
    tap.sent({ index, from: from.name, to: to.name, channel, kind, stream, time: this.#now });
  }

  /** A connection is made, retried while packets get lost, and fails at once where the link is cut. */
  #tryStream(packet: SimPacket, attempt: number): void {
    const { from, to, bytes } = packet;
    if (this.shaper.cut(from.name, to.name) || this.shaper.cut(to.name, from.name)) return;
    const fate = this.shaper.fate(from.name, to.name, bytes, this.#now);
    const delay = fate.corrupt ? undefined : fate.delaysNs[0];
    if (delay !== undefined) {
      // Two one-way trips to connect, one for the data.
      const latency = 3 * this.#latency(from, to, packet.sequence);
      this.#queue.push(this.#now + latency + delay, packet);
    } else if (attempt < STREAM_TRIES) {
      this.at(this.#now + STREAM_RETRY_NS * 2 ** (attempt - 1), () => {
        if (from.boot === packet.fromBoot) this.#tryStream(packet, attempt + 1);
      });
    }
  }

  #arrive(packet: SimPacket): void {
    const { from, to } = packet;
    if (packet.stream && (this.shaper.cut(from.name, to.name) || this.shaper.cut(to.name, from.name))) return;
    if (!to.isUp) return;
    const readAt = this.shaper.heldUntilNs(to.name, this.#now);
    if (readAt > this.#now) this.at(readAt, () => to.run((host) => this.#deliver(host, packet)));
    else to.runPacket(packet, this.#deliver);
  }

  readonly #deliver = (host: SimMember, packet: SimPacket): void => {
    const { from, channel } = packet;
    if (packet.corrupt) {
      host.counts.dropped('corrupted');
      host.counts.links.corrupted(packet.epoch, from.name);
      return;
    }
    if (!packet.stream) {
      const delayMs = (this.#now - packet.sentAt) / MS;
      const { epoch, sequence, bytes } = packet;
      host.counts.links.received(epoch, from.name, from.bootNumber(packet.fromBoot), sequence, bytes, delayMs);
    }
    const message = packet.wire === undefined ? packet.message : this.#decode(host, packet, packet.wire);
    if (message === undefined) return;
    const index = this.#tap === undefined ? undefined : this.#tapped.get(packet);
    if (index !== undefined) this.#tap?.delivered(index, this.#now);
    host.receive(channel, from.name, packet.fromLife, message, packet.bytes);
  };

  /** At the time of sending: what a sender changes afterwards must not reach anybody. */
  #encode(host: SimMember, to: SimMember, channel: number, sequence: number, message: unknown): Uint8Array {
    const frame = {
      cluster: this.#clusterId,
      from: host.name,
      life: host.life,
      channel: host.channelName(channel),
      epoch: this.#epoch,
      sequence,
      sentAtNs: this.#now,
      message,
    };
    return encodeFrame(frame, to.name);
  }

  #decode(host: SimMember, packet: SimPacket, wire: Uint8Array | string): unknown {
    let raw: unknown;
    if (typeof wire === 'string') raw = JSON.parse(wire);
    else {
      const decoded = decodeFrame(wire, this.#clusterId, () => undefined);
      if ('dropped' in decoded) throw new InvariantError(`the codec refused what it had encoded: ${decoded.dropped}`);
      raw = decoded.frame.message;
    }
    const message = host.decode(packet.channel, raw);
    if (message === undefined && host.isUp) {
      const name = host.channelName(packet.channel);
      throw new InvariantError(`${name} refused a message of its own: ${JSON.stringify(raw)}`);
    }
    return message;
  }

  #latency(from: SimMember, to: SimMember, sequence: number): number {
    const baseNs = this.#base.drawNs(from.name, to.name, sequence);
    if (this.#jitterNs === 0) return this.#latencyNs + baseNs;
    return this.#latencyNs + baseNs + Math.floor(drawAt(from.latencyPlace(to), sequence) * this.#jitterNs);
  }

  #tick(): void {
    for (const host of this.#hosts.values()) host.tick();
    this.at(this.#now + TRAFFIC_NS, () => this.#tick());
  }

  #watchWall(host: SimMember, atNs: number): void {
    const everyNs = (host.watches?.wall?.everyMs ?? 0) * MS;
    this.at(atNs + everyNs, () => {
      host.lookAtWall();
      this.#watchWall(host, atNs + everyNs);
    });
  }

  #host(name: string): SimMember {
    const host = this.#hosts.get(name);
    invariant(host !== undefined, `unknown member ${name}`);
    return host;
  }
}
