/**
 * What the faults in force do to a datagram: the one set of link rules, shared by the simulator and by the shim that
 * stands in front of a real member's socket.
 *
 * Every draw is a pure function of (seed, fault, directed link, index of the message on that link, purpose), so taking
 * one fault out of a plan leaves the draws of the others as they were.
 */
import { isLinkFault, type LinkFault, linksOf, type PlannedFault, type SlowFault, touches } from '../model/fault.ts';
import { drawAt, hash32 } from '../model/rng.ts';

export interface Fate {
  /** Extra delay in ns of each copy to be delivered; empty: the datagram is dropped. */
  readonly delaysNs: readonly number[];
  /** Bits are flipped on the way: the receiver's checksum will refuse it. */
  readonly corrupt: boolean;
  readonly cause?: 'partition' | 'loss' | 'bandwidth';
}

const UNTOUCHED: Fate = { delaysNs: [0], corrupt: false };
const CUT: Fate = { delaysNs: [], corrupt: false, cause: 'partition' };
const LOST: Fate = { delaysNs: [], corrupt: false, cause: 'loss' };
const QUEUE_FULL: Fate = { delaysNs: [], corrupt: false, cause: 'bandwidth' };

/** One fault's rule on one link, with the state that its model needs. */
interface Rule {
  readonly fault: LinkFault;
  readonly place: number;
  /** loss with bursts: inside a burst. bandwidth: unused. */
  inBurst: boolean;
  /** bandwidth: ns at which the link has sent all that waits. */
  busyUntilNs: number;
}

interface LinkState {
  readonly from: string;
  readonly to: string;
  /** Messages so far: the index of the next one. */
  index: number;
  version: number;
  cut: boolean;
  rules: Rule[];
}

export class LinkShaper {
  readonly #seed: string;
  readonly #links = new Map<string, Map<string, LinkState>>();
  #faults: readonly LinkFault[] = [];
  #slow: readonly SlowFault[] = [];
  /** Counts changes of the fault set; links compile their rules when they see a new one. */
  #version = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** From here these faults, and no others, act. Faults of other kinds are passed over. */
  setFaults(active: readonly PlannedFault[]): void {
    this.#faults = active.filter(isLinkFault);
    this.#slow = active.filter((fault) => fault.type === 'slow');
    this.#version++;
  }

  /** Decides over one datagram; to be called once for each, at its sender, in the order of sending. */
  fate(from: string, to: string, bytes: number, nowNs: number): Fate {
    const link = this.#link(from, to);
    const index = link.index++;
    if (link.cut) return CUT;
    if (link.rules.length === 0) return UNTOUCHED;
    return shape(link.rules, index, bytes, nowNs);
  }

  /** Whether a partition cuts this directed link: a stream over it, in either direction, is lost. */
  cut(from: string, to: string): boolean {
    return this.#link(from, to).cut;
  }

  /** ns until which a slow member's sends and receives wait; `nowNs` when it is free. */
  heldUntilNs(member: string, nowNs: number): number {
    let until = nowNs;
    for (const fault of this.#slow) {
      if (!fault.targets.includes(member)) continue;
      const everyNs = fault.everyMs * 1e6;
      const blockNs = fault.blockMs * 1e6;
      const phase = (((nowNs - fault.atMs * 1e6) % everyNs) + everyNs) % everyNs;
      if (phase < blockNs) until = Math.max(until, nowNs + blockNs - phase);
    }
    return until;
  }

  #link(from: string, to: string): LinkState {
    let row = this.#links.get(from);
    if (row === undefined) {
      row = new Map();
      this.#links.set(from, row);
    }
    let link = row.get(to);
    if (link === undefined) {
      link = { from, to, index: 0, version: -1, cut: false, rules: [] };
      row.set(to, link);
    }
    if (link.version !== this.#version) this.#compile(link);
    return link;
  }

  #compile(link: LinkState): void {
    const { from, to, rules: before } = link;
    link.version = this.#version;
    link.cut = false;
    link.rules = [];
    for (const fault of this.#faults) {
      if (!touches(linksOf(fault), from, to)) continue;
      if (fault.type === 'partition') link.cut = true;
      // A fault that goes on keeps its state (a burst, a queue) while others come and go.
      else link.rules.push(before.find((rule) => rule.fault.id === fault.id) ?? this.#newRule(fault, from, to));
    }
  }

  #newRule(fault: LinkFault, from: string, to: string): Rule {
    return { fault, place: hash32(this.#seed, 'link', fault.id, from, to), inBurst: false, busyUntilNs: 0 };
  }
}

function shape(rules: readonly Rule[], index: number, bytes: number, nowNs: number): Fate {
  let delayNs = 0;
  let copies = 1;
  let corrupt = false;
  for (const rule of rules) {
    const { fault, place } = rule;
    switch (fault.type) {
      case 'loss':
        if (isLost(rule, fault.probability, fault.burst, index)) return LOST;
        break;
      case 'corrupt':
        if (drawAt(place, index) < fault.probability) corrupt = true;
        break;
      case 'delay':
        delayNs += Math.round(fault.delayMs * 1e6 + fault.jitterMs * 1e6 * (2 * drawAt(place, index) - 1));
        break;
      case 'reorder':
        if (drawAt(place, index) < fault.probability) delayNs += fault.holdMs * 1e6;
        break;
      case 'duplicate':
        if (drawAt(place, index) < fault.probability) copies++;
        break;
      case 'bandwidth': {
        const startNs = Math.max(nowNs, rule.busyUntilNs);
        if (startNs - nowNs > fault.queueMs * 1e6) return QUEUE_FULL;
        rule.busyUntilNs = startNs + Math.round((bytes * 8e9) / fault.bitsPerSecond);
        delayNs += rule.busyUntilNs - nowNs;
        break;
      }
      case 'partition':
        return CUT;
    }
  }
  return { delaysNs: copies === 1 ? [delayNs] : new Array<number>(copies).fill(delayNs), corrupt };
}

/**
 * Each message on its own, or in bursts: the Gilbert-Elliott chain with a bad state that loses everything, left with
 * probability 1/burst, and entered so often that the long-run share of bad messages is `probability`.
 */
function isLost(rule: Rule, probability: number, burst: number | undefined, index: number): boolean {
  const draw = drawAt(rule.place, index);
  if (burst === undefined || probability >= 1) return draw < probability;
  const leave = 1 / burst;
  const enter = Math.min(1, (leave * probability) / (1 - probability));
  rule.inBurst = rule.inBurst ? draw >= leave : draw < enter;
  return rule.inBurst;
}
