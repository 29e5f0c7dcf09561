/**
 * Members come and go: at a steady rate a random member is killed and restarted with its state, killed and restarted
 * without, or leaves and joins again as a new life. Never more than a minority is away at once.
 */

import { UserError } from '../harness/model/errors.ts';
import type { Nemesis, NemesisContext, UnnumberedFault } from '../harness/model/nemesis.ts';
import { parseRate } from '../harness/model/units.ts';
import type { Random } from '../impl/protocol.ts';
import { singleArgument } from './link-argument.ts';
import { minorityOf } from './targets.ts';

interface ChurnArgument {
  readonly ratePerSecond: number;
}

/** Away for at most this long, long enough that the quick profile's detectors notice. */
const AWAY_MS = 5000;
/** Shorter absences would be over before a process has even started again. */
const SHORTEST_MS = 500;

type Step = 'kill-with-state' | 'kill-without-state' | 'leave';

export const churn: Nemesis = {
  type: 'churn',
  flag: '--churn <rate>',
  doc: `members are killed or leave, and come back within ${AWAY_MS / 1000} s, at this rate in all: 6/min or 0.2/s`,
  colour: '#7d5a3c',
  family: 'process',
  share: [0.1, 0.9],
  heal: 'everybody who is away comes back',
  parse: (text): ChurnArgument => ({
    ratePerSecond: parseRate(singleArgument(text, '--churn', '--churn 6/min'), '--churn', { max: 1000 }),
  }),
  plan(argument: ChurnArgument, context) {
    const faults = context.windows.flatMap((window) => churnWithin(argument.ratePerSecond, window, context));
    if (faults.length === 0) {
      const longest = Math.max(0, ...context.windows.map(({ atMs, untilMs }) => untilMs - atMs));
      throw new UserError(
        '--churn plans nothing: its rate is below one event per window',
        `${perMinute(argument.ratePerSecond)}/min`,
        longest === 0
          ? 'lengthen --time'
          : `take at least ${perMinute(1000 / longest, Math.ceil)}/min or lengthen --time`,
      );
    }
    return faults;
  },
  // At least one event in the shortest load that a search draws, and no more than a minority of four can bear.
  draw: (random): ChurnArgument => ({ ratePerSecond: (8 + random.int(17)) / 60 }),
};

function perMinute(ratePerSecond: number, round: (value: number) => number = Math.round): number {
  return round(ratePerSecond * 60 * 100) / 100;
}

function churnWithin(
  ratePerSecond: number,
  window: { readonly atMs: number; readonly untilMs: number },
  context: NemesisContext,
): UnnumberedFault[] {
  const gapMs = 1000 / ratePerSecond;
  const awayMs = awayAtMost(gapMs, context.members.length, ratePerSecond);
  const back = new Map<string, number>();
  const faults: UnnumberedFault[] = [];
  const count = Math.floor((window.untilMs - window.atMs) / gapMs + 1e-9);
  for (let index = 0; index < count; index++) {
    const atMs = Math.floor(window.atMs + (index + context.random.next() / 2) * gapMs);
    const untilMs = Math.min(Math.floor(atMs + awayMs * (0.5 + context.random.next() / 2)), window.untilMs);
    const here = context.members.filter((name) => (back.get(name) ?? Number.NEGATIVE_INFINITY) < atMs);
    const [victim] = context.random.sample(here, 1);
    const step = drawStep(context.random);
    if (victim === undefined || untilMs <= atMs) continue;
    back.set(victim, untilMs);
    faults.push(faultOf(step, victim, atMs, untilMs));
  }
  return faults;
}

/**
 * Event i begins in the first half of its gap, so that with an absence of at most (minority - 1/2) gaps it is over
 * before event i + minority begins.
 */
function awayAtMost(gapMs: number, n: number, ratePerSecond: number): number {
  const most = minorityOf(n);
  const given = `${perMinute(ratePerSecond)}/min`;
  if (most < 1) {
    throw new UserError(
      `--churn needs 3 members, so that a minority can be away, and there are ${n}`,
      given,
      'raise --nodes',
    );
  }
  const awayMs = Math.min(AWAY_MS, (most - 0.5) * gapMs);
  if (awayMs < SHORTEST_MS) {
    const limit = perMinute(((most - 0.5) * 1000) / SHORTEST_MS, Math.floor);
    const mend = `take at most ${limit}/min or raise --nodes`;
    throw new UserError(`--churn is so fast that more than a minority of ${n} members would be away`, given, mend);
  }
  return awayMs;
}

function drawStep(random: Random): Step {
  const steps = ['kill-with-state', 'kill-without-state', 'leave'] as const;
  return steps[random.int(steps.length)] ?? 'leave';
}

function faultOf(step: Step, victim: string, atMs: number, untilMs: number): UnnumberedFault {
  const targets = [victim];
  if (step === 'leave') return { type: 'leave', targets, rejoin: true, atMs, untilMs };
  const restart = step === 'kill-with-state' ? 'with-state' : 'without-state';
  return { type: 'kill', targets, restart, atMs, untilMs };
}
