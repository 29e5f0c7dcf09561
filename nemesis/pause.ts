/** Stops members as a long garbage collection or a suspended virtual machine would (SIGSTOP), and continues them. */
import type { Nemesis } from '../harness/model/nemesis.ts';
import { perWindow } from './link-argument.ts';
import { chooseVictims, drawTargets, parseTargets, TARGETS_HELP, type Targets } from './targets.ts';

export const pause: Nemesis = {
  type: 'pause',
  flag: '--pause [targets]',
  doc: `stops members and continues them later; targets: ${TARGETS_HELP} (default minority)`,
  colour: '#34495e',
  family: 'process',
  heal: 'the members are continued',
  parse: (text) => parseTargets(text, '--pause'),
  plan: (targets: Targets, context) =>
    perWindow(context, () => ({
      type: 'pause' as const,
      targets: chooseVictims(targets, context.members, context.random, '--pause'),
    })),
  draw: drawTargets,
};
