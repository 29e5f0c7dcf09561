/** Loses datagrams: each on its own, or in bursts (Gilbert-Elliott). */
import type { Nemesis } from '../harness/model/nemesis.ts';
import { parseNumber, parseShare } from '../harness/model/units.ts';
import { drawShare, perWindow, splitArgument } from './link-argument.ts';

interface LossArgument {
  readonly probability: number;
  /** Mean number lost in a row. */
  readonly burst?: number;
}

export const loss: Nemesis = {
  type: 'loss',
  flag: '--loss <p[,burst]>',
  doc: 'loses this share of all datagrams, in the long run: 0.1 or 10%; with a burst, that many in a row on average',
  colour: '#e67e22',
  family: 'link',
  heal: 'nothing is lost on purpose any more',
  parse(text): LossArgument {
    const [share, burst] = splitArgument(text, '--loss', '--loss 0.1 or --loss 10%,5');
    const probability = parseShare(share, '--loss');
    if (burst === undefined) return { probability };
    return { probability, burst: parseNumber(burst, 'the burst of --loss', 1, 1000) };
  },
  plan: (argument: LossArgument, context) =>
    perWindow(context, () => ({ type: 'loss' as const, links: 'all' as const, ...argument })),
  draw(random): LossArgument {
    const probability = drawShare(random.next(), 0.01, 0.3);
    return random.next() < 0.3 ? { probability, burst: 2 + random.int(6) } : { probability };
  },
};
