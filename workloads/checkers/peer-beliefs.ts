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
  /** By pair, times at which the first came to believe the second up, or ceased to, by turns; ns. */
  readonly #turns = new Map<number, number[]>();

  constructor(roster: readonly string[]) {
    this.#index = new Map(roster.map((name, i) => [name, i]));
    this.#known = new Uint8Array(roster.length * roster.length);
    this.#unknown = roster.length * (roster.length - 1);
    if (this.#unknown === 0) this.#gaps.length = 0;
  }

  status(line: Extract<ObserveLine, { kind: 'status' | 'recall' }>): void {
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
    const turns = this.#turns.get(at);
    if (turns === undefined) this.#turns.set(at, [time]);
    else turns.push(time);
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

  /** Each of these members believed each other of them up during all of [from, until]. */
  completeAmong(members: readonly string[], from: number, until: number): boolean {
    if (this.completeThroughout(from, until)) return true;
    return members.every((observer) =>
      members.every((subject) => observer === subject || this.#knownThroughout(observer, subject, from, until)),
    );
  }

  #knownThroughout(observer: string, subject: string, from: number, until: number): boolean {
    const i = this.#index.get(observer);
    const j = this.#index.get(subject);
    if (i === undefined || j === undefined) return false;
    // Turns alternate, the first one up: known from each even one to the one behind it.
    const turns = this.#turns.get(i * this.#index.size + j) ?? [];
    return turns.some((time, at) => at % 2 === 0 && time <= from && (turns[at + 1] ?? Infinity) > until);
  }
}
