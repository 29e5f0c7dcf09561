/** Delays datagrams one-way, with uniform jitter, which also reorders them. */
import { UserError } from '../harness/model/errors.ts';
import type { Nemesis } from '../harness/model/nemesis.ts';
import { parseDuration } from '../harness/model/units.ts';
import { perWindow, splitArgument } from './link-argument.ts';

interface DelayArgument {
  readonly delayMs: number;
  readonly jitterMs: number;
}

export const delay: Nemesis = {
  type: 'delay',
  flag: '--delay <ms[,jitter]>',
  doc: 'adds this much one-way delay, plus or minus the jitter: 50ms or 100ms,20ms',
  colour: '#f1c40f',
  family: 'link',
  heal: 'datagrams travel undelayed again',
  parse(text): DelayArgument {
    const [first, second] = splitArgument(text, '--delay', '--delay 50ms or --delay 100ms,20ms');
    const delayMs = parseDuration(first, '--delay', { min: 0.001, max: 60_000 });
    const jitterMs = second === undefined ? 0 : parseDuration(second, 'the jitter of --delay', { max: 60_000 });
    if (jitterMs > delayMs) {
      throw new UserError('the jitter of --delay is larger than the delay', String(text), `take at most ${first}`);
    }
    return { delayMs, jitterMs };
  },
  plan: (argument: DelayArgument, context) =>
    perWindow(context, () => ({ type: 'delay' as const, links: 'all' as const, ...argument })),
  draw(random): DelayArgument {
    const delayMs = 1 + random.int(100);
    return { delayMs, jitterMs: random.int(delayMs + 1) };
  },
};
