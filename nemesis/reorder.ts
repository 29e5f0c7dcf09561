/** Holds datagrams back so that later ones overtake them. */
import type { Nemesis } from '../harness/model/nemesis.ts';
import { parseShare } from '../harness/model/units.ts';
import { drawShare, perWindow, singleArgument } from './link-argument.ts';

interface ReorderArgument {
  readonly probability: number;
}

/** Longer than the gap between two datagrams of a chatty link, shorter than any time-out of the quick profile. */
const HOLD_MS = 50;

export const reorder: Nemesis = {
  type: 'reorder',
  flag: '--reorder <p>',
  doc: `holds this share of all datagrams back for ${HOLD_MS} ms, so that later ones overtake them: 0.1 or 10%`,
  colour: '#2980b9',
  family: 'link',
  heal: 'no datagram is held back any more',
  parse: (text): ReorderArgument => ({
    probability: parseShare(singleArgument(text, '--reorder', '--reorder 0.1'), '--reorder'),
  }),
  plan: (argument: ReorderArgument, context) =>
    perWindow(context, () => ({ type: 'reorder' as const, links: 'all' as const, ...argument, holdMs: HOLD_MS })),
  draw: (random): ReorderArgument => ({ probability: drawShare(random.next(), 0.01, 0.5) }),
};
