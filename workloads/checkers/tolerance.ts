/** Whether the plan's liars are more, or worse, than a channel's protocol says it survives. */
import type { CheckContext, JudgedChannel } from '../../harness/model/checker.ts';
import type { ByzantineFault } from '../../harness/model/fault.ts';
import { names, plural } from './wording.ts';

/** Channels of these roles draw their peers from membership. */
const FED = ['dissemination', 'map', 'aggregation'];

/** Whether it runs on the members that a membership channel knows, where the plan has one. */
export function isFed({ role }: JudgedChannel): boolean {
  return FED.includes(role);
}

/** Why, in words, or undefined where the property is claimed with these liars too. */
export function beyondTolerance(context: CheckContext, channel: JudgedChannel, property: string): string | undefined {
  const own = liesOn(context, channel.name);
  if (own.length > 0) {
    const beyond = beyondOwn(context, channel, property, own);
    if (beyond !== undefined) return beyond;
  }
  if (!isFed(channel)) return undefined;
  for (const feeding of context.channels) {
    if (feeding.role !== 'membership') continue;
    const lies = liesOn(context, feeding.name);
    if (lies.length > 0) return `${describe(lies, feeding.name)}, from which ${channel.name} draws its peers`;
  }
  return undefined;
}

function liesOn({ plan }: CheckContext, channel: string): ByzantineFault[] {
  return plan.faults.filter((fault) => fault.type === 'byzantine').filter((fault) => fault.channel === channel);
}

function beyondOwn(
  { conditions }: CheckContext,
  channel: JudgedChannel,
  property: string,
  lies: readonly ByzantineFault[],
): string | undefined {
  const liars = new Set(lies.flatMap((fault) => fault.targets));
  let most = Number.POSITIVE_INFINITY;
  for (const { behaviour } of lies) {
    // Several entries may cover it; the one that bears most counts.
    const borne = (channel.tolerates ?? [])
      .filter((entry) => entry.behaviours === 'all' || entry.behaviours.includes(behaviour))
      .filter((entry) => entry.properties.includes(property))
      .map((entry) => entry.liars(channel.plan.settings, conditions.n));
    const bearable = Math.max(0, ...borne);
    if (bearable === 0) return `${describe(lies, channel.name)}; it is claimed with no ${behaviour}`;
    most = Math.min(most, bearable);
  }
  return liars.size <= most ? undefined : `${describe(lies, channel.name)}; at most f = ${most} may`;
}

function describe(lies: readonly ByzantineFault[], channel: string): string {
  const liars = [...new Set(lies.flatMap((fault) => fault.targets))];
  const behaviours = [...new Set(lies.map((fault) => fault.behaviour))].join(', ');
  return `${plural(liars.length, 'liar')} on ${channel} (${names(liars)}: ${behaviours})`;
}
