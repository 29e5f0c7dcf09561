/**
 * Folds member, fault and phase lines into what every checker asks: who was up, which faults were on, which pairs could
 * talk. Queries speak of the history so far; a checker that needs the whole of it asks in `end()`.
 */
import type { FaultWindow, Stay, Timeline } from '../../harness/model/checker.ts';
import { isolatedBy, outsidersOf } from '../../harness/model/core.ts';
import { isLinkFault, type LinkBlock, linksOf, type PlannedFault } from '../../harness/model/fault.ts';
import type { FaultLine, HistoryLine, MemberLine, TrafficLine } from '../../harness/model/history.ts';
import { MachineLateness } from '../../harness/model/machine-lateness.ts';
import type { PlanOutline } from '../../harness/model/plan.ts';
import { aftermathMs } from './quiet.ts';

export interface TimelineOptions {
  /**
   * Real clusters turn a fault on and off by messages, so its edges are not exact: a fault counts as touching a pair
   * this much earlier and later than its lines say. Default 0, which is exact for `sim`.
   */
  readonly slackMs?: number;
}

export type MutableTimeline = Timeline & { line(line: HistoryLine): void };

type Intervals = readonly (readonly [from: number, until: number])[];

/** A planned fault with its members by index, so that asking for a pair costs nothing in the number of names. */
interface IndexedFault {
  /** Directed blocks; `all` where every link is touched; undefined where it is no link fault. */
  readonly links: 'all' | readonly { from: Uint8Array; to: Uint8Array }[] | undefined;
  /** Members that cannot be expected to answer while it is on; undefined where it names none. */
  readonly targets: ReadonlySet<string> | undefined;
  /** How long after its end it may still show, ns. */
  readonly aftermathNs: number;
  /** Members whom it keeps away from the core for good. */
  readonly isolates: readonly string[];
}

/** Kinds of faults that stop or block a member. Clocks and lies leave it reachable. */
const BLOCKING = new Set<PlannedFault['type']>(['pause', 'slow', 'cpu', 'disk-full', 'kill', 'leave']);

/** A mutable timeline: hand it every line in order. */
export function createTimeline(plan: PlanOutline, options: TimelineOptions = {}): MutableTimeline {
  return new FoldedTimeline(plan, options);
}

/** The stay that `member` was in at `time`, ns; undefined while it was down. */
export function stayAt(timeline: Timeline, member: string, time: number): Stay | undefined {
  const stays = timeline.stays.get(member);
  if (stays === undefined) return undefined;
  for (let i = stays.length - 1; i >= 0; i--) {
    const stay = stays[i];
    if (stay !== undefined && stay.from <= time) return endOf(stay) >= time ? stay : undefined;
  }
  return undefined;
}

/** Members that are up at the end of the history (so far), in plan order, each with the life it is in. */
export function upAtEnd(timeline: Timeline): Map<string, number> {
  const up = new Map<string, number>();
  for (const [member, stays] of timeline.stays) {
    const last = stays.at(-1);
    if (last !== undefined && last.leftAt === undefined && endOf(last) === Number.POSITIVE_INFINITY) {
      up.set(member, last.life);
    }
  }
  return up;
}

/** A stay that only the end of the run ended is no absence. */
function endOf(stay: Stay): number {
  return stay.ending === 'end' ? Number.POSITIVE_INFINITY : stay.until;
}

/** The stay as it would be if the member had crashed at that time. */
function endedAt(stay: Stay, time: number): Stay {
  const pauses = stay.pauses
    .filter(({ from }) => from < time)
    .map(({ from, until }) => ({ from, until: Math.min(until, time) }));
  return { ...stay, until: time, ending: 'crash', pauses };
}

class FoldedTimeline implements MutableTimeline {
  readonly actualStays: Map<string, Stay[]>;
  /** The actual ones, but for those who were cut off. */
  readonly stays: Map<string, Stay[]>;
  readonly faults: FaultWindow[] = [];
  healedAt: number | undefined;
  finalAt: number | undefined;
  end: 'completed' | 'interrupted' | undefined;
  lastTime = 0;
  readonly lateness = new MachineLateness();

  readonly #slack: number;
  readonly #index: ReadonlyMap<string, number>;
  readonly #planned: ReadonlyMap<string, IndexedFault>;
  readonly #open = new Map<string, FaultWindow>();
  /** Members outside the core who do not reach it any more, save through one another. */
  readonly #isolated = new Set<string>();
  readonly #outsiders: number;
  readonly #cutOff = new Set<string>();
  /** Grows with every line that may change an answer; what is cached carries the number it was computed at. */
  #generation = 0;
  #linksAt = -1;
  /** Windows of faults on every link, and the other link faults' windows, as of `#linksAt`. */
  #everywhere: Intervals = [];
  #somewhere: { blocks: readonly { from: Uint8Array; to: Uint8Array }[]; from: number; until: number }[] = [];
  readonly #pairs = new Map<number, Intervals>();
  readonly #absences = new Map<string, { at: number; intervals: Intervals }>();

  constructor(plan: PlanOutline, options: TimelineOptions) {
    this.#slack = (options.slackMs ?? 0) * 1e6;
    this.actualStays = new Map(plan.members.map((member) => [member.name, []]));
    this.stays = new Map(this.actualStays);
    // Lists of their own for those who may be cut off; the stays in them are shared until then.
    const outsiders = outsidersOf(plan);
    this.#outsiders = outsiders.length;
    for (const name of outsiders) this.stays.set(name, []);
    this.#index = new Map(plan.members.map((member, i) => [member.name, i]));
    this.#planned = new Map(
      plan.faults.map((fault) => {
        const aftermathNs = aftermathMs(fault) * 1e6;
        return [fault.id, { ...this.#indexFault(fault), aftermathNs, isolates: isolatedBy(plan, fault) }];
      }),
    );
  }

  #indexFault(fault: PlannedFault): Pick<IndexedFault, 'links' | 'targets'> {
    const mask = (names: readonly string[]): Uint8Array => {
      const bits = new Uint8Array(this.#index.size);
      for (const name of names) {
        const i = this.#index.get(name);
        if (i !== undefined) bits[i] = 1;
      }
      return bits;
    };
    if (isLinkFault(fault)) {
      const links = linksOf(fault);
      const block = ({ from, to }: LinkBlock) => ({ from: mask(from), to: mask(to) });
      return { links: links === 'all' ? 'all' : links.map(block), targets: undefined };
    }
    return { links: undefined, targets: BLOCKING.has(fault.type) ? new Set(fault.targets) : undefined };
  }

  line(line: HistoryLine): void {
    if (line.type === 'environment') return;
    if (line.time > this.lastTime) this.lastTime = line.time;
    switch (line.type) {
      case 'member':
        this.#member(line);
        break;
      case 'fault':
        this.#fault(line);
        break;
      case 'phase':
        if (line.phase === 'heal') this.healedAt ??= line.time;
        else if (line.phase === 'final') this.finalAt ??= line.time;
        break;
      case 'traffic':
        if (line.late !== undefined && !this.#isHeldUp(line)) this.lateness.member(line);
        break;
      case 'lateness':
        this.lateness.controller(line);
        break;
      case 'end':
        this.end = line.outcome;
        for (const stays of this.actualStays.values()) {
          const last = stays.at(-1);
          if (last?.ending !== 'running') continue;
          last.until = line.time;
          last.ending = 'end';
        }
        this.#generation++;
        break;
      default:
    }
  }

  #member(line: MemberLine): void {
    this.#generation++;
    let stays = this.actualStays.get(line.member);
    if (stays === undefined) {
      stays = [];
      this.actualStays.set(line.member, stays);
      this.stays.set(line.member, stays);
    }
    if (line.event === 'up') {
      const stay: Stay = {
        life: line.life,
        boot: line.boot ?? 1,
        from: line.time,
        until: Number.POSITIVE_INFINITY,
        ending: 'running',
        leftAt: undefined,
        pauses: [],
      };
      stays.push(stay);
      const seen = this.stays.get(line.member);
      if (seen !== stays) seen?.push(this.#cutOff.has(line.member) ? endedAt(stay, line.time) : stay);
      return;
    }
    const stay = stays.at(-1);
    if (stay?.ending !== 'running') return;
    const pause = stay.pauses.at(-1);
    if (line.event === 'leave') stay.leftAt ??= line.time;
    else if (line.event === 'pause') {
      if (pause === undefined || pause.until !== Number.POSITIVE_INFINITY) {
        stay.pauses.push({ from: line.time, until: Number.POSITIVE_INFINITY });
      }
    } else if (line.event === 'resume') {
      if (pause !== undefined) pause.until = Math.min(pause.until, line.time);
    } else {
      stay.until = line.time;
      // A member that stops without having been told to leave stops because the run is over.
      stay.ending = line.event === 'crash' ? 'crash' : stay.leftAt === undefined ? 'end' : 'stop';
      if (pause !== undefined) pause.until = Math.min(pause.until, line.time);
    }
  }

  /** Whether a fault kept this member from running in the interval, so that what it was late is the plan's doing. */
  #isHeldUp({ member, since, time }: TrafficLine): boolean {
    const wasOn = ({ from, until }: { readonly from: number; readonly until: number }, aftermathNs = 0): boolean =>
      from - this.#slack <= time && until + aftermathNs + this.#slack >= since;
    const isPaused = this.actualStays.get(member)?.some((stay) => stay.pauses.some((pause) => wasOn(pause)));
    if (isPaused === true) return true;
    return this.faults.some((window) => {
      const fault = this.#planned.get(window.id);
      return fault?.targets?.has(member) === true && wasOn(window, fault.aftermathNs);
    });
  }

  #isolate({ fault, kind, time }: FaultLine): void {
    const names = this.#planned.get(fault)?.isolates ?? [];
    if (names.length === 0) return;
    for (const name of names) this.#isolated.add(name);
    // Who is killed goes down, which the member's own lines tell.
    if (kind === 'pause') for (const name of names) this.#cut(name, time + this.#slack);
    if (this.#isolated.size < this.#outsiders) return;
    // Nobody is left who could pass on what those behind a partition say.
    for (const name of this.#isolated) this.#cut(name, time + this.#slack);
  }

  /** From here on it is as good as dead to all that heals. */
  #cut(member: string, time: number): void {
    if (this.#cutOff.has(member)) return;
    this.#cutOff.add(member);
    const stays = this.stays.get(member);
    const last = stays?.at(-1);
    if (stays !== undefined && last?.ending === 'running') stays[stays.length - 1] = endedAt(last, time);
  }

  #fault(line: FaultLine): void {
    this.#generation++;
    const open = this.#open.get(line.fault);
    if (line.event === 'end') {
      if (open !== undefined) open.until = line.time;
      this.#open.delete(line.fault);
    } else if (open === undefined) {
      const window = { id: line.fault, kind: line.kind, from: line.time, until: Number.POSITIVE_INFINITY };
      this.faults.push(window);
      this.#open.set(line.fault, window);
      this.#isolate(line);
    }
  }

  /**
   * When the life ended for good: a later life was started, or the member is down at the end of the history so far.
   * Undefined while it goes on, and for a life that never was.
   */
  lifeEndedAt(member: string, life: number): number | undefined {
    const stays = this.stays.get(member);
    const index = stays?.findLastIndex((stay) => stay.life === life) ?? -1;
    const stay = stays?.[index];
    if (stays === undefined || stay === undefined) return undefined;
    const later = stays[index + 1];
    if (later !== undefined) return Math.min(stay.until, later.from);
    const end = endOf(stay);
    return end === Number.POSITIVE_INFINITY ? undefined : end;
  }

  upThroughout(member: string, from: number, until: number): boolean {
    const stay = stayAt(this, member, from);
    return stay !== undefined && endOf(stay) >= until;
  }

  reachableThroughout(a: string, b: string, from: number, until: number): boolean {
    if (overlaps(this.#absencesOf(a), from, until)) return false;
    if (a === b) return true;
    if (overlaps(this.#absencesOf(b), from, until)) return false;
    if (this.#linksAt !== this.#generation) this.#indexLinks();
    return !overlaps(this.#everywhere, from, until) && !overlaps(this.#pairOf(a, b), from, until);
  }

  /** When a member was down, gone, paused or blocked; kept until a line changes it. */
  #absencesOf(member: string): Intervals {
    const cached = this.#absences.get(member);
    if (cached !== undefined && cached.at === this.#generation) return cached.intervals;
    const found: [number, number][] = [];
    let downFrom = Number.NEGATIVE_INFINITY;
    for (const stay of this.stays.get(member) ?? []) {
      if (stay.from > downFrom) found.push([downFrom, stay.from]);
      for (const pause of stay.pauses) found.push([pause.from, pause.until]);
      downFrom = Math.min(endOf(stay), stay.leftAt ?? Number.POSITIVE_INFINITY);
    }
    if (downFrom < Number.POSITIVE_INFINITY) found.push([downFrom, Number.POSITIVE_INFINITY]);
    for (const window of this.faults) {
      if (this.#planned.get(window.id)?.targets?.has(member)) found.push(this.#padded(window));
    }
    const intervals = merge(found);
    this.#absences.set(member, { at: this.#generation, intervals });
    return intervals;
  }

  #indexLinks(): void {
    this.#linksAt = this.#generation;
    this.#pairs.clear();
    const everywhere: [number, number][] = [];
    this.#somewhere = [];
    for (const window of this.faults) {
      const links = this.#planned.get(window.id)?.links;
      if (links === undefined) continue;
      const [from, until] = this.#padded(window);
      if (links === 'all') everywhere.push([from, until]);
      else this.#somewhere.push({ blocks: links, from, until });
    }
    this.#everywhere = merge(everywhere);
  }

  #pairOf(a: string, b: string): Intervals {
    const i = this.#index.get(a);
    const j = this.#index.get(b);
    // A member that the plan does not name has no links that anything is known of; its absences say so already.
    if (i === undefined || j === undefined || this.#somewhere.length === 0) return [];
    const key = i < j ? i * this.#index.size + j : j * this.#index.size + i;
    const cached = this.#pairs.get(key);
    if (cached !== undefined) return cached;
    const found: [number, number][] = [];
    for (const { blocks, from, until } of this.#somewhere) {
      const touched = blocks.some((block) => (block.from[i] && block.to[j]) || (block.from[j] && block.to[i]));
      if (touched) found.push([from, until]);
    }
    const intervals = merge(found);
    this.#pairs.set(key, intervals);
    return intervals;
  }

  #padded(window: FaultWindow): [number, number] {
    return [window.from - this.#slack, window.until + this.#slack];
  }
}

/** Sorted, and those that touch made one. */
function merge(intervals: [number, number][]): Intervals {
  intervals.sort((x, y) => x[0] - y[0]);
  const merged: [number, number][] = [];
  for (const [from, until] of intervals) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], until);
    else merged.push([from, until]);
  }
  return merged;
}

/** Whether [from, until] meets any of the sorted, disjoint, half-open intervals. */
function overlaps(intervals: Intervals, from: number, until: number): boolean {
  let low = 0;
  let high = intervals.length;
  // The first interval that ends after `from` is the only one that has to be looked at.
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((intervals[middle]?.[1] ?? 0) <= from) low = middle + 1;
    else high = middle;
  }
  const first = intervals[low];
  return first !== undefined && first[0] <= until;
}
