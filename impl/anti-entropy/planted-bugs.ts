/** Anti-entropy with one fault each, for tests that show that a checker convicts it. Everything else is the real code. */
import { createAntiEntropy } from './anti-entropy.ts';

/** Silently never sends the first of its keys in their order: the final maps differ. */
export const antiEntropyDropsKey = createAntiEntropy('anti-entropy-drops-key', 'planted bug: keeps a key to itself', {
  dropsKey: true,
});

/** Acknowledges every fifth write of a member without applying it: an acknowledged write is lost. */
export const antiEntropyForgetsAcknowledged = createAntiEntropy(
  'anti-entropy-forgets-acknowledged',
  'planted bug: acknowledges writes that it does not apply',
  { forgetsEvery: 5 },
);

/** A merge takes the older version: versions go back, and newer writes vanish. */
export const antiEntropyTakesOlder = createAntiEntropy(
  'anti-entropy-takes-older',
  'planted bug: the older version wins',
  { takesOlder: true },
);

/** Every seventh entry taken from another member gets a value that nobody wrote. */
export const antiEntropyInvents = createAntiEntropy('anti-entropy-invents', 'planted bug: makes values up', {
  inventsEvery: 7,
});

/** Writes are ordered by wall clocks alone: under skew an older one wins over one that causally follows it. */
export const antiEntropyWallClock = createAntiEntropy(
  'anti-entropy-wall-clock',
  'planted bug: orders writes by the wall clock',
  { wallClockOnly: true },
);

/** A deleted key takes any value that is offered, however old: what was deleted comes back. */
export const antiEntropyResurrects = createAntiEntropy(
  'anti-entropy-resurrects',
  'planted bug: tombstones give way to older values',
  { resurrects: true },
);
