/**
 * When every member believed every other one up: only then does a channel that draws its peers from membership know
 * whom to tell. Suspects are still peers.
 */
import type { ObserveLine } from '../../harness/model/history.ts';

export class PeerBeliefs {
  /** Whether anybody said anything. */
  heard = false;
  readonly #index: ReadonlyMap<string, number>;
  readonly #known: Uint8Array;
  #unknown: number;
  /** Half-open stretches in which some member did not believe some other one up, ns. */
  readonly #gaps: { from: number; until: number }[] = [{ from: Number.NEGATIVE_INFINITY, until: Infinity }];

  constructor(roster: readonly string[]) {
    this.#index = new Map(roster.map((name, i) => [name, i]));
    this.#known = new Uint8Array(roster.length * roster.length);
    this.#unknown = roster.length * (roster.length - 1);
    if (this.#unknown === 0) this.#gaps.length = 0;
  }

  status(line: Extract<ObserveLine, { kind: 'status' }>): void {
    this.heard = true;
    const up = line.status === 'alive' || line.status === 'suspect';
    this.#set(line.member, line.subject, up, line.time);
  }

  /** A member that boots has yet to learn of everybody. */
  boot(member: string, time: number): void {
    for (const subject of this.#index.keys()) this.#set(member, subject, false, time);
  }

  #set(observer: string, subject: string, up: boolean, time: number): void {
    const i = this.#index.get(observer);
    const j = this.#index.get(subject);
    if (i === undefined || j === undefined || i === j) return;
    const at = i * this.#index.size + j;
    if ((this.#known[at] === 1) === up) return;
    this.#known[at] = up ? 1 : 0;
    const before = this.#unknown;
    this.#unknown += up ? -1 : 1;
    const last = this.#gaps.at(-1);
    if (this.#unknown === 0 && last !== undefined) last.until = time;
    else if (before === 0) this.#gaps.push({ from: time, until: Infinity });
  }

  /** All believed up by all during all of [from, until]. */
  completeThroughout(from: number, until: number): boolean {
    return this.#gaps.every((gap) => gap.from > until || gap.until <= from);
  }
}
