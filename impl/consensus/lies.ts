/** What Byzantine members of a consensus do. Any of the first three breaks a consensus that bears crashes alone. */
import { flood, replay, retelling, told, withhold } from '../primitives/lying.ts';
import type { Lie } from '../protocol.ts';
import { BALLOT, type ConsensusMessage, DECIDED, type Item, MAX_VALUE_BYTES, VOTE } from './messages.ts';
import type { ConsensusSettings } from './settings.ts';

const FORGED = '~';

function altered(value: string): string {
  return value.length > MAX_VALUE_BYTES / 4 ? value : value + FORGED;
}

/** The item with another value in it. */
function withOther(item: Item): Item {
  switch (item[0]) {
    case DECIDED:
      return [DECIDED, item[1], altered(item[2])];
    case BALLOT:
      return [BALLOT, item[1], item[2], altered(item[3]), item[4] === null ? null : altered(item[4])];
    default:
      return [VOTE, item[1], item[2], item[3], item[4], item[5] === null ? null : altered(item[5])];
  }
}

export const consensusLies: Readonly<Record<string, Lie<ConsensusMessage, ConsensusSettings>>> = {
  withhold,
  replay,
  flood,
  /** Tells one half of the members other values than the other half, in votes, proposals and decisions alike. */
  equivocate: ({ roster }) =>
    retelling((message, to) =>
      roster.indexOf(to) % 2 === 0 ? message : { ...message, items: message.items.map(withOther) },
    ),
  /** Votes for a value and, in the same ballot, for another one: to each half of the members the other comes first. */
  'vote-twice': ({ self, roster }) => ({
    tell(to, message, stream) {
      const own = roster.indexOf(self);
      const again = message.items.map((item) => (item[0] === VOTE && item[2] === own ? withOther(item) : item));
      const pair = [told(to, message, stream), told(to, { ...message, items: again }, stream)];
      return roster.indexOf(to) % 2 === 0 ? pair : pair.reverse();
    },
  }),
  /** Says that other values were decided than really were. */
  corrupt: () =>
    retelling((message) => ({
      ...message,
      items: message.items.map((item) => (item[0] === DECIDED ? withOther(item) : item)),
    })),
};
