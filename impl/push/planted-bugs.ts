/** Push gossip with one fault, for tests that show that a checker convicts it. Everything else is the real code. */
import { createPush } from './push.ts';

/** Sends no more than one datagram of its state: keys late in the order stay where they were written. */
export const pushFirstPartOnly = createPush('push-first-part-only', 'planted bug: tells the first keys only', {
  firstPartOnly: true,
});
