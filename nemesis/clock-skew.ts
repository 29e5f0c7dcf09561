/** Sets wall clocks wrong, some ahead and some behind. */
import type { Nemesis } from '../harness/model/nemesis.ts';
import { parseDuration } from '../harness/model/units.ts';
import { singleArgument } from './link-argument.ts';
import { pickThird } from './targets.ts';

interface ClockSkewArgument {
  readonly skewMs: number;
}

export const clockSkew: Nemesis = {
  type: 'clock-skew',
  flag: '--clock-skew <ms>',
  doc: 'sets the wall clocks of a random third of the members ahead and behind by this much, in turn: 500ms or 1h',
  colour: '#1abc9c',
  family: 'clock',
  heal: 'the wall clocks jump back to the right time',
  parse: (text): ClockSkewArgument => ({
    skewMs: parseDuration(singleArgument(text, '--clock-skew', '--clock-skew 500ms'), '--clock-skew', { min: 1 }),
  }),
  plan(argument: ClockSkewArgument, context) {
    return context.windows.flatMap(({ atMs, untilMs }) => {
      const victims = context.random.shuffle(pickThird(context.members, context.random));
      const signs = [1, -1].map((sign) => ({
        sign,
        targets: context.members.filter((name) => victims.indexOf(name) % 2 === (sign === 1 ? 0 : 1)),
      }));
      return signs
        .filter(({ targets }) => targets.length > 0)
        .map(({ sign, targets }) => ({
          type: 'clock-skew' as const,
          targets,
          skewMs: sign * argument.skewMs,
          atMs,
          untilMs,
        }));
    });
  },
  draw: (random): ClockSkewArgument => ({ skewMs: 10 * (1 + random.int(500)) }),
};
