/** Lets monotonic clocks, and so every timer, run too fast or too slow. */
import type { Nemesis } from '../harness/model/nemesis.ts';
import { type DriftArgument, drawDrift, parseDrift } from './drift-argument.ts';
import { perWindow } from './link-argument.ts';
import { pickThird } from './targets.ts';

export const timerDrift: Nemesis = {
  type: 'timer-drift',
  flag: '--timer-drift <factor>',
  doc: 'lets the timers (monotonic clocks) of a random third of the members run at this speed: 1.1 or 0.9',
  colour: '#2ecc71',
  family: 'clock',
  heal: 'the timers run at the right speed; what they gained stays',
  parse: (text) => parseDrift(text, '--timer-drift'),
  plan: (argument: DriftArgument, context) =>
    perWindow(context, () => ({
      type: 'timer-drift' as const,
      targets: pickThird(context.members, context.random),
      ...argument,
    })),
  draw: drawDrift,
};
