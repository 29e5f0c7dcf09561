/** The plan of one trial: faults, windows, load and settings, drawn from the trial's seed alone. */
import { type AnyProtocol, type Setting, settingsOf } from '../../impl/protocol.ts';
import { UserError } from '../model/errors.ts';
import { DEMANDING_FAULTS } from '../model/fault.ts';
import type { Nemesis } from '../model/nemesis.ts';
import type { Plan } from '../model/plan.ts';
import type { PlanKnowledge } from '../model/plan-check.ts';
import { split } from '../model/rng.ts';
import { settingAccepts } from '../model/settings-check.ts';
import { drawRequest } from '../plan/draw-request.ts';
import { makePlan, type SettingOverride } from '../plan/make-plan.ts';
import { withBusyMoments } from './busy-moments.ts';
import { withCoreEnding } from './core-ending.ts';
import { withRestartStorm } from './restart-storm.ts';
import { withSomeLinks } from './some-links.ts';

/** The space that trials are drawn from. The same space and the same seed give the same plan. */
export interface TrialSpace {
  readonly protocols: readonly string[];
  /** Members, inclusive. */
  readonly nodes: readonly [number, number];
  /** Load, ms, inclusive. */
  readonly timeMs: readonly [number, number];
  /** `quick`: as `--profile quick` has them; `drawn`: some of them changed at random. */
  readonly settings: 'quick' | 'drawn';
  /** Of each workload, over all members; undefined: its own, or drawn. */
  readonly ratePerSecond?: number | undefined;
}

/** Chance that a protocol's settings are touched at all, and then that one of them is. */
const TOUCHED = 0.5;
const CHANGED = 0.25;
/** What a number is multiplied with: far enough to matter, near enough to stay a sensible choice. */
const FACTORS = [0.25, 0.5, 0.75, 1.5, 2] as const;
/** Chance that only a core is healed at the end. */
const CORE_ENDING = 0.25;
/** Chance of a load other than each workload's own, and what is taken then, operations per second. */
const OTHER_RATE = 0.5;
const RATES = [1, 3, 10, 20] as const;
/** Chance of a restart storm. */
const STORM = 0.35;
/**
 * The load in a storm, where a moment only counts if something is under way in it, and of members who are to run short;
 * else the usual one (busy-moments.ts).
 */
const BUSY_RATES = [20, 40] as const;

/**
 * Chances that a kind of fault is on. Where few are, quiet stretches are long enough for what must happen in time; where
 * many are, rare combinations meet.
 */
const DENSITIES = [0.08, 0.2, 0.3, 0.5] as const;

/** Mostly short, because short trials are cheap, and at times long enough for the slow. */
function drawTime([least, most]: readonly [number, number], draw: number): number {
  return least + Math.floor((most - least) * draw * draw * draw);
}

/** undefined: the draw asks for what no plan can do, such as churn of less than one event. */
export function drawTrial(
  space: TrialSpace,
  seed: string,
  knowledge: PlanKnowledge,
  nemeses: readonly Nemesis[],
): Plan | undefined {
  const protocols = knowledge.protocols.filter((protocol) => space.protocols.includes(protocol.name));
  const canLie = protocols.some((protocol) => protocol.lies !== undefined);
  const random = split(seed, 'trial');
  const timeMs = drawTime(space.timeMs, random.next());
  const request = drawRequest({
    seed,
    protocols: space.protocols,
    nemeses: nemeses.filter((nemesis) => canLie || nemesis.type !== 'byzantine'),
    nodes: space.nodes,
    timeMs: [timeMs, timeMs],
    density: DENSITIES[random.int(DENSITIES.length)] ?? 0,
    everyKind: true,
  });
  const otherRate = random.next() < OTHER_RATE ? RATES[random.int(RATES.length)] : undefined;
  const isStormy = random.next() < STORM;
  const isBusy = isStormy || request.faults.some(({ nemesis }) => DEMANDING_FAULTS.has(nemesis.type));
  const busyRate = isBusy ? BUSY_RATES[random.int(BUSY_RATES.length)] : undefined;
  const ratePerSecond = space.ratePerSecond ?? busyRate ?? otherRate;
  const overrides =
    space.settings === 'quick' ? [] : protocols.flatMap((protocol) => drawSettings(protocol, seed, request.nodes));
  try {
    const plan = withSomeLinks(makePlan({ ...request, overrides, ratePerSecond }, knowledge), seed);
    const stormy = isStormy ? withRestartStorm(plan, knowledge, seed) : plan;
    const usual = new Map(
      knowledge.workloads.map(({ name, defaultRate }) => [name, otherRate ?? defaultRate(request.nodes)]),
    );
    const loaded = isBusy && space.ratePerSecond === undefined ? withBusyMoments(stormy, usual, seed) : stormy;
    return random.next() < CORE_ENDING ? withCoreEnding(loaded, knowledge, seed) : loaded;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

function drawSettings(protocol: AnyProtocol, seed: string, nodes: number): SettingOverride[] {
  const random = split(seed, 'settings', protocol.name);
  if (random.next() >= TOUCHED) return [];
  const settings: Record<string, unknown> = settingsOf<Record<string, unknown>>(protocol.settings, 'quick');
  const overrides: SettingOverride[] = [];
  for (const [key, setting] of Object.entries<Setting<unknown>>(protocol.settings)) {
    if (random.next() >= CHANGED) continue;
    const before = settings[key];
    const value = drawValue(setting, before, random.int(1 << 16));
    if (value === undefined || value === before) continue;
    settings[key] = value;
    // A setting that does not fit to those drawn so far stays as it was.
    if (protocol.checkSettings?.(settings, nodes) !== undefined) settings[key] = before;
    else overrides.push({ protocol: protocol.name, key, text: String(value) });
  }
  return overrides;
}

/** `draw`: a whole number that decides. undefined: nothing else fits. */
function drawValue(setting: Setting<unknown>, before: unknown, draw: number): unknown {
  if (setting.values !== undefined) return setting.values[draw % setting.values.length];
  if (typeof before === 'boolean') return !before;
  if (typeof before !== 'number') return undefined;
  if (before === 0 && setting.alternatives !== undefined) {
    return setting.alternatives[draw % setting.alternatives.length];
  }
  const scaled = before * (FACTORS[draw % FACTORS.length] ?? 1);
  const value = setting.integer === true ? Math.round(scaled) : Math.round(scaled * 1000) / 1000;
  return settingAccepts(setting, value) ? value : undefined;
}
