/**
 * How each broadcast and each write reached the members. Every operation is followed where there are few, an even
 * selection by the plan's order where there are many.
 */

import type { Timeline } from '../../harness/model/checker.ts';
import type { ObserveLine } from '../../harness/model/history.ts';
import type { Plan } from '../../harness/model/plan.ts';

export interface Arrival {
  readonly member: string;
  /** ns. */
  readonly time: number;
}

/** One broadcast or write. */
export interface Item {
  readonly operation: number;
  readonly channel: string;
  readonly origin: string;
  /** ns: when the origin accepted it. */
  readonly start: number;
  /** First arrivals, the origin's own included, in order of time. */
  readonly arrivals: readonly Arrival[];
  /** ns until every member that stayed up had it; undefined where some never did. */
  readonly allAfter: number | undefined;
  /** Kinds of the faults that were on between its start and its last arrival, sorted. */
  readonly faults: readonly string[];
}

export interface ChannelCoverage {
  readonly channel: string;
  readonly kind: 'broadcast' | 'write';
  readonly items: readonly Item[];
  /** Items that were seen starting, followed or not. */
  readonly started: number;
}

interface Growing {
  readonly operation: number;
  readonly origin: string;
  readonly start: number;
  readonly arrivals: Map<string, number>;
}

interface Followed {
  kind: 'broadcast' | 'write';
  started: number;
  /** Broadcasts by origin, then by life and sequence in one number. */
  readonly broadcasts: Map<string, Map<number, Growing>>;
  /** Writes that some member may still lack, by key, then version. */
  readonly writes: Map<string, Map<string, Growing>>;
  readonly all: Growing[];
  /** The latest arrivals of what was not followed: lines of different members may stand out of order. */
  readonly early: Early[];
  /** Where the next one goes. */
  earlyAt: number;
}

/** `name` and `instance`: a broadcast's origin and its life and sequence, or a write's key and version. */
interface Early {
  readonly name: string;
  readonly instance: string | number;
  readonly member: string;
  readonly time: number;
}

/** Arrival times kept at most, over all channels. */
const MOST_ARRIVALS = 300_000;
const MOST_ITEMS = 3000;
const MOST_EARLY = 8192;
const MOST_CHANNELS = 16;
const MOST_OPEN_PER_KEY = 200;

export class CoverageFold {
  readonly #channels = new Map<string, Followed>();
  readonly #selected = new Set<number>();
  readonly #members: ReadonlySet<string>;

  constructor(plan: Plan) {
    this.#members = new Set(plan.members.map((member) => member.name));
    const channels = new Map<string, number[]>();
    for (const operation of plan.operations) {
      const ids = channels.get(operation.channel);
      if (ids === undefined) channels.set(operation.channel, [operation.id]);
      else ids.push(operation.id);
    }
    const most = Math.max(40, Math.floor(MOST_ARRIVALS / Math.max(1, channels.size * plan.members.length)));
    const perChannel = Math.min(MOST_ITEMS, most);
    for (const ids of channels.values()) {
      const stride = Math.max(1, ids.length / perChannel);
      for (let at = 0; at < ids.length; at += stride) this.#selected.add(ids[Math.floor(at)] ?? -1);
    }
  }

  line(line: ObserveLine): void {
    if (line.kind !== 'broadcast' && line.kind !== 'deliver' && line.kind !== 'apply') return;
    const followed = this.#channel(line.channel);
    if (followed === undefined || !this.#members.has(line.member)) return;
    if (line.kind === 'broadcast') {
      const instance = instanceOf(line.life, line.sequence);
      const item = this.#start(followed, line.member, instance, line.operation, line.member, line.time);
      if (item !== undefined) inner(followed.broadcasts, line.member).set(instance, item);
    } else if (line.kind === 'deliver') {
      const instance = instanceOf(line.originLife, line.sequence);
      const item = followed.broadcasts.get(line.origin)?.get(instance);
      if (item !== undefined) arrive(item.arrivals, line.member, line.time);
      else remember(followed, { name: line.origin, instance, member: line.member, time: line.time });
    } else this.#apply(followed, line.key, line.version, line.operation, line.member, line.time);
  }

  #channel(name: string): Followed | undefined {
    let followed = this.#channels.get(name);
    if (followed === undefined && this.#channels.size < MOST_CHANNELS) {
      followed = {
        kind: 'broadcast',
        started: 0,
        broadcasts: new Map(),
        writes: new Map(),
        all: [],
        early: [],
        earlyAt: 0,
      };
      this.#channels.set(name, followed);
    }
    return followed;
  }

  #start(
    followed: Followed,
    name: string,
    instance: string | number,
    operation: number,
    origin: string,
    start: number,
  ): Growing | undefined {
    followed.started++;
    if (!this.#selected.has(operation)) return undefined;
    const item: Growing = { operation, origin, start, arrivals: new Map([[origin, start]]) };
    for (const early of followed.early) {
      if (early.instance === instance && early.name === name) arrive(item.arrivals, early.member, early.time);
    }
    followed.all.push(item);
    return item;
  }

  #apply(
    followed: Followed,
    key: string,
    version: string,
    operation: number | undefined,
    member: string,
    time: number,
  ): void {
    followed.kind = 'write';
    const item = operation === undefined ? undefined : this.#start(followed, key, version, operation, member, time);
    if (item !== undefined) {
      const versions = inner(followed.writes, key);
      versions.set(version, item);
      // A key that is written without end while a member is away would make every line cost more.
      const oldest = versions.keys().next();
      if (versions.size > MOST_OPEN_PER_KEY && !oldest.done) versions.delete(oldest.value);
    }
    const versions = followed.writes.get(key);
    if (operation === undefined && versions?.has(version) !== true)
      remember(followed, { name: key, instance: version, member, time });
    // Whoever holds a later version of the key needs the earlier one no more.
    if (versions === undefined) return;
    for (const [older, open] of versions) {
      if (older > version) continue;
      arrive(open.arrivals, member, time);
      if (open.arrivals.size === this.#members.size) versions.delete(older);
    }
  }

  channels(timeline: Timeline): readonly ChannelCoverage[] {
    const until = timeline.finalAt ?? timeline.healedAt ?? timeline.lastTime;
    const out: ChannelCoverage[] = [];
    for (const [channel, followed] of this.#channels) {
      const items = followed.all.map((item) => this.#finish(item, channel, timeline, until));
      items.sort((a, b) => a.start - b.start);
      if (followed.started > 0) out.push({ channel, kind: followed.kind, items, started: followed.started });
    }
    return out;
  }

  #finish(item: Growing, channel: string, timeline: Timeline, until: number): Item {
    const arrivals = [...item.arrivals].map(([member, time]) => ({ member, time })).sort((a, b) => a.time - b.time);
    let last: number | undefined = item.start;
    for (const member of this.#members) {
      if (last === undefined) break;
      if (!timeline.upThroughout(member, item.start, Math.max(item.start, until))) continue;
      const time = item.arrivals.get(member);
      last = time === undefined ? undefined : Math.max(last, time);
    }
    const seen = last ?? until;
    const kinds = new Set<string>();
    for (const fault of timeline.faults) {
      if (fault.from <= seen && fault.until >= item.start) kinds.add(fault.kind);
    }
    const { operation, origin, start } = item;
    const allAfter = last === undefined ? undefined : last - item.start;
    return { operation, channel, origin, start, arrivals, allAfter, faults: [...kinds].sort() };
  }
}

function arrive(arrivals: Map<string, number>, member: string, time: number): void {
  const before = arrivals.get(member);
  if (before === undefined || time < before) arrivals.set(member, time);
}

/** Lives and sequences are small whole numbers: together they fit a number exactly. */
function instanceOf(life: number, sequence: number): number {
  return life * 2 ** 32 + sequence;
}

function inner<K, L, V>(outer: Map<K, Map<L, V>>, key: K): Map<L, V> {
  let map = outer.get(key);
  if (map === undefined) {
    map = new Map();
    outer.set(key, map);
  }
  return map;
}

function remember(followed: Followed, early: Early): void {
  followed.early[followed.earlyAt] = early;
  followed.earlyAt = (followed.earlyAt + 1) % MOST_EARLY;
}
