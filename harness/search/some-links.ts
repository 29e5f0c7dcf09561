/**
 * Link faults that do not touch every link. Asked for by flags they are everywhere; a search also narrows them, because
 * protocols go by whom they hear: what is lost, late or doubled on the way from one member alone is another case.
 */
import type { Random } from '../../impl/protocol.ts';
import { isLinkFault, type LinkBlock, linksOf } from '../model/fault.ts';
import type { Plan } from '../model/plan.ts';
import { split } from '../model/rng.ts';
import { withBlocks, withFaults } from './smaller-plan.ts';

/** Chance that a fault on all links is narrowed. */
const NARROWED = 0.35;
const SHAPES = ['from one', 'to one', 'from some', 'between'] as const;

/** Each fault is drawn for by its own name, so that another's absence does not change it. */
export function withSomeLinks(plan: Plan, seed: string): Plan {
  const names = plan.members.map(({ name }) => name);
  if (names.length < 3) return plan;
  const faults = plan.faults.map((fault) => {
    if (!isLinkFault(fault) || linksOf(fault) !== 'all') return fault;
    const random = split(seed, 'links', fault.id);
    return random.next() < NARROWED ? withBlocks(fault, someLinks(names, random)) : fault;
  });
  return withFaults(plan, faults);
}

/** Members in plan order; at least one on each side. */
function someLinks(names: readonly string[], random: Random): readonly LinkBlock[] {
  const shape = SHAPES[random.int(SHAPES.length)];
  const isOne = shape === 'from one' || shape === 'to one';
  const chosen = new Set(random.sample(names, isOne ? 1 : 1 + random.int(names.length - 1)));
  const some = names.filter((name) => chosen.has(name));
  const rest = names.filter((name) => !chosen.has(name));
  const out = { from: some, to: rest };
  const back = { from: rest, to: some };
  if (shape === 'to one') return [back];
  return shape === 'between' ? [out, back] : [out];
}
