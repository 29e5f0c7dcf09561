/**
 * Slows members as Lifeguard's experiments do (Dadgar, Phillips, Currey, arXiv 1707.00788, section V): they block just
 * before each send and just after each receive for a time D, then run freely for a time I, and so on.
 */
import type { Nemesis } from '../harness/model/nemesis.ts';
import { perWindow } from './link-argument.ts';
import { chooseVictims, drawTargets, parseTargets, TARGETS_HELP, type Targets } from './targets.ts';

/** D of the paper's grid (128 ms to 32.8 s): above the quick profile's probe time-outs, so that it is noticed. */
const BLOCK_MS = 1024;
/** I of the paper's grid (1 ms to 16.4 s). */
const FREE_MS = 256;

export const slow: Nemesis = {
  type: 'slow',
  flag: '--slow [targets]',
  doc:
    `blocks members before each send and after each receive, for ${BLOCK_MS} of every ${BLOCK_MS + FREE_MS} ms; ` +
    `targets: ${TARGETS_HELP} (default minority)`,
  colour: '#d35400',
  family: 'process',
  heal: 'the members send and receive without blocking again',
  parse: (text) => parseTargets(text, '--slow'),
  plan: (targets: Targets, context) =>
    perWindow(context, () => ({
      type: 'slow' as const,
      targets: chooseVictims(targets, context.members, context.random, '--slow'),
      blockMs: BLOCK_MS,
      everyMs: BLOCK_MS + FREE_MS,
    })),
  draw: drawTargets,
};
