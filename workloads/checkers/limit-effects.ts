/** Whether members were short of what was asked: a clock that stands by what it says, processor time, room for their state. */
import type { FaultWindow } from '../../harness/model/checker.ts';
import {
  type ClockStrobeFault,
  type CpuFault,
  type DiskFullFault,
  type PlannedFault,
  turnsWallClock,
} from '../../harness/model/fault.ts';
import { driftPerMs, leapShows, watchesOf } from '../../harness/model/watches.ts';
import { type Effect, noEvidence, rounded } from './effect.ts';
import {
  edgeNs,
  effect,
  expectedWallMs,
  type MemberEffects,
  pausesOf,
  percentOf,
  signed,
  strobedMs,
  type TrafficSample,
  wallToleranceMs,
} from './member-effects.ts';
import { milliseconds } from './wording.ts';

const MS = 1e6;

export type LimitFault = ClockStrobeFault | CpuFault | DiskFullFault;

export function isLimitFault(fault: PlannedFault): fault is LimitFault {
  return fault.type === 'clock-strobe' || fault.type === 'cpu' || fault.type === 'disk-full';
}

export function limitEffect(all: MemberEffects, fault: LimitFault, window: FaultWindow): Effect {
  switch (fault.type) {
    case 'clock-strobe':
      return strobeEffect(all, fault, window);
    case 'cpu':
      return cpuEffect(all, fault, window);
    case 'disk-full':
      return diskEffect(all, fault, window);
  }
}

/** Readings of a fault's targets from intervals that lie wholly within its window, no pause among them. */
function within(all: MemberEffects, targets: readonly string[], window: FaultWindow): TrafficSample[] {
  return all.traffic.filter(
    (sample) =>
      targets.includes(sample.member) &&
      sample.since >= window.from + edgeNs(all) &&
      sample.time <= window.until &&
      !pausesOf(all, sample.member).some((pause) => pause.from < sample.time && pause.until > sample.since),
  );
}

/** Readings of a fault's targets from intervals of which a part lies within its window. */
function touching(all: MemberEffects, targets: readonly string[], window: FaultWindow): TrafficSample[] {
  return all.traffic.filter(
    (sample) => targets.includes(sample.member) && sample.time > window.from && sample.since < window.until,
  );
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** A clock that leaps on a real machine is turned by a timer, which may come late: so many of its leaps at least. */
const REAL_LEAPS = 0.25;
/** Looks between two leaps, of the four that are planned. */
const LEAST_LOOKS = 2;

function strobeEffect(all: MemberEffects, fault: ClockStrobeFault, window: FaultWindow): Effect {
  const asked = `wall clock ${signed(fault.skewMs)} and back every ${milliseconds(fault.everyMs)}`;
  const isSim = all.context.cluster === 'sim';
  let planned = 0;
  let leaps = 0;
  let readings = 0;
  const lows: number[] = [];
  const highs: number[] = [];
  let toleranceMs = 0;
  // By how many leaps what was seen may differ from what was planned, either way.
  let slack = 0;
  const { faults } = all.context.plan;
  for (const sample of within(all, fault.targets, window)) {
    const { wall } = sample;
    const watching = watchesOf(faults, sample.member)?.wall;
    const drift = driftPerMs(faults, sample.member);
    if (watching === undefined || !leapShows(watching, drift)) continue;
    const steady = expectedWallMs(all, sample);
    // With two strobes on it, whose leap it was cannot be told.
    if (wall === undefined || steady === undefined || strobedMs(all, sample).length > 2) continue;
    const intervalMs = (sample.time - sample.since) / MS;
    // A member that got to look too seldom may have seen one side only, and missed leaps.
    if (wall.looks * fault.everyMs < LEAST_LOOKS * intervalMs) continue;
    readings++;
    planned += intervalMs / fault.everyMs;
    leaps += wall.leaps;
    // Where in its period the interval began, and from the first look to the last: they may be one look short of either end.
    slack += 1 + (2 * watching.everyMs) / fault.everyMs;
    // Another turn of the clock may pass for a leap, or hide one.
    slack += turnsOf(all, fault, sample, watching.everyMs);
    // So may what a drifting member went on by in looks that it missed.
    if (drift > 0) slack += Math.max(0, intervalMs / watching.everyMs - wall.looks);
    // Long enough to have shown the clock true and wrong; a drift besides would blur it.
    if (intervalMs < 3 * fault.everyMs || drift > 0) continue;
    lows.push(wall.leastMs - steady);
    highs.push(wall.mostMs - steady);
    toleranceMs = Math.max(toleranceMs, wallToleranceMs(all, sample.member) + 0.005 * Math.abs(steady + fault.skewMs));
  }
  const most = planned + slack + (isSim ? 0 : 0.05 * planned);
  const least = (isSim ? planned : REAL_LEAPS * planned) - slack;
  if (readings === 0 || (leaps === 0 && least <= 0 && lows.length === 0))
    return noEvidence(fault, asked, 'no clock was looked at for long enough');
  const low = middle(lows);
  const high = middle(highs);
  const shown = lows.length > 0 ? `, between ${signed(low)} and ${signed(high)}` : '';
  const measured = `${leaps} leaps of ${Math.round(planned)}${shown}`;
  const differs = (value: number, expected: number): boolean =>
    lows.length > 0 && Math.abs(value - expected) > (isSim ? 0.01 : toleranceMs);
  let why = '';
  if (leaps < least || leaps > most) why = `its clocks leapt ${leaps} times, and not ${Math.round(planned)}`;
  else if (differs(low, Math.min(0, fault.skewMs)) || differs(high, Math.max(0, fault.skewMs))) {
    why = `its clocks were between ${signed(low)} and ${signed(high)}`;
  }
  return effect(fault, asked, measured, why);
}

/** How often the beginning or end of another fault turned a member's clock, as its looks of an interval may have seen. */
function turnsOf(
  all: MemberEffects,
  own: ClockStrobeFault,
  { member, since, time }: TrafficSample,
  lookEveryMs: number,
): number {
  const { plan, timeline } = all.context;
  const others = plan.faults.filter(
    (fault) => fault.id !== own.id && turnsWallClock(fault) && fault.targets.includes(member),
  );
  const edges = timeline.faults
    .filter(({ id }) => others.some((fault) => fault.id === id))
    .flatMap(({ from, until }) => [from, until]);
  return edges.filter((edge) => edge >= since - lookEveryMs * MS && edge <= time + lookEveryMs * MS).length;
}

/** What a quota may leave over at either end of an interval, and what a member may be ahead of it, ms. */
const CPU_PERIOD_MS = 100;
const CPU_AHEAD_MS = 20;

function cpuEffect(all: MemberEffects, fault: CpuFault, window: FaultWindow): Effect {
  const asked = `${percentOf(fault.share, 1)} of a processor`;
  let held = 0;
  let told = false;
  for (const { cpu } of touching(all, fault.targets, window)) {
    if (cpu === undefined || cpu.throttled === null) continue;
    told = true;
    held += cpu.throttled;
  }
  let usedMs = 0;
  let spanMs = 0;
  let over: string | undefined;
  for (const target of fault.targets) {
    const own = within(all, [target], window).filter(({ cpu }) => cpu !== undefined);
    const span = own.reduce((sum, sample) => sum + (sample.time - sample.since) / MS, 0);
    const used = own.reduce((sum, { cpu }) => sum + (cpu?.usedMs ?? 0), 0);
    usedMs += used;
    spanMs += span;
    const mostMs = fault.share * (1.1 * span + 2 * CPU_PERIOD_MS * own.length) + CPU_AHEAD_MS;
    if (used > mostMs) over ??= `${target} used ${percentOf(used, span)} of a processor`;
  }
  if (spanMs === 0 && held === 0) return noEvidence(fault, asked, 'no use of a processor was read while it was on');
  if (over === undefined && told && held === 0) {
    return noEvidence(fault, asked, 'its targets never asked for more than that');
  }
  const used = spanMs === 0 ? '' : `${rounded((100 * usedMs) / spanMs)} % used, `;
  return effect(fault, asked, `${used}held up in ${told ? held : 'an unknown number of'} periods`, over ?? '');
}

/** What a real disk takes though it is full: the rest of the block that the last record stands in, and of the next file's. */
const LAST_BLOCKS_BYTES = 8192;

function diskEffect(all: MemberEffects, fault: DiskFullFault, window: FaultWindow): Effect {
  const asked = `no room for the state of ${fault.targets.join(', ')}`;
  const { cluster } = all.context;
  // There the writes are refused by the simulator, or by the member's own program.
  const mostBytes = cluster === 'sim' || cluster === 'local' ? 0 : LAST_BLOCKS_BYTES;
  let refused = 0;
  let empty = 0;
  for (const { disk, time } of touching(all, fault.targets, window)) {
    refused += disk?.refused ?? 0;
    if (disk?.freeBytes === 0 && time <= window.until) empty++;
  }
  let stored: string | undefined;
  for (const target of fault.targets) {
    const own = within(all, [target], window);
    const bytes = own.reduce((sum, { disk }) => sum + (disk?.storedBytes ?? 0), 0);
    if (bytes > mostBytes) stored ??= `${target} stored ${bytes} bytes while there was to be no room`;
  }
  if (stored === undefined && refused === 0 && empty === 0) {
    return noEvidence(fault, asked, 'its targets had nothing to store while it was on');
  }
  const seen = empty > 0 ? `no byte free in ${empty} readings, ` : '';
  return effect(fault, asked, `${seen}${refused} writes refused`, stored ?? '');
}
