/**
 * What Byzantine members of a reliable broadcast do. Both lies are functions of the instance and the peer alone:
 * retransmissions tell the same story, and several liars support each other's without a word between them. That is the
 * strongest they can be: f of them change nothing, f + 1 can break what the protocol promises.
 */
import type { Lie } from '../protocol.ts';
import type { BrachaMessage, Vote } from './messages.ts';

const FORGED = '~';

/** The value and its forgery, told apart by the mark at the end, whichever of the two is given. */
function genuine(value: string): string {
  return value.endsWith(FORGED) ? value.slice(0, -FORGED.length) : value;
}

/**
 * Tells one half of the members the value and the other half a forgery, in SEND, ECHO and READY alike. The halves
 * rotate with the instance, so that in the long run liars split correct members whoever they are.
 */
export const equivocate: Lie<BrachaMessage> = ({ roster }) => {
  const n = roster.length;
  return (to, message) => {
    const index = roster.indexOf(to);
    const votes = message.votes.map((vote): Vote => {
      const [phase, origin, life, sequence, value] = vote;
      const forged = 2 * ((index + sequence) % n) >= n;
      return [phase, origin, life, sequence, genuine(value) + (forged ? FORGED : '')];
    });
    return [{ ...message, votes }];
  };
};

/**
 * Says nothing at all, in any phase, to f = floor((n - 1) / 3) members, others for each instance, and acknowledges
 * what they say, so that they do not ask again.
 */
export const withhold: Lie<BrachaMessage> = ({ roster }) => {
  const n = roster.length;
  const starved = Math.floor((n - 1) / 3);
  return (to, message) => {
    const index = roster.indexOf(to);
    const votes = message.votes.filter(
      ([, origin, , sequence]) => (index + 2 * n - 1 - origin - (sequence % n)) % n >= starved,
    );
    return votes.length === 0 && message.acks.length === 0 ? [] : [{ ...message, votes }];
  };
};
