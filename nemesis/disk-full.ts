/** Takes away the room for members' state: what they persist is refused (ENOSPC) until there is room again. */
import type { Nemesis } from '../harness/model/nemesis.ts';
import { perWindow } from './link-argument.ts';
import { chooseVictims, drawTargets, parseTargets, TARGETS_HELP, type Targets } from './targets.ts';

export const diskFull: Nemesis = {
  type: 'disk-full',
  flag: '--disk-full [targets]',
  doc: `leaves members no room for their state, and gives it back later; targets: ${TARGETS_HELP} (default minority)`,
  colour: '#5e35b1',
  family: 'process',
  heal: 'there is room again, and what waited for it is stored and answered',
  parse: (text) => parseTargets(text, '--disk-full'),
  plan: (targets: Targets, context) =>
    perWindow(context, () => ({
      type: 'disk-full' as const,
      targets: chooseVictims(targets, context.members, context.random, '--disk-full'),
    })),
  draw: drawTargets,
};
