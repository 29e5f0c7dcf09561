/** Test support: what one link carried in one epoch of ten seconds, of which only what a test is about has to be given. */
import type { LinkFault } from '../../harness/model/fault.ts';
import type { LinkSample } from './link-samples.ts';

export type Drawn = Partial<LinkSample>;

export function linkSample(faults: readonly LinkFault[], drawn: Drawn): LinkSample {
  const epoch = { from: 0, until: 1e10, active: faults, last: false };
  return {
    from: 'n1',
    to: 'n2',
    epoch,
    faults,
    cut: false,
    sent: 0,
    received: 0,
    duplicates: 0,
    overtaken: 0,
    corrupted: 0,
    receivedBytes: 0,
    delaySum: 0,
    delayMin: 0,
    delayMax: 0,
    comparable: true,
    senderCounted: true,
    receiverCounted: true,
    allowance: 0,
    heldUp: false,
    senderStarved: false,
    ...drawn,
  };
}
