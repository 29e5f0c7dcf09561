/** Starves members of processor time, as a noisy neighbour or a container's quota would. */

import { UserError } from '../harness/model/errors.ts';
import type { Nemesis } from '../harness/model/nemesis.ts';
import { PLAN_LIMITS } from '../harness/model/plan-limits.ts';
import { parseShare } from '../harness/model/units.ts';
import { perWindow, singleArgument } from './link-argument.ts';
import { pickThird } from './targets.ts';

interface CpuArgument {
  readonly share: number;
}

export const cpu: Nemesis = {
  type: 'cpu',
  flag: '--cpu <share>',
  doc:
    'leaves a random third of the members this much of one processor, by a quota for each 100 ms: 1% or 0.05; ' +
    'members that ask for less feel nothing of it',
  colour: '#c2185b',
  family: 'process',
  heal: 'the members have as much of a processor as they had before',
  parse(text): CpuArgument {
    const share = parseShare(singleArgument(text, '--cpu', '--cpu 1%'), '--cpu');
    if (share < PLAN_LIMITS.cpuShare || share >= 1) {
      throw new UserError('--cpu is no share from 1% to below 100%', String(text), 'write it as 1% or 0.05');
    }
    return { share };
  },
  plan: (argument: CpuArgument, context) =>
    perWindow(context, () => ({
      type: 'cpu' as const,
      targets: pickThird(context.members, context.random),
      ...argument,
    })),
  draw: (random): CpuArgument => ({ share: PLAN_LIMITS.cpuShare * (1 + random.int(5)) }),
};
