/** Polls of the members' views: how many agreed, round by round. */
import type { ViewLine } from '../../harness/model/history.ts';

interface Round {
  time: number;
  members: number;
  readonly digests: Map<string, number>;
}

export interface AgreementRound {
  readonly round: number;
  /** ns, of the round's last answer. */
  readonly time: number;
  readonly answered: number;
  readonly groups: number;
  /** Size of the largest group of equal views. */
  readonly largest: number;
}

const MOST_ROUNDS = 2000;

export class AgreementFold {
  readonly #channels = new Map<string, Map<number, Round>>();

  line(line: ViewLine): void {
    let rounds = this.#channels.get(line.channel);
    if (rounds === undefined) {
      rounds = new Map();
      this.#channels.set(line.channel, rounds);
    }
    let round = rounds.get(line.round);
    if (round === undefined) {
      // The newest rounds are the ones that decide.
      const oldest = rounds.keys().next();
      if (rounds.size >= MOST_ROUNDS && !oldest.done) rounds.delete(oldest.value);
      round = { time: line.time, members: 0, digests: new Map() };
      rounds.set(line.round, round);
    }
    round.time = Math.max(round.time, line.time);
    round.members++;
    round.digests.set(line.digest, (round.digests.get(line.digest) ?? 0) + 1);
  }

  channels(): ReadonlyMap<string, readonly AgreementRound[]> {
    const out = new Map<string, readonly AgreementRound[]>();
    for (const [channel, rounds] of this.#channels) {
      const list = [...rounds].map(([round, { time, members, digests }]) => ({
        round,
        time,
        answered: members,
        groups: digests.size,
        largest: Math.max(...digests.values()),
      }));
      out.set(
        channel,
        list.sort((a, b) => a.round - b.round),
      );
    }
    return out;
  }
}
