/**
 * The other ending (TigerBeetle's simulator calls it liveness mode): only a random core is healed; everybody else is
 * killed, stopped or cut off somewhere in the load and stays so. What is claimed must then hold of the core alone.
 */
import type { Random } from '../../impl/protocol.ts';
import type { PlannedFault } from '../model/fault.ts';
import type { Plan } from '../model/plan.ts';
import type { PlanKnowledge } from '../model/plan-check.ts';
import { split } from '../model/rng.ts';
import { deadlineOf } from '../plan/make-plan.ts';

/** Chance that no more are left out than protocols with quorums bear. */
const BEARABLE = 0.75;
/** Every member has joined, or tried to. */
const EARLIEST_MS = 900;

const WAYS = ['kill', 'pause', 'partition'] as const;

/** Two or more stay; one or more are left out. Plans of two members have no other ending. */
export function withCoreEnding(plan: Plan, knowledge: PlanKnowledge, seed: string): Plan {
  const random = split(seed, 'core');
  const names = plan.members.map((member) => member.name);
  if (names.length < 3) return plan;
  const bearable = Math.max(1, Math.floor((names.length - 1) / 3));
  const left = 1 + random.int(random.next() < BEARABLE ? bearable : names.length - 2);
  const outside = new Set(random.sample(names, left));
  const core = names.filter((name) => !outside.has(name));
  const isolations = names
    .filter((name) => outside.has(name))
    .map((name, index) => isolation(`outside-${index + 1}`, name, core, plan.closing.healAtMs, random));
  const changed = { ...plan, faults: [...plan.faults, ...isolations], closing: { ...plan.closing, core } };
  // Claims allow more time where some are gone.
  return { ...changed, closing: { ...changed.closing, deadlineMs: deadlineOf(changed, knowledge.protocols) } };
}

function isolation(id: string, name: string, core: readonly string[], healAtMs: number, random: Random): PlannedFault {
  // A member that never came up is not lost.
  const atMs = EARLIEST_MS + random.int(Math.max(1, healAtMs - EARLIEST_MS));
  const window = { id, atMs, untilMs: healAtMs };
  const way = WAYS[random.int(WAYS.length)];
  if (way === 'kill') return { type: 'kill', ...window, targets: [name], restart: 'never' };
  if (way === 'pause') return { type: 'pause', ...window, targets: [name] };
  const cuts = [
    { from: [name], to: core },
    { from: core, to: [name] },
  ];
  return { type: 'partition', ...window, shape: 'outside', cuts };
}
