/** What a plan's base links add to a link: for bounds, and for whoever measures delays against a base. */
import { touches } from './fault.ts';
import type { Plan } from './plan.ts';

export interface BaseDelay {
  /** ms, one-way. */
  readonly meanMs: number;
  readonly mostMs: number;
}

const NOTHING: BaseDelay = { meanMs: 0, mostMs: 0 };

export function baseDelayOf(plan: Pick<Plan, 'network'>, from: string, to: string): BaseDelay {
  const blocks = plan.network.links;
  if (blocks === undefined) return NOTHING;
  let meanMs = 0;
  let mostMs = 0;
  for (const block of blocks) {
    if (!touches([block], from, to)) continue;
    meanMs += block.latencyMs + block.jitterMs / 2;
    mostMs += block.latencyMs + block.jitterMs;
  }
  return { meanMs, mostMs };
}

/** At most on any link, ms. */
export function mostBaseMs(plan: Pick<Plan, 'network' | 'members'>): number {
  if (plan.network.links === undefined) return 0;
  let most = 0;
  for (const { name: from } of plan.members) {
    for (const { name: to } of plan.members) most = Math.max(most, baseDelayOf(plan, from, to).mostMs);
  }
  return most;
}
