/**
 * One rumour in lock-step cycles, as the tables of Demers et al. 1987 are defined: every member acts on the state at the
 * start of the cycle, one that hears acts from the next cycle on, partners are uniform, nobody hunts and no connection is
 * refused. Whether a contact "knew already" goes by the start of the cycle too, so two pushes to one susceptible member
 * are both useful. When interest is lost is decided by the protocol's own code, impl/rumor/stopping.ts.
 */
import {
  afterPulledCycle,
  afterPush,
  countsMinimized,
  outOfRounds,
  REMOVED,
  type StoppingRule,
} from '../../impl/rumor/stopping.ts';
import type { SpreadMode } from '../../impl/theory/spread.ts';
import type { FastRandom } from './fast-random.ts';
import type { Partners } from './partners.ts';

export interface LockStepSpec {
  readonly mode: SpreadMode;
  /** `rounds`: hot for k cycles. `never`: hot until all know, which ends the run. */
  readonly stop: 'coin' | 'counter' | 'rounds' | 'never';
  readonly feedback: 'feedback' | 'blind';
  readonly k: number;
  /** Distinct partners of a member in a cycle. */
  readonly fanout: number;
  /** Chance that one message (update, request or feedback) is lost. */
  readonly loss: number;
  /**
   * Counter with feedback, push or push-pull: of two that both know, only the smaller counter grows (section 1.4). In
   * push-pull an exchange counts whoever began it, also for the one that is pulled from.
   */
  readonly minimize?: boolean | undefined;
}

export interface LockStepResult {
  /** Members that know it after each cycle, from the start on, where it is 1. */
  readonly knownByCycle: readonly number[];
  /** Updates sent, lost and useless ones included; requests and feedback are not counted. */
  readonly messages: number;
  /** The run was cut off: it would have lasted longer than `MOST_CYCLES`. */
  readonly cut: boolean;
}

export const MOST_CYCLES = 100_000;

/** No cycle is as late. */
const UNKNOWN = 0x7fffffff;

/** Keeps its arrays from run to run. */
export class LockStep {
  readonly #spec: LockStepSpec;
  readonly #rule: StoppingRule | undefined;
  /** The cycle in which each member heard of it. */
  readonly #since: Int32Array;
  readonly #counter: Int16Array;
  /** The counters at the start of the cycle: with minimization a copy, else nothing changes them before they are read. */
  readonly #started: Int16Array;
  /** Pull only: how many pulled it from each member in this cycle, and how many of those needed it. */
  readonly #answered: Int32Array;
  readonly #needed: Int32Array;
  /** Those hot at the start of the cycle, and behind them those that heard in it. */
  readonly #hot: Int32Array;
  readonly #out: Int32Array;
  #hotCount = 0;
  #fresh = 0;
  #messages = 0;

  constructor(n: number, spec: LockStepSpec) {
    const { stop, feedback, k } = spec;
    this.#spec = spec;
    this.#rule = stop === 'coin' || stop === 'counter' ? { stop, feedback, k } : undefined;
    this.#since = new Int32Array(n);
    this.#counter = new Int16Array(n);
    this.#started = spec.minimize === true ? new Int16Array(n) : this.#counter;
    const pulled = spec.mode === 'pull' ? n : 0;
    this.#answered = new Int32Array(pulled);
    this.#needed = new Int32Array(pulled);
    this.#hot = new Int32Array(n);
    this.#out = new Int32Array(Math.min(spec.fanout, Math.max(1, n - 1)));
  }

  /** Starts at a random member. `partners` must be of as many members as this was made for. */
  run(partners: Partners, random: FastRandom): LockStepResult {
    const n = this.#since.length;
    const { mode, stop } = this.#spec;
    this.#since.fill(UNKNOWN);
    this.#counter.fill(0);
    const origin = random.int(n);
    this.#since[origin] = 0;
    this.#hot[0] = origin;
    this.#hotCount = 1;
    this.#messages = 0;
    let known = 1;
    const knownByCycle = [known];
    let cycle = 0;
    while (this.#hotCount > 0 && !(stop === 'never' && known === n) && cycle < MOST_CYCLES) {
      cycle++;
      this.#fresh = 0;
      if (this.#started !== this.#counter) this.#started.set(this.#counter);
      // Pulls read what pushes change, the state of who is hot, so they come first.
      if (mode !== 'push') this.#pulls(partners, random, cycle);
      if (mode !== 'pull') this.#pushes(partners, random, cycle);
      else if (this.#rule !== undefined) this.#closePulledCycle(this.#rule, random);
      known += this.#fresh;
      knownByCycle.push(known);
      this.#keepHot(cycle);
    }
    return { knownByCycle, messages: this.#messages, cut: cycle === MOST_CYCLES };
  }

  #pushes(partners: Partners, random: FastRandom, cycle: number): void {
    const { loss, feedback, minimize } = this.#spec;
    const rule = this.#rule;
    const draw = (): number => random.next();
    for (let at = 0; at < this.#hotCount; at++) {
      const pusher = this.#hot[at] as number;
      const count = partners.pick(pusher, this.#out, random);
      this.#messages += count;
      for (let i = 0; i < count; i++) {
        const target = this.#out[i] as number;
        const arrived = loss === 0 || random.next() >= loss;
        const useful = (this.#since[target] as number) >= cycle;
        if (arrived) this.#hear(target, cycle);
        if (rule === undefined) continue;
        const shared = minimize === true && !useful;
        if (shared && arrived && this.#mayCount(target, pusher)) this.#contacted(rule, target, useful, draw);
        // Without an answer there is nothing to count; who is blind counts what it sends.
        if (feedback === 'feedback' && !(arrived && (loss === 0 || random.next() >= loss))) continue;
        if (!shared || this.#mayCount(pusher, target)) this.#contacted(rule, pusher, useful, draw);
      }
    }
  }

  /** Whether minimization lets `member` count a contact with `other`. */
  #mayCount(member: number, other: number): boolean {
    return countsMinimized(this.#started[member] as number, this.#started[other] as number);
  }

  #contacted(rule: StoppingRule, member: number, useful: boolean, draw: () => number): void {
    const counter = this.#counter[member] as number;
    if (counter !== REMOVED) this.#counter[member] = afterPush(rule, counter, useful, draw);
  }

  /** In pull every member asks; in push-pull those that are hot push instead. */
  #pulls(partners: Partners, random: FastRandom, cycle: number): void {
    const { mode, loss, feedback, minimize } = this.#spec;
    const rule = this.#rule;
    const draw = (): number => random.next();
    const onlyPull = mode === 'pull';
    const counts = rule !== undefined && (onlyPull || minimize === true);
    const n = this.#since.length;
    for (let puller = 0; puller < n; puller++) {
      if (!onlyPull && this.#isHot(puller, cycle)) continue;
      const count = partners.pick(puller, this.#out, random);
      for (let i = 0; i < count; i++) {
        const source = this.#out[i] as number;
        if (loss > 0 && random.next() < loss) continue;
        if (!this.#isHot(source, cycle)) continue;
        this.#messages++;
        const arrived = loss === 0 || random.next() >= loss;
        const needed = (this.#since[puller] as number) >= cycle;
        if (arrived) this.#hear(puller, cycle);
        if (!counts) continue;
        if (feedback === 'feedback' && !(arrived && (loss === 0 || random.next() >= loss))) continue;
        if (!onlyPull) {
          // Who is not hot and knows was removed, and stands above the source: that counts it.
          this.#contacted(rule, source, needed, draw);
          continue;
        }
        this.#answered[source] = (this.#answered[source] as number) + 1;
        if (needed) this.#needed[source] = (this.#needed[source] as number) + 1;
      }
    }
  }

  #closePulledCycle(rule: StoppingRule, random: FastRandom): void {
    const draw = (): number => random.next();
    for (let at = 0; at < this.#hotCount; at++) {
      const source = this.#hot[at] as number;
      const answered = this.#answered[source] as number;
      const needed = this.#needed[source] as number;
      this.#counter[source] = afterPulledCycle(rule, this.#counter[source] as number, answered, needed, draw);
      this.#answered[source] = 0;
      this.#needed[source] = 0;
    }
  }

  /** At the start of the cycle. */
  #isHot(member: number, cycle: number): boolean {
    return (this.#since[member] as number) < cycle && this.#started[member] !== REMOVED;
  }

  #hear(member: number, cycle: number): void {
    if (this.#since[member] !== UNKNOWN) return;
    this.#since[member] = cycle;
    this.#hot[this.#hotCount + this.#fresh++] = member;
  }

  /** Who has lost interest goes, who heard in this cycle comes. */
  #keepHot(cycle: number): void {
    const { stop, k } = this.#spec;
    const end = this.#hotCount + this.#fresh;
    let kept = 0;
    for (let at = 0; at < end; at++) {
      const member = this.#hot[at] as number;
      if (stop === 'rounds' && outOfRounds(cycle - (this.#since[member] as number), k)) this.#counter[member] = REMOVED;
      if (this.#counter[member] !== REMOVED) this.#hot[kept++] = member;
    }
    this.#hotCount = kept;
  }
}
