/** One fault in the place of two of a kind. */
import { isLinkFault, type LinkBlock, linksOf, type PlannedFault } from '../model/fault.ts';
import { withBlocks } from './smaller-plan.ts';

/**
 * From the start of the earlier to the end of the later: where the one was, where the other was, or wherever one of them
 * was. None where they are of different kinds or strengths.
 */
export function joinedFaults(a: PlannedFault, b: PlannedFault): readonly PlannedFault[] {
  if (JSON.stringify(strength(a)) !== JSON.stringify(strength(b))) return [];
  const window = { atMs: Math.min(a.atMs, b.atMs), untilMs: Math.max(a.untilMs, b.untilMs) };
  const one = { ...a, ...window };
  const other = { ...b, id: a.id, ...window };
  return [one, other, ...everywhere(one, other)];
}

/** None where one of them is everywhere already. */
function everywhere(one: PlannedFault, other: PlannedFault): readonly PlannedFault[] {
  if (!isLinkFault(one) && !isLinkFault(other)) {
    return [{ ...one, targets: [...new Set([...one.targets, ...other.targets])] }];
  }
  if (!isLinkFault(one) || !isLinkFault(other)) return [];
  const [links, more] = [linksOf(one), linksOf(other)];
  return links === 'all' || more === 'all' ? [] : [withBlocks(one, distinct([...links, ...more]))];
}

/** All but when, where, and what it is called. */
function strength(fault: PlannedFault): unknown {
  const rest = new Set(['id', 'atMs', 'untilMs', 'targets', 'links', 'cuts', 'shape']);
  return Object.entries(fault)
    .filter(([key]) => !rest.has(key))
    .sort(([x], [y]) => (x < y ? -1 : 1));
}

function distinct(blocks: readonly LinkBlock[]): readonly LinkBlock[] {
  return [...new Map(blocks.map((block) => [JSON.stringify([block.from, block.to]), block])).values()];
}
