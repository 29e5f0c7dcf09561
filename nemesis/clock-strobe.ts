/** Lets wall clocks leap between the right time and a wrong one, as a host does whose time servers disagree. */
import type { Nemesis } from '../harness/model/nemesis.ts';
import { PLAN_LIMITS } from '../harness/model/plan-limits.ts';
import { parseDuration } from '../harness/model/units.ts';
import { perWindow, splitArgument } from './link-argument.ts';
import { pickThird } from './targets.ts';

interface ClockStrobeArgument {
  readonly skewMs: number;
  readonly everyMs: number;
}

const EVERY_MS = 200;

export const clockStrobe: Nemesis = {
  type: 'clock-strobe',
  flag: '--clock-strobe <ms[,every]>',
  doc:
    `lets the wall clocks of a random third of the members leap ahead by this much and back, in turn, every ` +
    `${EVERY_MS} ms or as often as said: 500ms or 2s,50ms`,
  colour: '#0097a7',
  family: 'clock',
  heal: 'the wall clocks show the right time and stay there',
  parse(text): ClockStrobeArgument {
    const [first, second] = splitArgument(text, '--clock-strobe', '--clock-strobe 500ms or --clock-strobe 2s,50ms');
    const skewMs = parseDuration(first, '--clock-strobe', { min: 1 });
    const everyMs =
      second === undefined
        ? EVERY_MS
        : parseDuration(second, 'the interval of --clock-strobe', { min: PLAN_LIMITS.strobeMs, max: 3_600_000 });
    return { skewMs, everyMs };
  },
  plan: (argument: ClockStrobeArgument, context) =>
    perWindow(context, () => ({
      type: 'clock-strobe' as const,
      targets: pickThird(context.members, context.random),
      ...argument,
    })),
  draw: (random): ClockStrobeArgument => ({
    skewMs: 10 * (1 + random.int(500)),
    everyMs: PLAN_LIMITS.strobeMs * (1 + random.int(25)),
  }),
};
