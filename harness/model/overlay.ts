/** A plan's overlay as its members see it: a directed graph of who may draw whom. */
import type { Overlay } from '../../impl/protocol.ts';
import type { Plan } from './plan.ts';

/** Whom the member may draw; undefined: everybody. */
export function neighboursOf(plan: Pick<Plan, 'overlay'>, member: string): readonly string[] | undefined {
  return plan.overlay?.find((view) => view.member === member)?.knows;
}

/** Every member's neighbours; undefined where the plan restricts nobody. */
export function overlayOf(plan: Pick<Plan, 'overlay' | 'members'>): Overlay | undefined {
  if (plan.overlay === undefined) return undefined;
  const views = new Map(plan.overlay.map((view) => [view.member, view.knows]));
  const all = plan.members.map((member) => member.name);
  return new Map(all.map((name) => [name, views.get(name) ?? all.filter((other) => other !== name)]));
}

/** Two members of which the second cannot be reached from the first, along who may draw whom; undefined: none. */
export function unreachable(overlay: Overlay): readonly [from: string, to: string] | undefined {
  const [first] = overlay.keys();
  if (first === undefined) return undefined;
  const backwards = new Map<string, string[]>([...overlay.keys()].map((name) => [name, []]));
  for (const [name, knows] of overlay) for (const other of knows) backwards.get(other)?.push(name);
  // Everybody reaches everybody where one reaches all and is reached by all.
  const lost = missedFrom(first, overlay);
  if (lost !== undefined) return [first, lost];
  const deaf = missedFrom(first, backwards);
  return deaf === undefined ? undefined : [deaf, first];
}

function missedFrom(start: string, graph: Overlay): string | undefined {
  const seen = new Set([start]);
  for (const name of seen) for (const other of graph.get(name) ?? []) seen.add(other);
  return [...graph.keys()].find((name) => !seen.has(name));
}
