/** When the views of a channel's members agreed for good after the heal, from the polls. */
import type { ViewLine } from '../model/history.ts';

interface Round {
  readonly members: Set<string>;
  digest: string;
  mixed: boolean;
  last: number;
}

export class ConvergenceMetric {
  readonly #liars: ReadonlyMap<string, ReadonlySet<string>>;
  #healedAt: number | undefined;
  /** channel -> round -> answers; rounds after the heal only. */
  readonly #rounds = new Map<string, Map<number, Round>>();

  /** `liars`: members that lie, by channel: they owe no agreement. */
  constructor(liars: ReadonlyMap<string, ReadonlySet<string>>) {
    this.#liars = liars;
  }

  heal(time: number): void {
    this.#healedAt ??= time;
  }

  view(line: ViewLine): void {
    if (this.#healedAt === undefined || line.time < this.#healedAt) return;
    if (this.#liars.get(line.channel)?.has(line.member)) return;
    let rounds = this.#rounds.get(line.channel);
    if (rounds === undefined) {
      rounds = new Map();
      this.#rounds.set(line.channel, rounds);
    }
    const round = rounds.get(line.round);
    if (round === undefined) {
      rounds.set(line.round, { members: new Set([line.member]), digest: line.digest, mixed: false, last: line.time });
      return;
    }
    round.members.add(line.member);
    round.mixed ||= round.digest !== line.digest;
    round.last = Math.max(round.last, line.time);
  }

  /**
   * ms from the heal to the last answer of the first round from which on everybody who answered the last round answered
   * and agreed; undefined where the last round did not.
   */
  convergenceMs(channel: string): number | undefined {
    const rounds = [...(this.#rounds.get(channel) ?? [])].sort(([a], [b]) => b - a);
    const everybody = rounds[0]?.[1].members;
    if (everybody === undefined || this.#healedAt === undefined) return undefined;
    let agreedAt: number | undefined;
    for (const [, round] of rounds) {
      if (round.mixed || [...everybody].some((member) => !round.members.has(member))) break;
      agreedAt = round.last;
    }
    return agreedAt === undefined ? undefined : (agreedAt - this.#healedAt) / 1e6;
  }
}
