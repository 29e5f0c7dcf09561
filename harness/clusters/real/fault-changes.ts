/**
 * Changes of the faults in force, one after the other. Where the members' own programs make every fault, each is simply
 * told. Where the kernel makes some, its rules and the members' epoch cannot change at one instant, and what is sent in
 * one epoch and meets another's rules would count for the wrong fault. So around a change members are told an epoch
 * that counts for nothing; once each of them has said that it heard, and what is under way has arrived, the rules are
 * changed, and only then the new epoch is told.
 *
 * On a busy machine a member may be late to hear. It is waited for, since a plan's times matter less than that each
 * datagram counts for the faults that it met; where even that has an end, the epoch is said to have overrun, and what those
 * members sent in it counts for nothing either.
 */
import { isLinkFault, type PlannedFault } from '../../model/fault.ts';
import { BETWEEN_EPOCHS } from '../../node/control.ts';
import type { FaultMaker } from './site.ts';

export interface ChangeTimes {
  /** How long a member that is not stopped may take to hear, ms. */
  readonly hearingMs: number;
  /** What faults hold back is waited for so long at most, ms: the plan's times are to be kept, too. */
  readonly mostDrainMs: number;
  /** What is under way without any fault needs this long, ms: a kernel puts work off when others want the processor. */
  readonly transitMs: number;
  /** What members' own programs hold back all through the run, ms: the latency of the plan's links. */
  readonly baseMs: number;
}

const USUAL: ChangeTimes = { hearingMs: 5000, mostDrainMs: 5000, transitMs: 20, baseMs: 0 };

/** What the members' own programs are told. */
export interface Told {
  readonly epoch: number;
  readonly active: readonly PlannedFault[];
}

export interface FaultChangeEvents {
  /** Tells every running member; returns the names of those from whom `heard` will come soon. */
  tell(told: Told): readonly string[];
  /** What these members sent in that epoch may have met the rules of the next one. */
  overrun(epoch: number, members: readonly string[] | 'all'): void;
  failed(error: Error): void;
}

export class FaultChanges {
  readonly #maker: FaultMaker | undefined;
  readonly #events: FaultChangeEvents;
  readonly #times: ChangeTimes;
  #told: Told = { epoch: 0, active: [] };
  /** What the kernel does. */
  #acting: readonly PlannedFault[] = [];
  #queue: Promise<void> = Promise.resolve();
  #closed = false;
  readonly #awaited = new Set<string>();
  #allHeard: () => void = () => undefined;
  #skipPause: () => void = () => undefined;

  constructor(maker: FaultMaker | undefined, events: FaultChangeEvents, times: Partial<ChangeTimes> = {}) {
    this.#maker = maker;
    this.#events = events;
    this.#times = { ...USUAL, ...times };
    maker?.onFailure?.((error) => {
      if (this.#closed) return;
      this.#closed = true;
      events.failed(error);
    });
  }

  /** What a member that starts now is to be told. */
  get told(): Told {
    return this.#told;
  }

  /** Whether faults of links act that are made outside the members' programs. */
  get actOnLinks(): boolean {
    return this.#acting.some(isLinkFault);
  }

  change(epoch: number, active: readonly PlannedFault[]): void {
    const maker = this.#maker;
    if (maker === undefined) this.#tell({ epoch, active });
    else {
      const askedAtMs = performance.now();
      this.#enqueue(() => this.#change(maker, epoch, active, askedAtMs));
    }
  }

  /** Applies what acts to a member's new process, then calls back. */
  restarted(member: string, done: () => void): void {
    const maker = this.#maker;
    if (maker === undefined) done();
    else
      this.#enqueue(async () => {
        await maker.restarted(member, this.#acting);
        done();
      });
  }

  /** A member has carried out what it was told. */
  heard(member: string, epoch: number): void {
    if (epoch === this.#told.epoch) this.silent(member);
  }

  /** A member has ended or been stopped: nothing will be heard from it. */
  silent(member: string): void {
    if (this.#awaited.delete(member) && this.#awaited.size === 0) this.#allHeard();
  }

  /** Resolves once nothing is being changed; what is asked for later is not done. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#allHeard();
    this.#skipPause();
    await this.#queue;
  }

  async #change(maker: FaultMaker, epoch: number, active: readonly PlannedFault[], askedAtMs: number): Promise<void> {
    const made = active.filter((fault) => maker.makes(fault));
    const own = active.filter((fault) => !maker.makes(fault));
    if (!sameFaults(made, this.#acting)) {
      // Clocks do nothing to what is under way.
      if (!sameFaults(made.filter(isLinkFault), this.#acting.filter(isLinkFault))) await this.#settle(maker, made);
      if (this.#closed) return;
      await maker.apply(made, performance.now() - askedAtMs);
      this.#acting = made;
    }
    this.#tell({ epoch, active: own });
  }

  /** Ends the epoch, and waits until what was sent in it has met all rules that it is to meet. */
  async #settle(maker: FaultMaker, made: readonly PlannedFault[]): Promise<void> {
    const { epoch, active } = this.#told;
    const late = await this.#tellAndWait({ epoch: BETWEEN_EPOCHS, active });
    if (late.length > 0) this.#events.overrun(epoch, late);
    await this.#pause(this.#times.transitMs + this.#times.baseMs);
    const holding = this.#acting.filter((fault) => maker.holdsMs(fault) > 0);
    if (holding.length === 0) return;
    // What ends and held datagrams back acts on new ones no longer; those that it has are let go in their time.
    const next = new Set(made.map(({ id }) => id));
    const rest = this.#acting.filter((fault) => next.has(fault.id) || !holding.includes(fault));
    if (sameFaults(rest.filter(isLinkFault), made.filter(isLinkFault))) return;
    if (this.#closed) return;
    if (!sameFaults(rest, this.#acting)) {
      await maker.apply(rest, 0);
      this.#acting = rest;
    }
    // They are to meet, behind what held them back, the rules that they were sent under.
    const ms = holding.reduce((sum, fault) => sum + maker.holdsMs(fault), 0);
    if (ms > this.#times.mostDrainMs) this.#events.overrun(epoch, 'all');
    await this.#pause(Math.min(this.#times.mostDrainMs, ms));
  }

  #tell(told: Told): readonly string[] {
    this.#told = told;
    return this.#events.tell(told);
  }

  /** Returns who had not heard when the time for it was over. */
  async #tellAndWait(told: Told): Promise<readonly string[]> {
    this.#awaited.clear();
    for (const member of this.#tell(told)) this.#awaited.add(member);
    if (this.#awaited.size === 0) return [];
    let alarm: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#allHeard = resolve;
      alarm = setTimeout(resolve, this.#times.hearingMs);
    });
    clearTimeout(alarm);
    const late = this.#closed ? [] : [...this.#awaited];
    this.#awaited.clear();
    return late;
  }

  async #pause(ms: number): Promise<void> {
    if (this.#closed) return;
    let alarm: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#skipPause = resolve;
      alarm = setTimeout(resolve, ms);
    });
    clearTimeout(alarm);
  }

  #enqueue(action: () => Promise<void>): void {
    this.#queue = this.#queue.then(async () => {
      if (this.#closed) return;
      try {
        await action();
      } catch (error) {
        this.#closed = true;
        this.#events.failed(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }
}

function sameFaults(some: readonly PlannedFault[], others: readonly PlannedFault[]): boolean {
  return some.length === others.length && some.every((fault, i) => fault.id === others[i]?.id);
}
