/**
 * From a plan that breaks a property to a small one that breaks the same property: fewer channels, members, faults and
 * operations, a shorter load, shorter and weaker faults, usual settings. Where many faults or operations are left, fewer
 * that are larger are tried. Pure and deterministic; a plan that was shrunk to the end is its own result: every step leaves
 * fewer things, or as many and one of them smaller.
 */
import type { Data } from '../../impl/protocol.ts';
import { digestOf } from '../model/canonical.ts';
import { outsidersOf } from '../model/core.ts';
import type { Plan, PlannedOperation } from '../model/plan.ts';
import { ddmin } from './ddmin.ts';
import { joinedFaults } from './joined-faults.ts';
import { withLargeValue, withSmallerValue } from './larger-values.ts';
import { groupsToDrop, heirAmong } from './member-groups.ts';
import { isReadable, READABLE, redrawnPlans } from './redrawn-plan.ts';
import { likelierFaults, simplerFaults } from './simpler-fault.ts';
import { withChannels, withCore, withFaults, withHealAt, withMembers } from './smaller-plan.ts';

export interface ShrinkOptions {
  readonly plan: Plan;
  /** Whether a plan (which may make no sense: then not) breaks the property that is asked for. */
  fails(plan: Plan): boolean;
  /** A protocol's settings as they usually are, by its name. */
  usualSettings(protocol: string): Readonly<Record<string, Data>> | undefined;
  /** The lies that a protocol knows, by its name. */
  liesOf(protocol: string): readonly string[];
  /** Runs that may be spent. */
  readonly mostRuns: number;
  onStep?(step: ShrinkStep): void;
}

export interface ShrinkStep {
  /** What was done: `drop faults`, `fewer members`, ... */
  readonly what: string;
  readonly plan: Plan;
  readonly runs: number;
}

export interface Shrunk {
  readonly plan: Plan;
  readonly runs: number;
  /** Nothing that is tried makes it smaller; false where the runs were spent before. */
  readonly minimal: boolean;
}

/** Members that a plan needs, and the shortest load, ms. */
const LEAST_MEMBERS = 2;
const SHORTEST_LOAD_MS = 1000;
/** Pieces that faults and operations are taken apart into before it is tried to draw the plan anew. */
const COARSE_PIECES = 8;
/** Draws of it, which are small plans and soon run. */
const MOST_REDRAWN = 1000;

/** `options.plan` must fail. */
export function shrink(options: ShrinkOptions): Shrunk {
  const state = new Shrinking(options);
  for (;;) {
    const before = state.plan;
    state.pass();
    if (state.spent) return { plan: state.plan, runs: state.runs, minimal: false };
    if (state.plan === before) return { plan: state.plan, runs: state.runs, minimal: true };
  }
}

class Shrinking {
  plan: Plan;
  runs = 0;
  readonly #options: ShrinkOptions;
  /** Plans that were found not to fail: a pass that changes nothing asks for the same ones again. */
  readonly #passed = new Set<string>();

  constructor(options: ShrinkOptions) {
    this.#options = options;
    this.plan = options.plan;
  }

  get spent(): boolean {
    return this.runs >= this.#options.mostRuns;
  }

  /** Everything once, what takes away most first, because all that comes after it is then cheaper. */
  pass(): void {
    this.#channels();
    this.#largerCore();
    this.#usualSettings();
    // What comes after the failure goes at once, and nothing before it changes by that.
    this.#shorterLoad();
    this.#faults(COARSE_PIECES);
    this.#operations(COARSE_PIECES);
    if (!isReadable(this.plan, 2)) this.#redrawn();
    this.#faults();
    this.#operations();
    this.#shorterLoad();
    this.#members();
    this.#fewerLargerValues();
    this.#smallerValues();
    this.#fewerJoinedFaults();
    this.#fewerLikelierFaults();
    this.#fewerOtherLies();
    // What is narrowed to one moment has few others to draw from.
    if (!isReadable(this.plan)) this.#redrawn();
    this.#eachFault();
    this.#roundOperations();
    if (!isReadable(this.plan)) this.#redrawn();
  }

  /** Takes the candidate if it still fails. */
  #try(what: string, candidate: Plan): boolean {
    if (this.spent) return false;
    const key = digestOf(candidate as unknown as Data);
    if (this.#passed.has(key)) return false;
    this.runs++;
    if (!this.#options.fails(candidate)) {
      this.#passed.add(key);
      return false;
    }
    this.plan = candidate;
    this.#options.onStep?.({ what, plan: candidate, runs: this.runs });
    return true;
  }

  /** The smallest part of `items` that still fails when put in place of them. `put`: undefined for what makes no plan. */
  #least<T>(
    what: string,
    items: readonly T[],
    put: (part: readonly T[]) => Plan | undefined,
    mostPieces?: number | undefined,
  ): void {
    const test = (part: readonly T[]): boolean => {
      const candidate = part.length < items.length ? put(part) : undefined;
      return candidate !== undefined && this.#try(what, candidate);
    };
    ddmin(items, test, mostPieces);
  }

  #channels(): void {
    const { plan } = this;
    if (plan.channels.length < 2) return;
    const names = plan.channels.map((channel) => channel.name);
    this.#least('drop channels', names, (part) => (part.length === 0 ? undefined : withChannels(plan, new Set(part))));
  }

  /** Everything heals; else one more member does. */
  #largerCore(): void {
    const { core } = this.plan.closing;
    if (core === undefined) return;
    const heals = (wider: readonly string[] | undefined): boolean =>
      this.#try('larger core', { ...this.plan, closing: withCore(this.plan.closing, wider) });
    if (heals(undefined)) return;
    for (const name of outsidersOf(this.plan)) {
      const inner = this.plan.closing.core ?? [];
      heals(this.plan.members.map((member) => member.name).filter((other) => other === name || inner.includes(other)));
    }
  }

  #usualSettings(): void {
    const usual = this.plan.channels.map(({ protocol }) => this.#options.usualSettings(protocol));
    this.plan.channels.forEach((channel, at) => {
      const settings = usual[at];
      if (settings === undefined) return;
      const differing = Object.keys(channel.settings).filter(
        (key) => settings[key] !== undefined && settings[key] !== channel.settings[key],
      );
      const { plan } = this;
      this.#least('usual settings', differing, (kept) => {
        const mixed = Object.fromEntries(
          Object.entries(channel.settings).map(([key, value]) => [
            key,
            differing.includes(key) && !kept.includes(key) ? (settings[key] ?? value) : value,
          ]),
        );
        return { ...plan, channels: plan.channels.with(at, { ...channel, settings: mixed }) };
      });
    });
  }

  #faults(mostPieces?: number): void {
    const { plan } = this;
    this.#least('drop faults', plan.faults, (part) => withFaults(plan, part), mostPieces);
  }

  #operations(mostPieces?: number): void {
    const { plan } = this;
    this.#least('drop operations', plan.operations, (part) => ({ ...plan, operations: part }), mostPieces);
  }

  #redrawn(): void {
    for (const drawn of redrawnPlans(this.plan, MOST_REDRAWN)) {
      if (this.spent || this.#try('draw anew', drawn)) return;
    }
  }

  #shorterLoad(): void {
    for (let isShorter = true; isShorter; ) {
      const { healAtMs } = this.plan.closing;
      const lastMs = Math.max(
        0,
        // Who lies until the heal lies to the end, whenever that is.
        ...this.plan.faults
          .filter(({ type, untilMs }) => type !== 'byzantine' || untilMs < healAtMs)
          .map((fault) => fault.untilMs),
        ...this.plan.operations.map((operation) => operation.atMs + 1),
      );
      const wanted = [lastMs, healAtMs / 4, healAtMs / 2, (3 * healAtMs) / 4, (7 * healAtMs) / 8];
      isShorter = wanted
        .map((atMs) => Math.max(SHORTEST_LOAD_MS, Math.ceil(atMs / 500) * 500))
        .filter((atMs) => atMs < healAtMs)
        .some((atMs) => this.#try('shorter load', withHealAt(this.plan, atMs)));
    }
  }

  #members(): void {
    // From the last: the first ones are those through which all others join.
    for (const { name } of this.plan.members.toReversed()) this.#without([name]);
    for (let isFewer = true; isFewer; ) isFewer = groupsToDrop(this.plan).some((group) => this.#without(group));
  }

  /** Takes members out with all that they were to do; else leaves it to another one. */
  #without(group: readonly string[]): boolean {
    const { plan } = this;
    const rest = new Set(plan.members.map(({ name }) => name).filter((name) => !group.includes(name)));
    if (rest.size < LEAST_MEMBERS) return false;
    if (this.#try('fewer members', withMembers(plan, rest))) return true;
    if (!plan.operations.some(({ member }) => group.includes(member))) return false;
    return this.#try('fewer members', withMembers(plan, rest, heirAmong(plan, rest)));
  }

  #fewerLargerValues(): void {
    const { plan } = this;
    if (plan.operations.length <= READABLE.operations) return;
    const large = plan.operations.map(withLargeValue);
    this.#least('fewer, larger values', large, (part) => ({ ...plan, operations: part }));
  }

  #smallerValues(): void {
    this.plan.operations.forEach((_, at) => {
      for (let isSmaller = true; isSmaller; ) {
        const { operations } = this.plan;
        const operation = operations[at];
        const candidates = operation === undefined ? [] : withSmallerValue(operation);
        isSmaller = candidates.some((smaller) =>
          this.#try('smaller values', { ...this.plan, operations: operations.with(at, smaller) }),
        );
      }
    });
  }

  #fewerLikelierFaults(): void {
    for (const { id } of this.plan.faults) {
      for (let at = 0; this.plan.operations.length > READABLE.operations; at++) {
        const { plan } = this;
        const index = plan.faults.findIndex((fault) => fault.id === id);
        const fault = plan.faults[index];
        const likelier = fault && likelierFaults(fault)[at];
        if (likelier === undefined) break;
        const changed = withFaults(plan, plan.faults.with(index, likelier));
        this.#least('fewer operations, likelier fault', plan.operations, (part) => ({ ...changed, operations: part }));
      }
    }
  }

  /** A lie may need much beside it where another one would do alone. */
  #fewerOtherLies(): void {
    for (const { id } of this.plan.faults) {
      for (let at = 0; !isReadable(this.plan); at++) {
        const { plan } = this;
        const index = plan.faults.findIndex((fault) => fault.id === id);
        const fault = plan.faults[index];
        const behaviour = fault?.type === 'byzantine' ? this.#lies(fault.channel)[at] : undefined;
        if (fault?.type !== 'byzantine' || behaviour === undefined) break;
        const faults = plan.faults.with(index, { ...fault, behaviour });
        this.#least('fewer faults, another lie', faults, (part) => withFaults(plan, part));
        const { plan: changed } = this;
        if (changed === plan) continue;
        this.#least('drop operations', changed.operations, (part) => ({ ...changed, operations: part }));
      }
    }
  }

  #lies(channel: string): readonly string[] {
    const protocol = this.plan.channels.find(({ name }) => name === channel)?.protocol;
    return protocol === undefined ? [] : this.#options.liesOf(protocol);
  }

  #fewerJoinedFaults(): void {
    for (let isFewer = true; isFewer && this.plan.faults.length > READABLE.faults; ) {
      const { plan } = this;
      isFewer = plan.faults.some((fault, at) =>
        plan.faults.slice(at + 1).some((other) =>
          joinedFaults(fault, other).some((joined) => {
            const rest = plan.faults.with(at, joined).filter((one) => one !== other);
            return this.#try('join faults', withFaults(plan, rest));
          }),
        ),
      );
    }
  }

  #eachFault(): void {
    const names = this.plan.members.map(({ name }) => name);
    for (const { id } of this.plan.faults) {
      for (let isSimpler = true; isSimpler; ) {
        const at = this.plan.faults.findIndex((fault) => fault.id === id);
        const fault = this.plan.faults[at];
        if (fault === undefined) break;
        isSimpler = simplerFaults(fault, names).some((simpler) =>
          this.#try(`narrow ${id}`, withFaults(this.plan, this.plan.faults.with(at, simpler))),
        );
      }
    }
  }

  /** Few operations are worth reading: those at rounder times. */
  #roundOperations(): void {
    const { operations } = this.plan;
    if (operations.length > 20) return;
    operations.forEach((operation, at) => {
      for (const unitMs of [1000, 100]) {
        const atMs = Math.floor(operation.atMs / unitMs) * unitMs;
        if (atMs === operation.atMs) return;
        const moved = inOrder(this.plan.operations.with(at, { ...operation, atMs }));
        if (moved !== undefined && this.#try('rounder times', { ...this.plan, operations: moved })) return;
      }
    });
  }
}

/** undefined: they would have to change places. */
function inOrder(operations: readonly PlannedOperation[]): readonly PlannedOperation[] | undefined {
  return operations.every((operation, i) => i === 0 || (operations[i - 1]?.atMs ?? 0) <= operation.atMs)
    ? operations
    : undefined;
}
