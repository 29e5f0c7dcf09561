/** Flips bits in datagrams. The receiver's checksum must turn that into loss. */
import type { Nemesis } from '../harness/model/nemesis.ts';
import { parseShare } from '../harness/model/units.ts';
import { drawShare, perWindow, singleArgument } from './link-argument.ts';

interface CorruptArgument {
  readonly probability: number;
}

export const corrupt: Nemesis = {
  type: 'corrupt',
  flag: '--corrupt <p>',
  doc: 'flips bits in this share of all datagrams: 0.05 or 5%',
  colour: '#8e44ad',
  family: 'link',
  heal: 'datagrams arrive as they were sent again',
  parse: (text): CorruptArgument => ({
    probability: parseShare(singleArgument(text, '--corrupt', '--corrupt 0.05'), '--corrupt'),
  }),
  plan: (argument: CorruptArgument, context) =>
    perWindow(context, () => ({ type: 'corrupt' as const, links: 'all' as const, ...argument })),
  draw: (random): CorruptArgument => ({ probability: drawShare(random.next(), 0.01, 0.2) }),
};
