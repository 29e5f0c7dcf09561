/** Kills members (SIGKILL) and restarts them at the end of the window, with what they had persisted or without. */
import type { Nemesis } from '../harness/model/nemesis.ts';
import { perWindow } from './link-argument.ts';
import { chooseVictims, drawTargets, parseTargets, TARGETS_HELP, type Targets } from './targets.ts';

export const kill: Nemesis = {
  type: 'kill',
  flag: '--kill [targets]',
  doc:
    `kills members and restarts them later with their state, or without (--restart-without-state); ` +
    `targets: ${TARGETS_HELP} (default minority)`,
  colour: '#000000',
  family: 'process',
  // Long enough that at 30 s of load and quick settings the dead must be noticed before they come back.
  share: [0.2, 0.8],
  heal: 'the members are started again',
  parse: (text) => parseTargets(text, '--kill'),
  plan: (targets: Targets, context) =>
    perWindow(context, () => ({
      type: 'kill' as const,
      targets: chooseVictims(targets, context.members, context.random, '--kill'),
      restart: context.withoutState ? ('without-state' as const) : ('with-state' as const),
    })),
  draw: drawTargets,
};
