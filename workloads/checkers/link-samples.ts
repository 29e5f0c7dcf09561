/**
 * What each directed link carried in each epoch, from both ends' `links` lines, and whether the two ends can be
 * compared: a message that met nobody because its receiver was down or stopped must not be taken for lost.
 */
import type { Stay, Timeline } from '../../harness/model/checker.ts';
import { isLinkFault, type LinkFault, linksOf, type PlannedFault, touches } from '../../harness/model/fault.ts';
import type { EpochLine, LinksLine, OverrunLine } from '../../harness/model/history.ts';
import type { PlanOutline } from '../../harness/model/plan.ts';
import { aftermathMs, CATCH_UP_MS } from './quiet.ts';

const MS = 1e6;
/** A receiver that is up this soon after an epoch's start is compared, with an allowance for what it missed. */
const LATE_START_MS = 1000;
const HOLD_BACK: ReadonlySet<PlannedFault['type']> = new Set(['cpu', 'disk-full', 'pause', 'slow']);

export interface Epoch {
  readonly from: number;
  readonly until: number;
  /** The plan's faults that are on. */
  readonly active: readonly PlannedFault[];
  /** Whether it is the last one, at whose end messages are under way to members that are gone. */
  readonly last: boolean;
}

/** One directed link during one epoch. Counts of datagrams. */
export interface LinkSample {
  readonly from: string;
  readonly to: string;
  readonly epoch: Epoch;
  /** Link faults that touch it. */
  readonly faults: readonly LinkFault[];
  readonly cut: boolean;
  readonly sent: number;
  /** Arrived, copies not counted. */
  readonly received: number;
  readonly duplicates: number;
  readonly overtaken: number;
  readonly corrupted: number;
  /** Arrived, copies included. */
  readonly receivedBytes: number;
  readonly delaySum: number;
  /** Infinity where nothing arrived. */
  readonly delayMin: number;
  readonly delayMax: number;
  /** Both ends were there and counted from first to last message: sent and received speak of the same ones. */
  readonly comparable: boolean;
  /** At least the sender counted all it sent: then no fewer can be missing than were lost. */
  readonly senderCounted: boolean;
  /** The receiver's counts are there too, of all its boots. */
  readonly receiverCounted: boolean;
  /** Messages that may have met a receiver that was not up yet. */
  readonly allowance: number;
  /** An end of it is slowed, paused or overrun while its messages are under way: their delays are not the link's. */
  readonly heldUp: boolean;
  /** The sender had too little processor time to hear at once of a change that a kernel had made already. */
  readonly senderStarved: boolean;
}

export class LinkSamples {
  readonly #plan: PlanOutline;
  readonly #timeline: Timeline;
  /** How long after an epoch's end, beyond what its faults add, its messages may still arrive. ms. */
  readonly #marginMs: number;
  readonly #epochs = new Map<number, { time: number; faults: readonly string[] }>();
  /** epoch -> members whose datagrams of it may have met the rules of the next. */
  readonly #overruns = new Map<number, Set<string>>();
  /** epoch -> member -> its lines: one for each boot that counted anything. */
  readonly #lines = new Map<number, Map<string, LinksLine[]>>();
  /** By member, the faults that starve it of processor time. */
  readonly #starved = new Map<string, Set<string>>();
  /** Faults after which a member sends at once what it could not send while they were on; for how long after, ns. */
  readonly #holdsBack = new Map<string, number>();

  constructor(plan: PlanOutline, timeline: Timeline, marginMs: number) {
    this.#plan = plan;
    this.#timeline = timeline;
    this.#marginMs = marginMs;
    for (const fault of plan.faults) {
      if (HOLD_BACK.has(fault.type)) this.#holdsBack.set(fault.id, Math.max(CATCH_UP_MS, aftermathMs(fault)) * MS);
      if (fault.type !== 'cpu') continue;
      for (const target of fault.targets) {
        this.#starved.set(target, (this.#starved.get(target) ?? new Set()).add(fault.id));
      }
    }
  }

  epoch(line: EpochLine): void {
    this.#epochs.set(line.epoch, { time: line.time, faults: line.faults });
  }

  overrun(line: OverrunLine): void {
    const members = this.#overruns.get(line.epoch) ?? new Set();
    for (const member of line.members) members.add(member);
    this.#overruns.set(line.epoch, members);
  }

  links(line: LinksLine): void {
    let members = this.#lines.get(line.epoch);
    if (members === undefined) {
      members = new Map();
      this.#lines.set(line.epoch, members);
    }
    const lines = members.get(line.member);
    if (lines === undefined) members.set(line.member, [line]);
    else lines.push(line);
  }

  /** Every link that carried anything, epoch by epoch. */
  all(): LinkSample[] {
    const samples: LinkSample[] = [];
    const byId = new Map(this.#plan.faults.map((fault) => [fault.id, fault]));
    const order = [...this.#epochs].sort(([a], [b]) => a - b);
    for (let i = 0; i < order.length; i++) {
      const entry = order[i];
      if (entry === undefined) continue;
      const [number, { time, faults }] = entry;
      const next = order[i + 1]?.[1].time;
      const active = faults.flatMap((id) => byId.get(id) ?? []);
      const until = next ?? this.#timeline.lastTime;
      this.#addEpoch(samples, number, { from: time, until, active, last: next === undefined });
    }
    return samples;
  }

  #addEpoch(samples: LinkSample[], number: number, epoch: Epoch): void {
    const members = this.#lines.get(number);
    if (members === undefined) return;
    const linkFaults = epoch.active.filter(isLinkFault);
    const arrivedBy = this.#arrivedBy(epoch);
    const slow = new Set(epoch.active.flatMap((fault) => (fault.type === 'slow' ? fault.targets : [])));
    const held = this.#heldUp(epoch);
    const receivers = new Map<string, { counted: boolean; whole: boolean; lateNs: number }>();
    for (const { name } of this.#plan.members) receivers.set(name, this.#receiver(name, epoch, members.get(name)));
    for (const [from, senderLines] of members) {
      const overran = this.#overruns.get(number)?.has(from) === true;
      const senderCounted = !slow.has(from) && !overran && this.#counted(from, epoch, senderLines);
      const senderWhole = senderCounted && this.#stayed(from, epoch);
      const senderStarved = this.#starvedWithin(from, epoch.from, arrivedBy);
      for (const [to, sent] of sentBy(senderLines)) {
        const receiver = receivers.get(to);
        if (receiver === undefined) continue;
        const faults = linkFaults.filter((fault) => touches(linksOf(fault), from, to));
        const lateShare = receiver.lateNs / Math.max(1, epoch.until - epoch.from);
        samples.push({
          from,
          to,
          epoch,
          faults,
          cut: faults.some((fault) => fault.type === 'partition'),
          sent,
          ...received(members.get(to), from),
          comparable: senderWhole && receiver.whole && !epoch.last,
          allowance: receiver.lateNs > 0 ? Math.min(sent, 5 + Math.ceil(3 * sent * lateShare)) : 0,
          senderCounted,
          receiverCounted: receiver.counted,
          heldUp: overran || held.has(from) || held.has(to),
          senderStarved,
        });
      }
    }
  }

  /** No boot of it ended or paused while its messages may have waited to leave. */
  #stayed(name: string, epoch: Epoch): boolean {
    const until = this.#arrivedBy(epoch);
    if (this.#starvedWithin(name, epoch.from, until)) return false;
    return this.#staysIn(name, epoch).every(
      (stay) => stay.until >= until && !pausedWithin(stay.pauses, epoch.from, until),
    );
  }

  /** Whether a quota of processor time may have held it up: as good as short pauses. */
  #starvedWithin(name: string, from: number, until: number): boolean {
    const ids = this.#starved.get(name);
    if (ids === undefined) return false;
    return this.#timeline.faults.some(
      (window) => ids.has(window.id) && window.from < until && window.until + CATCH_UP_MS * MS > from,
    );
  }

  /** Whether anybody let out in that time what it had been kept from sending, and others answered. */
  #someoneHeldBack(from: number, until: number): boolean {
    return this.#timeline.faults.some((window) => {
      const aftermathNs = this.#holdsBack.get(window.id);
      return aftermathNs !== undefined && window.from < until && window.until + aftermathNs > from;
    });
  }

  /** Members that were slowed or paused from the epoch's start until its last message had come. */
  #heldUp(epoch: Epoch): ReadonlySet<string> {
    const until = this.#arrivedBy(epoch);
    const held = new Set<string>();
    for (const fault of this.#plan.faults) {
      if (fault.type !== 'slow') continue;
      for (const window of this.#timeline.faults) {
        if (window.id !== fault.id || window.from >= until || window.until + fault.blockMs * MS <= epoch.from) continue;
        for (const target of fault.targets) held.add(target);
      }
    }
    for (const [name, stays] of this.#timeline.actualStays) {
      if (stays.some((stay) => pausedWithin(stay.pauses, epoch.from, until))) held.add(name);
      if (this.#starvedWithin(name, epoch.from, until)) held.add(name);
    }
    return held;
  }

  #receiver(name: string, epoch: Epoch, lines: readonly LinksLine[] = []) {
    const counted = this.#counted(name, epoch, lines);
    const until = this.#arrivedBy(epoch);
    if (this.#starvedWithin(name, epoch.from, until)) return { counted, whole: false, lateNs: 0 };
    const latest = epoch.from + Math.max(LATE_START_MS * MS, (epoch.until - epoch.from) / 10);
    const stay = (this.#timeline.actualStays.get(name) ?? []).find(
      (candidate) => candidate.from <= latest && candidate.until >= until,
    );
    if (stay === undefined) return { counted, whole: false, lateNs: 0 };
    // What others held back comes at once: of that burst the share that it missed is not its share of time.
    if (stay.from > epoch.from && this.#someoneHeldBack(epoch.from, stay.from)) {
      return { counted, whole: false, lateNs: 0 };
    }
    return {
      counted,
      whole: counted && !pausedWithin(stay.pauses, epoch.from, until),
      lateNs: Math.max(0, stay.from - epoch.from),
    };
  }

  /** When the last message of the epoch has surely come, ns. */
  #arrivedBy(epoch: Epoch): number {
    let marginMs = this.#marginMs;
    for (const fault of epoch.active) {
      if (fault.type === 'delay') marginMs += fault.delayMs + fault.jitterMs;
      else if (fault.type === 'reorder') marginMs += fault.holdMs;
      else if (fault.type === 'bandwidth') marginMs += fault.queueMs;
      else if (fault.type === 'slow') marginMs += fault.blockMs;
    }
    return epoch.until + marginMs * MS;
  }

  /** A member that was killed may have taken its counts with it: then there are fewer lines than boots. */
  #counted(name: string, epoch: Epoch, lines: readonly LinksLine[]): boolean {
    const boots = this.#staysIn(name, epoch).length;
    return boots > 0 && lines.length >= boots;
  }

  #staysIn(name: string, epoch: Epoch): readonly Stay[] {
    const stays = this.#timeline.actualStays.get(name) ?? [];
    return stays.filter((stay) => stay.from < epoch.until && stay.until > epoch.from);
  }
}

function pausedWithin(pauses: Stay['pauses'], from: number, until: number): boolean {
  return pauses.some((pause) => pause.from < until && pause.until > from);
}

/** Messages by receiver, over all the boots of a sender. */
function sentBy(lines: readonly LinksLine[]): Map<string, number> {
  const sent = new Map<string, number>();
  for (const line of lines) {
    for (const [to, [count]] of Object.entries(line.sent)) sent.set(to, (sent.get(to) ?? 0) + count);
  }
  return sent;
}

function received(lines: readonly LinksLine[] | undefined, from: string) {
  const sum = {
    received: 0,
    duplicates: 0,
    overtaken: 0,
    corrupted: 0,
    receivedBytes: 0,
    delaySum: 0,
    delayMin: Number.POSITIVE_INFINITY,
    delayMax: 0,
  };
  for (const line of lines ?? []) {
    sum.corrupted += line.corrupted[from] ?? 0;
    const receipt = line.received[from];
    if (receipt === undefined) continue;
    sum.received += receipt.received - receipt.duplicates;
    sum.duplicates += receipt.duplicates;
    sum.overtaken += receipt.overtaken;
    sum.receivedBytes += receipt.bytes;
    sum.delaySum += receipt.delaySum;
    sum.delayMin = Math.min(sum.delayMin, receipt.delayMin);
    sum.delayMax = Math.max(sum.delayMax, receipt.delayMax);
  }
  return sum;
}
