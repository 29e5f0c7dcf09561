/**
 * Small plans of what a large one is made of. Where a failure needs a rare moment, many operations and faults are only so
 * many chances of it, and whatever is taken out of such a plan reshuffles the rest: no step by step leads to a small one.
 * But the moment itself is small, and small plans are run in no time, so it is drawn anew, again and again.
 */
import type { Random } from '../../impl/protocol.ts';
import type { PlannedFault } from '../model/fault.ts';
import { needsKeys, withPublicKey } from '../model/keys.ts';
import type { Plan, PlannedOperation } from '../model/plan.ts';
import { split } from '../model/rng.ts';
import { restartAt } from './restart-storm.ts';
import { withFaults, withHealAt, withMembers } from './smaller-plan.ts';

/** What a person takes in. */
export const READABLE = { faults: 3, operations: 5, members: 7 } as const;
const PARTS = ['faults', 'operations', 'members'] as const;

/** When the fault begins that all is drawn around: every member has joined, or tried to. */
const BEGIN_MS = 1500;
const LEAST_MEMBERS = 3;
/** Faults as far from that one as this, ms, may belong to it. */
const NEAR_MS = 1000;
/** Operations come at most so long before it, ms, in a logarithmic scale down to one. */
const MOST_BEFORE_MS = 512;
/** Chance that a kill is drawn with cuts, and how long before it operations then come, ms, at most. */
const CUTTING = 0.5;
const MOST_BEFORE_CUT_MS = 128;
/** How long faults that last longer go on after it has begun, ms, at most. */
const MOST_AFTER_MS = 2000;

/** Whether a plan has at most so many times as many faults, operations and members as a person takes in. */
export function isReadable(plan: Plan, times = 1): boolean {
  return PARTS.every((part) => plan[part].length <= times * READABLE[part]);
}

/**
 * One stretch of operations, some of the members, and as faults one, and up to two others from about the same time. Where
 * that one kills, chance may have kept apart whom it did not kill: at times what stands beside it is cuts, which do that
 * surely. All is moved to the start, with other draws on the links. At most so many, each smaller than the plan; the same
 * ones for the same plan.
 */
export function* redrawnPlans(plan: Plan, most: number): Generator<Plan> {
  const random = split(plan.seed, 'redrawn');
  for (let attempt = 1; attempt <= most; attempt++) {
    const drawn = redrawnPlan(withSeed(plan, `${plan.seed}~${attempt}`), random);
    if (drawn !== undefined && isSmaller(drawn, plan)) yield drawn;
  }
}

/** The key directory goes with the seed. */
function withSeed(plan: Plan, seed: string): Plan {
  const members = needsKeys(plan) ? plan.members.map((member) => withPublicKey(seed, member)) : plan.members;
  return { ...plan, seed, members };
}

/** undefined: there is nothing to draw from. */
function redrawnPlan(plan: Plan, random: Random): Plan | undefined {
  const anchor = plan.faults[random.int(Math.max(1, plan.faults.length))];
  if (anchor === undefined) return undefined;
  const operations = stretch(plan.operations, random);
  const some = amongSome({ ...plan, operations }, random);
  const isCutting = anchor.type === 'kill' && random.next() < CUTTING;
  const most = isCutting ? MOST_BEFORE_CUT_MS : MOST_BEFORE_MS;
  const beforeMs = Math.floor(2 ** (random.next() * Math.log2(most)));
  const lastMs = operations.at(-1)?.atMs ?? 0;
  const placed = some.operations.map((operation) => ({
    ...operation,
    atMs: Math.max(0, operation.atMs - lastMs + BEGIN_MS - beforeMs),
  }));
  const moment = { ...some, operations: placed };
  const faults = isCutting
    ? restartAt(BEGIN_MS, moment, anchor.restart === 'with-state' ? 'with-state' : 'without-state', random)
    : around(anchor, some, random);
  const endMs = Math.max(...faults.map(({ untilMs }) => untilMs));
  return withHealAt(withFaults(moment, faults), Math.ceil(endMs / 500) * 500 + 500);
}

/** The fault, and some of those near it, as they stand to each other. */
function around(anchor: PlannedFault, { faults }: Plan, random: Random): readonly PlannedFault[] {
  const others = random.sample(near(faults, anchor), random.int(READABLE.faults)).map(({ id }) => id);
  const untilMs = BEGIN_MS + Math.min(anchor.untilMs - anchor.atMs, MOST_AFTER_MS);
  return faults
    .filter(({ id }) => id === anchor.id || others.includes(id))
    .map((fault) => moved(fault, anchor.atMs - BEGIN_MS, untilMs));
}

function near(faults: readonly PlannedFault[], anchor: PlannedFault): PlannedFault[] {
  return faults.filter(
    (fault) =>
      fault.id !== anchor.id && fault.atMs <= anchor.untilMs + NEAR_MS && fault.untilMs >= anchor.atMs - NEAR_MS,
  );
}

/** Liars lie from the first moment on. */
function moved(fault: PlannedFault, shiftMs: number, untilMs: number): PlannedFault {
  if (fault.type === 'byzantine') return { ...fault, atMs: 0, untilMs };
  const atMs = Math.max(0, Math.round(fault.atMs - shiftMs));
  const endMs = Math.round(fault.untilMs - shiftMs);
  return { ...fault, atMs, untilMs: Math.max(atMs + 1, Math.min(endMs, untilMs)) };
}

/** Some that follow each other. */
function stretch(operations: readonly PlannedOperation[], random: Random): readonly PlannedOperation[] {
  if (operations.length === 0) return [];
  const length = Math.min(operations.length, 1 + random.int(READABLE.operations));
  const from = random.int(operations.length - length + 1);
  return operations.slice(from, from + length);
}

/** What was for others to do is shared out among those that are left. */
function amongSome(plan: Plan, random: Random): Plan {
  const names = plan.members.map(({ name }) => name);
  if (names.length <= LEAST_MEMBERS) return plan;
  const most = Math.min(names.length, READABLE.members);
  const kept = new Set(random.sample(names, LEAST_MEMBERS + random.int(most - LEAST_MEMBERS + 1)));
  const left = names.filter((name) => kept.has(name));
  const operations = plan.operations.map((operation) => {
    const heir = left[random.int(left.length)] ?? operation.member;
    return kept.has(operation.member) ? operation : { ...operation, member: heir };
  });
  return withMembers({ ...plan, operations }, kept);
}

function isSmaller(drawn: Plan, plan: Plan): boolean {
  const size = (one: Plan): number => PARTS.reduce((sum, part) => sum + one[part].length, 0);
  return (
    (drawn.operations.length > 0 || plan.operations.length === 0) &&
    PARTS.every((part) => drawn[part].length <= plan[part].length) &&
    size(drawn) < size(plan)
  );
}
