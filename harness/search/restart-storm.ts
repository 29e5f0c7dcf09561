/**
 * Restart storms: in one stretch of the load members are killed again and again, each time for a moment only, with their
 * state or without. At times one member is spared: shortly before it is the only one that hears the others, and then it
 * falls silent. The kinds of faults that are drawn one window at a time leave a majority up and live on for seconds; what
 * a step of a protocol persists too late, or remembers too little of, shows when all that took it are gone at once.
 */
import type { Random } from '../../impl/protocol.ts';
import type { PlannedFault } from '../model/fault.ts';
import type { Plan } from '../model/plan.ts';
import type { PlanKnowledge } from '../model/plan-check.ts';
import { split } from '../model/rng.ts';
import { deadlineOf } from '../plan/make-plan.ts';

/** From one kill to the next, ms; down for at most half of it. */
const PERIODS_MS = [250, 500, 1000, 3000] as const;
const LEAST_DOWN_MS = 50;
const MOST_KILLS = 40;
/** Every member has joined, or tried to. */
const EARLIEST_MS = 900;
/** Chance that one member is spared and not heard; from how long before the kill to how long after it, ms, at most. */
const MUTE = 0.65;
const MUTE_BEFORE_MS = 40;
/** For a moment before that all others hear, and are heard by, it alone; so long before the kill, ms, at most. */
const STAR_BEFORE_MS = 200;
const MUTE_AFTER_MS = 1000;
/** It is one of those whom clients asked for something so shortly before, ms, if there are any. */
const RECENT_MS = 150;

/** What all kills of a storm have in common. */
interface Storm {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly periodMs: number;
  readonly restart: 'with-state' | 'without-state';
  /** Members killed at a time, but for the one that is spared. */
  readonly size: number;
  readonly isMuting: boolean;
}

const STORM_ID = 'storm-';

/** A fault of a storm, as withRestartStorm names them. */
export function isOfStorm(fault: PlannedFault): boolean {
  return fault.id.startsWith(STORM_ID);
}

export function withRestartStorm(plan: Plan, knowledge: PlanKnowledge, seed: string): Plan {
  const random = split(seed, 'storm');
  const names = plan.members.map((member) => member.name);
  const { healAtMs } = plan.closing;
  if (healAtMs < 2 * EARLIEST_MS || names.length < 3) return plan;
  const fromMs = EARLIEST_MS + random.int(Math.ceil((healAtMs - EARLIEST_MS) / 2));
  const storm: Storm = {
    fromMs,
    untilMs: fromMs + random.int(healAtMs - fromMs),
    periodMs: PERIODS_MS[random.int(PERIODS_MS.length)] ?? 1000,
    restart: random.next() < 0.5 ? 'with-state' : 'without-state',
    // Everybody as often as any smaller number of them.
    size: random.next() < 0.5 ? names.length : 1 + random.int(names.length),
    isMuting: random.next() < MUTE,
  };
  const changed = { ...plan, faults: [...plan.faults, ...faultsOf(storm, plan, random)] };
  // Claims allow more time where lives are lost.
  return { ...changed, closing: { ...plan.closing, deadlineMs: deadlineOf(changed, knowledge.protocols) } };
}

/** One restart of such a storm, of all members but the one that is not heard, begun so late in the load. */
export function restartAt(
  atMs: number,
  plan: Plan,
  restart: Storm['restart'],
  random: Random,
): readonly PlannedFault[] {
  const [periodMs] = PERIODS_MS;
  const size = plan.members.length;
  return faultsOf({ fromMs: atMs, untilMs: atMs + periodMs, periodMs, restart, size, isMuting: true }, plan, random);
}

function faultsOf(storm: Storm, plan: Plan, random: Random): PlannedFault[] {
  const names = plan.members.map((member) => member.name);
  const { healAtMs } = plan.closing;
  const { fromMs, untilMs, periodMs, restart, size } = storm;
  const found: PlannedFault[] = [];
  for (
    let kill = 1, startMs = fromMs;
    startMs + periodMs <= untilMs && kill <= MOST_KILLS;
    kill++, startMs += periodMs
  ) {
    const half = Math.floor(periodMs / 2);
    const atMs = startMs + random.int(half);
    const window = { atMs, untilMs: atMs + LEAST_DOWN_MS + random.int(half - LEAST_DOWN_MS) };
    const asked = askedBetween(plan, atMs - RECENT_MS, atMs);
    const speakers = asked.length > 0 ? asked : names;
    const mute = storm.isMuting ? speakers[random.int(speakers.length)] : undefined;
    const chosen = new Set(random.sample(names, size));
    const targets = names.filter((name) => chosen.has(name) && name !== mute);
    if (targets.length > 0) found.push({ type: 'kill', id: `${STORM_ID}${kill}`, targets, restart, ...window });
    if (mute === undefined) continue;
    const others = names.filter((other) => other !== mute);
    const cuts = [{ from: [mute], to: others }];
    const muteFromMs = Math.max(0, atMs - random.int(MUTE_BEFORE_MS));
    const muteUntilMs = Math.min(healAtMs, window.untilMs + random.int(MUTE_AFTER_MS));
    const span = { atMs: muteFromMs, untilMs: muteUntilMs };
    found.push({ type: 'partition', id: `${STORM_ID}mute-${kill}`, shape: 'one-way', cuts, ...span });
    const starFromMs = Math.max(0, atMs - 1 - random.int(STAR_BEFORE_MS));
    const star = { shape: 'star', cuts: [{ from: others, to: others }], atMs: starFromMs, untilMs: atMs };
    found.push({ type: 'partition', id: `${STORM_ID}star-${kill}`, ...star });
  }
  return found;
}

/** Members of the operations planned then, each as often as it has any. */
function askedBetween({ operations }: Plan, fromMs: number, untilMs: number): string[] {
  return operations.filter(({ atMs }) => atMs > fromMs && atMs <= untilMs).map(({ member }) => member);
}
