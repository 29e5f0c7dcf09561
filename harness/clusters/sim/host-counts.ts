/** What the host of one simulated member counts: traffic, links, and what is measured of its clock, processor and disk. */
import type { MemberChannel } from '../../../impl/member/member.ts';
import type { MemberClock } from '../../link/clock.ts';
import { LinkMeter, TrafficMeter } from '../../link/meters.ts';
import { WallWatch } from '../../link/wall-watch.ts';
import type { CpuReading, DiskReading, TrafficLine, WallReading } from '../../model/history.ts';
import type { Watches } from '../../model/watches.ts';

const MS = 1e6;

export class HostCounts {
  /** Of the boot that runs, or the last one. */
  links = new LinkMeter();
  #traffic = new TrafficMeter();
  readonly #channels: readonly MemberChannel[];
  /** `channel.kind` by kind, for each channel. */
  readonly #names: readonly Map<string, string>[];
  readonly #watches: Watches | undefined;
  #wall: WallWatch | undefined;
  #usedNs = 0;
  #throttled = 0;
  #storedBytes = 0;
  #refused = 0;
  #stalledNs = 0;
  #since = 0;
  #monotonicSinceMs = 0;

  constructor(channels: readonly MemberChannel[], watches: Watches | undefined) {
    this.#channels = channels;
    this.#names = channels.map(() => new Map());
    this.#watches = watches;
  }

  /** A boot begins: what an earlier one counted has gone with it. */
  begin(now: number, clock: MemberClock): void {
    this.#traffic = new TrafficMeter();
    this.links = new LinkMeter();
    this.#wall = this.#watches?.wall && new WallWatch(this.#watches.wall.leapMs);
    this.#clearReadings();
    this.#stalledNs = 0;
    this.#since = now;
    this.#monotonicSinceMs = clock.monotonicMs(now);
  }

  /** Start of the interval that is counted, ns. */
  get since(): number {
    return this.#since;
  }

  sent(channel: number, message: unknown, bytes: number): void {
    this.#traffic.sent(this.#name(channel, message), bytes);
  }

  received(channel: number, message: unknown, bytes: number): void {
    this.#traffic.received(this.#name(channel, message), bytes);
  }

  dropped(reason: string): void {
    this.#traffic.dropped(reason);
  }

  /** Joined once for each kind. */
  #name(channel: number, message: unknown): string {
    const names = this.#names[channel] as Map<string, string>;
    const { name: channelName, protocol } = this.#channels[channel] as MemberChannel;
    const kind = protocol.kindOf(message);
    let name = names.get(kind);
    if (name === undefined) {
      name = `${channelName}.${kind}`;
      names.set(kind, name);
    }
    return name;
  }

  /** Processor time, ns. */
  used(costNs: number): void {
    this.#usedNs += costNs;
  }

  /** Periods in which its quota of processor time held it up. */
  throttled(periods: number): void {
    this.#throttled += periods;
  }

  /** It did not run for so long although it wanted to, ns. */
  stalled(lengthNs: number): void {
    this.#stalledNs = Math.max(this.#stalledNs, lengthNs);
  }

  stored(bytes: number): void {
    this.#storedBytes += bytes;
  }

  /** A record for which there was no room. */
  refused(): void {
    this.#refused++;
  }

  /** `aheadMs`: by how much its wall clock is ahead of a true one. */
  lookedAtWall(aheadMs: number): void {
    this.#wall?.look(aheadMs);
  }

  /** What was counted since the last line. */
  line(now: number, member: string, life: number, clock: MemberClock): TrafficLine {
    const monotonicMs = clock.monotonicMs(now);
    const line: TrafficLine = {
      type: 'traffic',
      time: now,
      member,
      life,
      since: this.#since,
      ...this.#traffic.take(),
      wallAheadMs: clock.wallErrorMs(now),
      monotonicMs: monotonicMs - this.#monotonicSinceMs,
      stalledMs: this.#stalledNs / MS,
      ...this.#readings(),
    };
    this.#since = now;
    this.#monotonicSinceMs = monotonicMs;
    this.#stalledNs = 0;
    return line;
  }

  #readings(): { wall?: WallReading; cpu?: CpuReading; disk?: DiskReading } {
    if (this.#watches === undefined) return {};
    const wall = this.#wall?.take();
    const cpu = { usedMs: this.#usedNs / MS, throttled: this.#throttled };
    const disk = { storedBytes: this.#storedBytes, refused: this.#refused, freeBytes: null };
    this.#clearReadings();
    return {
      ...(wall && { wall }),
      ...(this.#watches.cpu && { cpu }),
      ...(this.#watches.disk && { disk }),
    };
  }

  #clearReadings(): void {
    this.#usedNs = 0;
    this.#throttled = 0;
    this.#storedBytes = 0;
    this.#refused = 0;
  }
}
