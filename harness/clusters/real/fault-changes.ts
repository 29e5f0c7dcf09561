/**
 * Changes of the faults in force, one after the other. Where the members' own programs make every fault, each is simply
 * told. Where the kernel makes some, its rules and the members' epoch cannot change at one instant, and what is sent in
 * one epoch and meets another's rules would count for the wrong fault. So around a change members are told an epoch
 * that counts for nothing, what is under way is waited for, the rules are changed, and only then the new epoch is told.
 */
import { isLinkFault, type PlannedFault } from '../../model/fault.ts';
import { BETWEEN_EPOCHS } from '../../node/control.ts';
import type { FaultMaker } from './site.ts';

/** How long a member may take to hear; one that has not by then is too busy to send much. */
const HEARING_MS = 500;
/** What is under way without any fault needs this long, ms. */
const TRANSIT_MS = 3;
/** What faults hold back is waited for so long at most: the plan's times are to be kept too. */
const MOST_DRAIN_MS = 300;

/** What the members' own programs are told. */
export interface Told {
  readonly epoch: number;
  readonly active: readonly PlannedFault[];
}

export interface FaultChangeEvents {
  /** Tells every running member; returns the names of those from whom `heard` will come soon. */
  tell(told: Told): readonly string[];
  failed(error: Error): void;
}

export class FaultChanges {
  readonly #maker: FaultMaker | undefined;
  readonly #events: FaultChangeEvents;
  #told: Told = { epoch: 0, active: [] };
  /** What the kernel does. */
  #acting: readonly PlannedFault[] = [];
  #queue: Promise<void> = Promise.resolve();
  #closed = false;
  readonly #awaited = new Set<string>();
  #allHeard: () => void = () => undefined;

  constructor(maker: FaultMaker | undefined, events: FaultChangeEvents) {
    this.#maker = maker;
    this.#events = events;
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
    await this.#queue;
  }

  async #change(maker: FaultMaker, epoch: number, active: readonly PlannedFault[], askedAtMs: number): Promise<void> {
    const made = active.filter((fault) => maker.makes(fault));
    const own = active.filter((fault) => !maker.makes(fault));
    if (!sameFaults(made, this.#acting)) {
      // Clocks do nothing to what is under way.
      if (!sameFaults(made.filter(isLinkFault), this.#acting.filter(isLinkFault))) {
        await this.#tellAndWait({ epoch: BETWEEN_EPOCHS, active: this.#told.active });
        await pause(drainMs(this.#acting));
      }
      await maker.apply(made, performance.now() - askedAtMs);
      this.#acting = made;
    }
    this.#tell({ epoch, active: own });
  }

  #tell(told: Told): readonly string[] {
    this.#told = told;
    return this.#events.tell(told);
  }

  async #tellAndWait(told: Told): Promise<void> {
    this.#awaited.clear();
    for (const member of this.#tell(told)) this.#awaited.add(member);
    if (this.#awaited.size === 0) return;
    let alarm: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#allHeard = resolve;
      alarm = setTimeout(resolve, HEARING_MS);
    });
    clearTimeout(alarm);
    this.#awaited.clear();
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

/** How long the last message that was sent under these faults may be under way, ms. */
function drainMs(acting: readonly PlannedFault[]): number {
  let ms = 0;
  for (const fault of acting) {
    if (fault.type === 'delay') ms += fault.delayMs + fault.jitterMs;
    else if (fault.type === 'reorder') ms += fault.holdMs;
    else if (fault.type === 'bandwidth') ms += fault.queueMs;
  }
  return TRANSIT_MS + Math.min(MOST_DRAIN_MS, ms);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
