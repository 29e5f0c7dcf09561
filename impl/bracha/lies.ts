/**
 * What Byzantine members of a reliable broadcast do. What they say of an instance depends on the instance and
 * the peer alone: retransmissions tell the same story, and several liars support each other's without a word between
 * them. That is the strongest they can be: f of them change nothing, f + 1 can break what the protocol promises.
 */
import { flood, othersOf, replay, retelling, speaking, told } from '../primitives/lying.ts';
import type { Lie, Told } from '../protocol.ts';
import { type BrachaMessage, ECHO, READY, SEND, type Vote } from './messages.ts';
import type { BrachaSettings } from './settings.ts';

const FORGED = '~';

/** The value and its forgery, told apart by the mark at the end, whichever of the two is given. */
function genuine(value: string): string {
  return value.endsWith(FORGED) ? value.slice(0, -FORGED.length) : value;
}

/**
 * Tells one half of the members the value and the other half a forgery, in SEND, ECHO and READY alike. The halves
 * rotate with the instance, so that in the long run liars split correct members whoever they are.
 */
const equivocate: Lie<BrachaMessage, BrachaSettings> = ({ roster }) => {
  const n = roster.length;
  return retelling((message, to) => {
    const index = roster.indexOf(to);
    const votes = message.votes.map((vote): Vote => {
      const [phase, origin, life, sequence, value] = vote;
      const forged = 2 * ((index + sequence) % n) >= n;
      return [phase, origin, life, sequence, genuine(value) + (forged ? FORGED : '')];
    });
    return { ...message, votes };
  });
};

/**
 * Says nothing at all, in any phase, to f = floor((n - 1) / 3) members, others for each instance, and acknowledges
 * what they say, so that they do not ask again.
 */
const withhold: Lie<BrachaMessage, BrachaSettings> = ({ roster }) => {
  const n = roster.length;
  const starved = Math.floor((n - 1) / 3);
  return retelling((message, to) => {
    const index = roster.indexOf(to);
    const votes = message.votes.filter(
      ([, origin, , sequence]) => (index + 2 * n - 1 - origin - (sequence % n)) % n >= starved,
    );
    return votes.length === 0 && message.acks.length === 0 ? undefined : { ...message, votes };
  });
};

const PHASES = [SEND, ECHO, READY] as const;
const FORGE_EVERY_MS = 500;
/** Votes that a forger repeats. */
const REPEATED_VOTES = 18;
/** Instances of others that a liar invents start here. */
const FORGED_SEQUENCE = 1_000_000;

/**
 * Votes in every phase for broadcasts that others never made, and again for the last few. All liars invent the same ones,
 * so that f + 1 of them are enough for what f cannot do.
 */
const forge: Lie<BrachaMessage, BrachaSettings> = (context) => {
  const { self, roster } = context;
  const others = othersOf(context);
  const latest: Vote[] = [];
  let count = 0;
  return speaking(FORGE_EVERY_MS, () => {
    count++;
    const origin = count % roster.length;
    const name = (phase: Vote[0]): Vote => [phase, origin, 1, FORGED_SEQUENCE + count, `forged ${count}`];
    if (roster[origin] !== self) latest.push(...PHASES.map(name));
    latest.splice(0, latest.length - REPEATED_VOTES);
    const message: BrachaMessage = { votes: [...latest], acks: [], ackedLife: 0 };
    return latest.length === 0 ? [] : others.map((to): Told<BrachaMessage> => ({ to, message }));
  });
};

/** Each vote of a phase twice, for the value and for its forgery; to each half of the members the other comes first. */
const voteTwice: Lie<BrachaMessage, BrachaSettings> = ({ roster }) => ({
  tell(to, message, stream) {
    const forged = message.votes.map((vote): Vote => {
      const [phase, origin, life, sequence, value] = vote;
      return [phase, origin, life, sequence, genuine(value) + FORGED];
    });
    const pair = [told(to, message, stream)];
    if (forged.length > 0) pair.push(told(to, { ...message, votes: forged, acks: [] }, stream));
    return roster.indexOf(to) % 2 === 0 ? pair : pair.reverse();
  },
});

export const brachaLies: Readonly<Record<string, Lie<BrachaMessage, BrachaSettings>>> = {
  equivocate,
  withhold,
  forge,
  replay,
  flood,
  'vote-twice': voteTwice,
  /** Passes on what it broadcasts itself, and has no part in what others broadcast; it acknowledges all. */
  select: ({ self, roster }) => {
    const own = roster.indexOf(self);
    return retelling((message) => ({ ...message, votes: message.votes.filter((vote) => vote[1] === own) }));
  },
  /** Votes for a forgery of whatever is broadcast, the same one to everybody. */
  corrupt: ({ self, roster }) => {
    const own = roster.indexOf(self);
    return retelling((message) => ({
      ...message,
      votes: message.votes.map((vote): Vote => {
        const [phase, origin, life, sequence, value] = vote;
        return origin === own ? vote : [phase, origin, life, sequence, genuine(value) + FORGED];
      }),
    }));
  },
};
