/**
 * The disk of one simulated member. While it is full, records wait for room, and with them all that their steps would
 * let anybody know; messages of such steps are lost, as late they would come all at once.
 */
import type { Records } from '../../../impl/member/member.ts';
import type { Data } from '../../../impl/protocol.ts';
import { durableCopy } from './durable.ts';
import type { HostCounts } from './host-counts.ts';

type Action = () => void;

const NOTHING: readonly Action[] = [];

export class SimDisk {
  readonly #counts: HostCounts;
  readonly #isWatched: boolean;
  /** Durable records of the current life, by channel: copies that nobody else holds. */
  #records = new Map<string, Data[]>();
  #isFull = false;
  /** Records for which there is no room yet, and what may be let known only once they are stored. In order. */
  #unstored: { readonly channel: string; readonly written: Data }[] = [];
  #held: Action[] = [];
  /** Messages of the step that goes on: where it leaves records unstored, they are lost. */
  #departing: Action[] = [];

  /** `isWatched`: what is stored is to be counted. */
  constructor(counts: HostCounts, isWatched: boolean) {
    this.#counts = counts;
    this.#isWatched = isWatched;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  /** Of a new life: nothing is left of the last one. */
  wipe(): void {
    this.#records = new Map();
  }

  /** The process has ended: what waited for room has gone with it. */
  forget(): void {
    this.#unstored = [];
    this.#held = [];
    this.#departing = [];
  }

  /** Where there is room again, what waited for it is stored; what waits for that is due then. */
  setFull(isFull: boolean): void {
    this.#isFull = isFull;
    if (isFull) return;
    for (const { channel, written } of this.#unstored) this.#store(channel, written);
    this.#unstored = [];
  }

  persist(channel: string, record: Data): void {
    const written = durableCopy(record);
    if (this.#isFull) {
      this.#counts.refused();
      this.#unstored.push({ channel, written });
    } else this.#store(channel, written);
  }

  #store(channel: string, written: Data): void {
    if (this.#isWatched) this.#counts.stored(JSON.stringify(written).length);
    const list = this.#records.get(channel);
    if (list === undefined) this.#records.set(channel, [written]);
    else list.push(written);
  }

  read(): Records {
    // A boot may change what it has read; the next one reads what was written.
    return new Map([...this.#records].map(([channel, list]) => [channel, list.map(durableCopy)]));
  }

  /** What a step lets know: with no room for its records it waits until the step's end, and until they are stored. */
  effect(action: Action): void {
    if (this.#isFull) this.#held.push(action);
    else action();
  }

  /** A message that leaves at the step's end, if then all is stored. Only while the disk is full. */
  depart(action: Action): void {
    this.#departing.push(action);
  }

  /** To be called at the end of each step: what is to be done now, in order. */
  takeDue(): readonly Action[] {
    if (this.#held.length === 0 && this.#departing.length === 0) return NOTHING;
    const departing = this.#departing;
    this.#departing = [];
    if (this.#unstored.length > 0) {
      for (const _ of departing) this.#counts.dropped('unstored');
      return NOTHING;
    }
    const held = this.#held;
    this.#held = [];
    return [...held, ...departing];
  }
}
