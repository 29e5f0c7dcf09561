/** Plans with something taken out: everything that spoke of it goes along, so that what is left is a plan again. */
import { isLinkFault, type LinkBlock, linksOf, type PlannedFault } from '../model/fault.ts';
import type { Closing, Plan } from '../model/plan.ts';

export function withFaults(plan: Plan, faults: readonly PlannedFault[]): Plan {
  return { ...plan, faults };
}

/** Only these channels, their workloads, operations and liars. */
export function withChannels(plan: Plan, names: ReadonlySet<string>): Plan {
  return {
    ...plan,
    channels: plan.channels.filter((channel) => names.has(channel.name)),
    workloads: plan.workloads.filter((workload) => names.has(workload.channel)),
    operations: plan.operations.filter((operation) => names.has(operation.channel)),
    faults: plan.faults.filter((fault) => fault.type !== 'byzantine' || names.has(fault.channel)),
  };
}

/** Only these members; a fault that touches nobody any more goes too. `heir`: takes over what the others were to do. */
export function withMembers(plan: Plan, names: ReadonlySet<string>, heir?: string): Plan {
  return {
    ...plan,
    members: plan.members.filter((member) => names.has(member.name)),
    operations: plan.operations.flatMap((operation) => {
      if (names.has(operation.member)) return [operation];
      return heir === undefined ? [] : [{ ...operation, member: heir }];
    }),
    closing: closingAmong(plan, names),
    ...graphAmong(plan, names),
    faults: plan.faults.flatMap((fault) => {
      const left = faultAmong(fault, names);
      return left === undefined ? [] : [left];
    }),
  };
}

/** What is left of views and links that last all the run. Whoever knows nobody any more makes the plan one that is refused. */
function graphAmong({ overlay, network }: Plan, names: ReadonlySet<string>): Pick<Plan, 'network' | 'overlay'> {
  const { links, ...plain } = network;
  const blocks = (links ?? []).flatMap((link) => {
    const block = blockAmong(link, names);
    return hasLink(block) ? [{ ...link, ...block }] : [];
  });
  const views = overlay
    ?.filter(({ member }) => names.has(member))
    .map(({ member, knows }) => ({ member, knows: knows.filter((name) => names.has(name)) }));
  return {
    network: blocks.length === 0 ? plain : { ...plain, links: blocks },
    ...(views === undefined ? {} : { overlay: views }),
  };
}

function blockAmong({ from, to }: LinkBlock, names: ReadonlySet<string>): LinkBlock {
  return { from: from.filter((name) => names.has(name)), to: to.filter((name) => names.has(name)) };
}

/** A core that is all there is left is no core. */
function closingAmong({ members, closing }: Plan, names: ReadonlySet<string>): Closing {
  if (closing.core === undefined) return closing;
  const core = closing.core.filter((name) => names.has(name));
  const left = members.filter((member) => names.has(member.name)).length;
  return withCore(closing, core.length < left ? core : undefined);
}

/** undefined: all heals. */
export function withCore(closing: Closing, core: readonly string[] | undefined): Closing {
  const { core: _, ...whole } = closing;
  return core === undefined ? whole : { ...whole, core };
}

/** What is left of a fault among these members; undefined: nothing. */
function faultAmong(fault: PlannedFault, names: ReadonlySet<string>): PlannedFault | undefined {
  if (!isLinkFault(fault)) {
    const targets = fault.targets.filter((name) => names.has(name));
    return targets.length === 0 ? undefined : { ...fault, targets };
  }
  const links = linksOf(fault);
  if (links === 'all') return fault;
  const blocks = links.map((link) => blockAmong(link, names)).filter(hasLink);
  return blocks.length === 0 ? undefined : withBlocks(fault, blocks);
}

export function hasLink({ from, to }: LinkBlock): boolean {
  return from.some((name) => to.some((other) => other !== name));
}

export function withBlocks(fault: PlannedFault, blocks: readonly LinkBlock[]): PlannedFault {
  if (fault.type === 'partition') return { ...fault, cuts: blocks };
  return isLinkFault(fault) ? { ...fault, links: blocks } : fault;
}

/** The load ends at `healAtMs`: what was planned for later goes, what was to last longer ends then. */
export function withHealAt(plan: Plan, healAtMs: number): Plan {
  return {
    ...plan,
    operations: plan.operations.filter((operation) => operation.atMs < healAtMs),
    faults: plan.faults.flatMap((fault) =>
      fault.atMs >= healAtMs ? [] : [{ ...fault, untilMs: Math.min(fault.untilMs, healAtMs) }],
    ),
    closing: { ...plan.closing, healAtMs },
  };
}
