/** Lets wall clocks run too fast or too slow. */
import type { Nemesis } from '../harness/model/nemesis.ts';
import { type DriftArgument, drawDrift, parseDrift } from './drift-argument.ts';
import { perWindow } from './link-argument.ts';
import { pickThird } from './targets.ts';

export const clockDrift: Nemesis = {
  type: 'clock-drift',
  flag: '--clock-drift <factor>',
  doc: 'lets the wall clocks of a random third of the members run at this speed: 1.1 or 0.9',
  colour: '#27ae60',
  family: 'clock',
  heal: 'the wall clocks jump back to the right time and speed',
  parse: (text) => parseDrift(text, '--clock-drift'),
  plan: (argument: DriftArgument, context) =>
    perWindow(context, () => ({
      type: 'clock-drift' as const,
      targets: pickThird(context.members, context.random),
      ...argument,
    })),
  draw: drawDrift,
};
