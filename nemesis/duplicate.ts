/** Delivers datagrams twice. */
import type { Nemesis } from '../harness/model/nemesis.ts';
import { parseShare } from '../harness/model/units.ts';
import { drawShare, perWindow, singleArgument } from './link-argument.ts';

interface DuplicateArgument {
  readonly probability: number;
}

export const duplicate: Nemesis = {
  type: 'duplicate',
  flag: '--duplicate <p>',
  doc: 'delivers this share of all datagrams twice: 0.1 or 10%',
  colour: '#16a085',
  family: 'link',
  heal: 'each datagram arrives once again',
  parse: (text): DuplicateArgument => ({
    probability: parseShare(singleArgument(text, '--duplicate', '--duplicate 0.1'), '--duplicate'),
  }),
  plan: (argument: DuplicateArgument, context) =>
    perWindow(context, () => ({ type: 'duplicate' as const, links: 'all' as const, ...argument })),
  draw: (random): DuplicateArgument => ({ probability: drawShare(random.next(), 0.01, 0.5) }),
};
