/** Members that lie: what leaves them is not what their protocol said. Each protocol exports the lies it knows. */
import { UserError } from '../harness/model/errors.ts';
import type { Nemesis } from '../harness/model/nemesis.ts';
import { parseInteger } from '../harness/model/units.ts';
import { singleArgument } from './link-argument.ts';
import { pick } from './targets.ts';

interface ByzantineArgument {
  readonly count: number;
  readonly behaviour: string;
}

const FORM = '--byzantine 1 or --byzantine 2:withhold';
const BEHAVIOURS = ['equivocate', 'withhold'] as const;

export const byzantine: Nemesis = {
  type: 'byzantine',
  flag: '--byzantine <count[:behaviour]>',
  doc: `this many members lie from start to end: ${BEHAVIOURS.join(' or ')} (default equivocate), e.g. 2:withhold`,
  colour: '#e84393',
  family: 'behaviour',
  heal: 'nothing: liars lie to the end, and do not count as correct members',
  parse(text): ByzantineArgument {
    const plain = singleArgument(text, '--byzantine', FORM);
    const [count = '', behaviour = 'equivocate', ...rest] = plain.split(':').map((part) => part.trim());
    if (rest.length > 0 || !/^[a-z][a-z0-9-]{0,31}$/.test(behaviour)) {
      throw new UserError('--byzantine is COUNT[:BEHAVIOUR]', plain, `write ${FORM}`);
    }
    return { count: parseInteger(count, 'the count of --byzantine', 1, 1000), behaviour };
  },
  plan({ count, behaviour }: ByzantineArgument, context) {
    const channels = context.behaviours.get(behaviour) ?? [];
    if (channels.length === 0) {
      const known = [...context.behaviours.keys()];
      throw new UserError(
        `no chosen protocol can ${behaviour}`,
        `${count}:${behaviour}`,
        known.length > 0
          ? `take one of ${known.join(', ')}`
          : 'add a protocol that has lies, such as --protocol bracha',
      );
    }
    const n = context.members.length;
    if (count >= n) {
      throw new UserError(
        `--byzantine makes ${count} of ${n} members lie, and nobody is left to be judged`,
        String(count),
        `ask for at most ${n - 1}`,
      );
    }
    return context.windows.flatMap(({ atMs, untilMs }) => {
      const targets = pick(context.members, count, context.random);
      return channels.map((channel) => ({ type: 'byzantine' as const, targets, channel, behaviour, atMs, untilMs }));
    });
  },
  draw(random, members): ByzantineArgument {
    // Fewer than a third, the most that any protocol can bear.
    const most = Math.max(1, Math.floor((members.length - 1) / 3));
    return { count: 1 + random.int(most), behaviour: BEHAVIOURS[random.int(BEHAVIOURS.length)] ?? 'equivocate' };
  },
};
