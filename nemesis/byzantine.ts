/**
 * Members that lie: what leaves them is not what their protocol said. Each protocol exports the lies it knows; which liar
 * tells which is drawn here, for each channel that knows any, and planned like every other fault.
 */
import { UserError } from '../harness/model/errors.ts';
import type { Nemesis, NemesisContext, UnnumberedFault } from '../harness/model/nemesis.ts';
import type { Random } from '../impl/protocol.ts';
import { singleArgument } from './link-argument.ts';
import { chooseVictims, describeTargets, parseTargets, TARGETS_HELP, type Targets } from './targets.ts';

interface ByzantineArgument {
  readonly targets: Targets;
  /** One of them is drawn for each liar and channel; undefined: out of all that the channel's protocol knows. */
  readonly behaviours: readonly string[] | undefined;
  /** Drawn plans: only lies with which all, or some, of what is claimed still holds; undefined: any lie. */
  readonly within?: 'all' | 'some' | undefined;
  /** Drawn plans: from start to end, whatever the windows. */
  readonly always?: boolean;
}

const FORM = '--byzantine 1, --byzantine 2:withhold or --byzantine n1,n3:forge,replay';
const BEHAVIOUR = /^[a-z][a-z0-9-]{0,31}$/;
/** Of drawn plans, the shares that stay within what protocols say they survive: with all, or with some, of their claims. */
const WITHIN_ALL = 0.65;
const WITHIN_SOME = 0.25;
/** The share of them in which liars lie from start to end although other faults come and go. */
const ALWAYS = 0.5;

export const byzantine: Nemesis = {
  type: 'byzantine',
  flag: '--byzantine <targets[:behaviours]>',
  doc:
    `these members lie, from start to end or as often as --fault-every and --fault-for say: ${TARGETS_HELP}; behind a ` +
    'colon the behaviours, several with commas, of which each liar draws one for each channel (default all that its ' +
    'protocol knows; see list), e.g. 2:withhold,replay',
  colour: '#e84393',
  family: 'behaviour',
  heal: 'nothing: who lies at the heal lies to the end, and whoever lied at any time does not count as correct',
  parse(text): ByzantineArgument {
    // Without a value it is as wrong as for others; with one, commas part targets and behaviours alike.
    const plain = text === true ? singleArgument(text, '--byzantine', FORM) : text;
    const [targets = '', list, ...rest] = plain.split(':').map((part) => part.trim());
    const behaviours = list?.split(',').map((part) => part.trim());
    if (rest.length > 0 || targets === '' || behaviours?.some((behaviour) => !BEHAVIOUR.test(behaviour)) === true) {
      throw new UserError('--byzantine is TARGETS[:BEHAVIOUR,...]', plain, `write ${FORM}`);
    }
    return { targets: parseTargets(targets, '--byzantine'), behaviours };
  },
  plan(argument: ByzantineArgument, context) {
    const known = [...context.behaviours.keys()];
    const unknown = (argument.behaviours ?? known).find((behaviour) => !known.includes(behaviour));
    if (unknown !== undefined || known.length === 0) {
      throw new UserError(
        `no chosen protocol can ${unknown ?? 'lie'}`,
        unknown,
        known.length > 0
          ? `take one of ${known.join(', ')}`
          : 'add a protocol that has lies, such as --protocol bracha',
      );
    }
    const n = context.members.length;
    // The same ones in each window, with the same lies: a liar that changed its mind would be two liars.
    const liars = chooseVictims(argument.targets, context.members, context.random, '--byzantine');
    if (liars.length >= n) {
      throw new UserError(
        `--byzantine makes ${liars.length} of ${n} members lie, and nobody is left to be judged`,
        describeTargets(argument.targets),
        `ask for at most ${n - 1}`,
      );
    }
    return channelsOf(context).flatMap((channel) => planChannel(channel, liars, argument, context));
  },
  draw(random, members): ByzantineArgument {
    // Fewer than a third, the most that any protocol can bear.
    const most = Math.max(1, Math.floor((members.length - 1) / 3));
    const targets: Targets = { type: 'count', count: 1 + random.int(most) };
    const share = random.next();
    const within = share < WITHIN_ALL ? 'all' : share < WITHIN_ALL + WITHIN_SOME ? 'some' : undefined;
    return { targets, behaviours: undefined, within, always: random.next() < ALWAYS };
  },
};

/** Channels that know any lie, sorted. */
function channelsOf({ behaviours }: NemesisContext): string[] {
  return [...new Set([...behaviours.values()].flat())].sort();
}

/** One fault for each behaviour that was drawn, over those who drew it, and each window. */
function planChannel(
  channel: string,
  liars: readonly string[],
  argument: ByzantineArgument,
  context: NemesisContext,
): UnnumberedFault[] {
  const asked = [...context.behaviours]
    .filter(([behaviour, channels]) => channels.includes(channel) && (argument.behaviours?.includes(behaviour) ?? true))
    .map(([behaviour]) => behaviour)
    .sort();
  const { within } = argument;
  const choice =
    within === undefined
      ? asked
      : asked.filter((behaviour) => context.tolerated(channel, behaviour)[within] >= liars.length);
  // Where nothing is claimed with any liar, the members are honest on that channel.
  if (choice.length === 0) return [];
  const drawn = liars.map((name) => [name, pickOne(choice, context.random)] as const);
  const windows = argument.always === true ? [{ atMs: 0, untilMs: context.timeMs }] : context.windows;
  return choice.flatMap((behaviour) => {
    const targets = drawn.filter(([, one]) => one === behaviour).map(([name]) => name);
    if (targets.length === 0) return [];
    return windows.map((window) => ({ type: 'byzantine' as const, targets, channel, behaviour, ...window }));
  });
}

function pickOne(behaviours: readonly string[], random: Random): string {
  return behaviours[random.int(behaviours.length)] ?? '';
}
