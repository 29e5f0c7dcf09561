/**
 * A plan drawn at random over kinds of faults, swarm style (Groce et al., "Swarm testing", ISSTA
 * 2012): each draw switches a random subset of fault kinds off, so that rare combinations are met.
 */
import { DEMANDING_FAULTS } from '../model/fault.ts';
import type { Nemesis } from '../model/nemesis.ts';
import { split } from '../model/rng.ts';
import type { PlanRequest } from './make-plan.ts';

export interface DrawOptions {
  readonly seed: string;
  readonly protocols: readonly string[];
  readonly nemeses: readonly Nemesis[];
  /** Members, inclusive. */
  readonly nodes?: readonly [number, number];
  /** Load, ms, inclusive. */
  readonly timeMs?: readonly [number, number];
  /** Chance that a kind of fault is switched on; default 0.3. */
  readonly density?: number;
  /** Also the kinds that want a load of their own (DEMANDING_FAULTS). */
  readonly everyKind?: boolean;
}

/** Chance that a kind of fault is switched on in a draw. */
const KIND_IS_ON = 0.3;
/** Chance of windows other than the kind's own: several short ones. */
const OTHER_WINDOWS = 0.5;

/** The same options give the same request. */
export function drawRequest(options: DrawOptions): PlanRequest {
  const random = split(options.seed, 'draw');
  const [least, most] = options.nodes ?? [4, 9];
  const [shortest, longest] = options.timeMs ?? [10_000, 25_000];
  const nodes = least + random.int(most - least + 1);
  const timeMs = shortest + random.int(longest - shortest + 1);
  const members = Array.from({ length: nodes }, (_, index) => `n${index + 1}`);
  const density = options.density ?? KIND_IS_ON;
  const chosen = options.nemeses.filter(
    ({ type }) => (options.everyKind === true || !DEMANDING_FAULTS.has(type)) && random.next() < density,
  );
  const faults = chosen.map((nemesis) => ({
    nemesis,
    argument: nemesis.draw(split(options.seed, 'draw', nemesis.type), members),
  }));
  // A window must fit behind the latest default start (30 % of the load) and leave room for the next.
  // Churn is a rate: in a short window it may be less than one event.
  const ownWindows = random.next() >= OTHER_WINDOWS || chosen.some((nemesis) => nemesis.type === 'churn');
  const faultEveryMs = !ownWindows ? 2000 + random.int(Math.floor(timeMs / 3)) : undefined;
  const faultForMs = faultEveryMs === undefined ? undefined : 500 + random.int(faultEveryMs - 500);
  return {
    seed: options.seed,
    nodes,
    timeMs,
    protocols: options.protocols,
    profile: 'quick',
    overrides: [],
    workloads: undefined,
    ratePerSecond: undefined,
    faults,
    faultEveryMs,
    faultForMs,
    withoutState: random.next() < 0.25,
  };
}
