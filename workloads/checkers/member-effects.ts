/** Whether faults on members (clocks, pauses, slowness, kills, leaves, lies) did what was asked. */
import type { CheckContext, FaultWindow, Stay } from '../../harness/model/checker.ts';
import { isLasting } from '../../harness/model/core.ts';
import {
  type ByzantineFault,
  type ClockDriftFault,
  type ClockSkewFault,
  type KillFault,
  type LeaveFault,
  type PauseFault,
  type PlannedFault,
  type SlowFault,
  type TimerDriftFault,
  turnsWallClock,
} from '../../harness/model/fault.ts';
import type { CpuReading, DiskReading, TrafficLine, WallReading } from '../../harness/model/history.ts';
import type { HostClocks } from '../../harness/model/host-clocks.ts';
import { type Effect, noEvidence, rounded } from './effect.ts';
import { isUnderFault } from './fault-in-reading.ts';
import type { LinkSample } from './link-samples.ts';
import { milliseconds } from './wording.ts';

const MS = 1e6;
/** On real machines a fault's edges and a member's stamps differ by no more than this. ms. */
const REAL_EDGE_MS = 300;
const REAL_WALL_TOLERANCE_MS = 25;
const REAL_TIMER_TOLERANCE_MS = 50;
/** From the order to kill or to leave to the member's end; more on a busy machine. */
const PROMPT_MS = 5000;

/** What is kept of a traffic line. */
export interface TrafficSample {
  readonly member: string;
  readonly since: number;
  readonly time: number;
  readonly wallAheadMs: number;
  readonly monotonicMs: number;
  readonly stalledMs: number;
  readonly wall: WallReading | undefined;
  readonly cpu: CpuReading | undefined;
  readonly disk: DiskReading | undefined;
  /** Messages by channel that lies were asked for on, both ways. */
  readonly messages: ReadonlyMap<string, number>;
}

export interface MemberEffects {
  readonly context: CheckContext;
  readonly traffic: readonly TrafficSample[];
  readonly samples: readonly LinkSample[];
  /** How far members' times can be compared. */
  readonly clocks: HostClocks;
  /** Times at which members that are to be paused said anything, near their pauses. ns, by member. */
  readonly spokenAt: ReadonlyMap<string, readonly number[]>;
}

export type MemberFault =
  | ClockSkewFault
  | ClockDriftFault
  | TimerDriftFault
  | PauseFault
  | SlowFault
  | KillFault
  | LeaveFault
  | ByzantineFault;

const NO_MESSAGES: ReadonlyMap<string, number> = new Map();

export function trafficSample(line: TrafficLine, channels: ReadonlySet<string>): TrafficSample {
  const { member, since, time, wallAheadMs, monotonicMs, stalledMs, wall, cpu, disk } = line;
  // Most plans have no liars, and then this is all there is to each of many lines.
  const messages = channels.size === 0 ? NO_MESSAGES : messagesOn(channels, line);
  return { member, since, time, wallAheadMs, monotonicMs, stalledMs, wall, cpu, disk, messages };
}

function messagesOn(channels: ReadonlySet<string>, line: TrafficLine): ReadonlyMap<string, number> {
  const messages = new Map<string, number>();
  for (const counts of [line.sent, line.received]) {
    for (const [kind, [count]] of Object.entries(counts)) {
      const channel = [...channels].find((name) => kind.startsWith(`${name}.`));
      if (channel !== undefined) messages.set(channel, (messages.get(channel) ?? 0) + count);
    }
  }
  return messages;
}

export function memberEffect(all: MemberEffects, fault: MemberFault, window: FaultWindow): Effect {
  switch (fault.type) {
    case 'clock-skew':
    case 'clock-drift':
      return wallEffect(all, fault, window);
    case 'timer-drift':
      return timerEffect(all, fault, window);
    case 'pause':
      return pauseEffect(all, fault, window);
    case 'slow':
      return slowEffect(all, fault);
    case 'kill':
      return killEffect(all, fault, window);
    case 'leave':
      return leaveEffect(all, fault, window);
    case 'byzantine':
      return lieEffect(all, fault, window);
  }
}

export function edgeNs({ context, clocks }: MemberEffects): number {
  return context.cluster === 'sim' ? 0 : (REAL_EDGE_MS + clocks.mostMs) * MS;
}

export function effect(fault: Pick<PlannedFault, 'id' | 'type'>, asked: string, measured: string, why = ''): Effect {
  return {
    fault: fault.id,
    kind: fault.type,
    asked,
    measured,
    low: null,
    high: null,
    sent: 0,
    received: 0,
    outcome: why === '' ? 'as-asked' : 'off',
    why,
  };
}

function on(all: MemberEffects, id: string, time: number): FaultWindow | undefined {
  return all.context.timeline.faults.find((window) => window.id === id && window.from <= time && time < window.until);
}

// --- clocks ---------------------------------------------------------------------------------------------------------

function isUnder(all: MemberEffects, sample: TrafficSample, window: FaultWindow): boolean | undefined {
  const disturbed = pausesOf(all, sample.member).some((p) => p.from < sample.time && p.until > sample.since);
  return isUnderFault(sample, window, edgeNs(all), disturbed);
}

/** What skews and drifts together should make of a member's wall clock, ms; undefined where a reading may be of before or after a change. */
export function expectedWallMs(all: MemberEffects, sample: TrafficSample): number | undefined {
  let expected = 0;
  for (const fault of all.context.plan.faults) {
    if (fault.type !== 'clock-skew' && fault.type !== 'clock-drift') continue;
    if (!fault.targets.includes(sample.member)) continue;
    for (const window of all.context.timeline.faults) {
      if (window.id !== fault.id) continue;
      const under = isUnder(all, sample, window);
      if (under === undefined) return undefined;
      if (!under) continue;
      expected += fault.type === 'clock-skew' ? fault.skewMs : ((fault.factor - 1) * (sample.time - window.from)) / MS;
    }
  }
  return expected;
}

/** What the strobes that may have been on at a reading may have added to it, ms, each of them on or off. */
export function strobedMs(all: MemberEffects, sample: TrafficSample): number[] {
  let added = [0];
  for (const fault of all.context.plan.faults) {
    if (fault.type !== 'clock-strobe' || !fault.targets.includes(sample.member)) continue;
    const windows = all.context.timeline.faults.filter(({ id }) => id === fault.id);
    if (windows.every((window) => isUnder(all, sample, window) === false)) continue;
    added = added.flatMap((ms) => [ms, ms + fault.skewMs]);
  }
  return added;
}

/** A reading is of the host's clock, which was compared with the controller's over the network. */
export function wallToleranceMs({ clocks }: MemberEffects, member: string): number {
  return REAL_WALL_TOLERANCE_MS + clocks.boundMs(member);
}

function wallEffect(all: MemberEffects, fault: ClockSkewFault | ClockDriftFault, window: FaultWindow): Effect {
  const asked =
    fault.type === 'clock-skew' ? `wall clock ${signed(fault.skewMs)}` : `wall clock at ${fault.factor} times its pace`;
  const isSim = all.context.cluster === 'sim';
  const errors: number[] = [];
  const shown: number[] = [];
  for (const sample of all.traffic) {
    if (!fault.targets.includes(sample.member)) continue;
    if (isUnder(all, sample, window) !== true) continue;
    const steady = expectedWallMs(all, sample);
    if (steady === undefined) continue;
    const expected = strobedMs(all, sample)
      .map((ms) => steady + ms)
      .reduce((near, next) =>
        Math.abs(sample.wallAheadMs - next) < Math.abs(sample.wallAheadMs - near) ? next : near,
      );
    const tolerance = isSim ? 0.01 : wallToleranceMs(all, sample.member) + Math.abs(expected) * 0.005;
    errors.push(Math.abs(sample.wallAheadMs - expected) - tolerance);
    const own = fault.type === 'clock-skew' ? fault.skewMs : ((fault.factor - 1) * (sample.time - window.from)) / MS;
    const measured = sample.wallAheadMs - (expected - own);
    shown.push(fault.type === 'clock-skew' ? measured : 1 + (measured * MS) / (sample.time - window.from));
  }
  if (errors.length === 0) return noEvidence(fault, asked, 'no clock was read while it was on');
  const wrong = errors.filter((error) => error > 0).length;
  const middle = shown.sort((a, b) => a - b)[shown.length >> 1] ?? 0;
  const measured = fault.type === 'clock-skew' ? signed(middle) : `${rounded(middle)} times`;
  // One reading of a real clock may be disturbed; most of them are not.
  const off = isSim ? wrong > 0 : wrong * 2 > errors.length;
  return {
    ...effect(fault, asked, measured, off ? `${wrong} of ${errors.length} readings of the clock differ` : ''),
    low: rounded(shown[0] ?? 0),
    high: rounded(shown.at(-1) ?? 0),
  };
}

/** Members whose wall clock nobody was asked to touch, and that differs all the same. */
export function clockControl(all: MemberEffects): string | undefined {
  const isSim = all.context.cluster === 'sim';
  const planned = all.context.plan.faults;
  const touched = new Set(planned.flatMap((fault) => (turnsWallClock(fault) ? fault.targets : [])));
  if (touched.size === 0) return undefined;
  const readings = new Map<string, { wrong: number; all: number }>();
  for (const sample of all.traffic) {
    if (touched.has(sample.member)) continue;
    const reading = readings.get(sample.member) ?? { wrong: 0, all: 0 };
    reading.all++;
    if (Math.abs(sample.wallAheadMs) > (isSim ? 0.01 : wallToleranceMs(all, sample.member))) reading.wrong++;
    readings.set(sample.member, reading);
  }
  for (const [member, reading] of readings) {
    if (reading.wrong * 2 > reading.all) return `the wall clock of ${member} was off, and no fault was asked of it`;
  }
  return undefined;
}

function timerEffect(all: MemberEffects, fault: TimerDriftFault, window: FaultWindow): Effect {
  const asked = `timers at ${fault.factor} times their pace`;
  const isSim = all.context.cluster === 'sim';
  let wrong = 0;
  let judged = 0;
  let realMs = 0;
  let ownMs = 0;
  for (const sample of all.traffic) {
    if (!fault.targets.includes(sample.member)) continue;
    if (sample.time <= window.from || sample.since >= window.until) continue;
    if (pausesOf(all, sample.member).some((pause) => pause.from < sample.time && pause.until > sample.since)) continue;
    const expected = expectedTimerMs(all, sample);
    judged++;
    const tolerance = isSim ? 0.01 : REAL_TIMER_TOLERANCE_MS + 0.02 * expected;
    if (Math.abs(sample.monotonicMs - expected) > tolerance) wrong++;
    if (sample.since >= window.from && sample.time <= window.until) {
      realMs += (sample.time - sample.since) / MS;
      ownMs += sample.monotonicMs;
    }
  }
  if (judged === 0) return noEvidence(fault, asked, 'no clock was read while it was on');
  const off = isSim ? wrong > 0 : wrong * 2 > judged;
  const measured = realMs > 0 ? `${rounded(ownMs / realMs)} times` : `${judged} readings at its edges`;
  return effect(fault, asked, measured, off ? `${wrong} of ${judged} readings of the monotonic clock differ` : '');
}

/** Monotonic ms that should pass in a sample's interval, under all timer drifts of its member. */
function expectedTimerMs(all: MemberEffects, sample: TrafficSample): number {
  const drifts = all.context.plan.faults.filter(
    (fault): fault is TimerDriftFault => fault.type === 'timer-drift' && fault.targets.includes(sample.member),
  );
  const cuts = new Set([sample.since, sample.time]);
  for (const window of all.context.timeline.faults) {
    if (!drifts.some((drift) => drift.id === window.id)) continue;
    for (const edge of [window.from, window.until]) if (edge > sample.since && edge < sample.time) cuts.add(edge);
  }
  const sorted = [...cuts].sort((a, b) => a - b);
  let expected = 0;
  for (let i = 1; i < sorted.length; i++) {
    const from = sorted[i - 1] ?? 0;
    const until = sorted[i] ?? 0;
    let factor = 1;
    for (const drift of drifts) if (on(all, drift.id, from) !== undefined) factor *= drift.factor;
    expected += (factor * (until - from)) / MS;
  }
  return expected;
}

// --- processes ------------------------------------------------------------------------------------------------------

export function pausesOf(all: MemberEffects, member: string): Stay['pauses'] {
  return (all.context.timeline.actualStays.get(member) ?? []).flatMap((stay) => stay.pauses);
}

/** Its stay at that time, also when that is its very end. */
function stayAt(all: MemberEffects, member: string, time: number): Stay | undefined {
  return all.context.timeline.actualStays.get(member)?.find((stay) => stay.from <= time && stay.until >= time);
}

function pauseEffect(all: MemberEffects, fault: PauseFault, window: FaultWindow): Effect {
  const { lastTime } = all.context.timeline;
  const until = Math.min(window.until, lastTime);
  let askedNs = 0;
  let pausedNs = 0;
  let spoke: string | undefined;
  const spared = sparedOf(all, fault, window, (stay) =>
    stay.pauses.some((pause) => pause.from < until && pause.until > window.from),
  );
  for (const target of fault.targets) {
    const stay = stayAt(all, target, window.from);
    // A member that was down, starting or leaving at that moment is not stopped.
    if (!stay?.pauses.some((pause) => pause.from < until && pause.until > window.from)) continue;
    askedNs += Math.min(until, stay.until) - window.from;
    for (const pause of stay.pauses) {
      const from = Math.max(pause.from, window.from);
      const end = Math.min(pause.until, until);
      if (end <= from) continue;
      pausedNs += end - from;
      const edge = edgeNs(all);
      const words = all.spokenAt.get(target)?.filter((time) => time > from + edge && time < end - edge) ?? [];
      if (words.length > 0) spoke ??= `${target} said ${words.length} things while it was to be paused`;
      spoke ??= ranOn(all, target, pause);
    }
  }
  const asked = `${fault.targets.join(', ')} stopped for ${milliseconds(fault.untilMs - fault.atMs)}`;
  if (askedNs === 0 || pausedNs === 0) return noEvidence(fault, asked, 'none of its targets was up to be paused');
  if (spared !== undefined) return noEvidence(fault, asked, `${spared} was up, and was not seen to be stopped`);
  const endless = fault.targets.find((target) => isPausedBeyond(all, target));
  if (endless !== undefined) return noEvidence(fault, asked, `${endless} was not seen to be continued`);
  const short = pausedNs < 0.5 * askedNs ? `only ${percentOf(pausedNs, askedNs)} of the time asked for` : '';
  return effect(fault, asked, `${milliseconds(pausedNs / MS)} of member time`, spoke ?? short);
}

/** A stopped process counts nothing, and finds afterwards that it stood still. undefined: so it was. */
function ranOn(all: MemberEffects, member: string, pause: Stay['pauses'][number]): string | undefined {
  const edge = edgeNs(all);
  const own = all.traffic.filter((sample) => sample.member === member);
  const counted = own.filter((sample) => sample.time > pause.from + edge && sample.time < pause.until - edge).length;
  if (counted > 0) return `${member} counted ${counted} times while it was to be paused`;
  const next = own.find((sample) => sample.since <= pause.from + edge && sample.time >= pause.until);
  const leastMs = (pause.until - pause.from) / MS / 2 - edge / MS;
  if (next === undefined || next.stalledMs >= leastMs) return undefined;
  return `${member} stood still for ${milliseconds(next.stalledMs)} only`;
}

/** A target that was up when the fault began, that no crash took away, and to which it was not done; undefined: none. */
function sparedOf(
  all: MemberEffects,
  fault: PauseFault | KillFault | LeaveFault,
  window: FaultWindow,
  isDone: (stay: Stay) => boolean,
): string | undefined {
  const until = window.from + PROMPT_MS * MS;
  if (all.context.timeline.lastTime < until) return undefined;
  return fault.targets.find((target) =>
    all.context.timeline.actualStays
      .get(target)
      ?.some(
        (stay) =>
          stay.from < window.from - edgeNs(all) &&
          (stay.until > until || (stay.until > window.from + edgeNs(all) && stay.ending !== 'crash')) &&
          (stay.leftAt ?? Number.POSITIVE_INFINITY) > window.from &&
          !isDone(stay),
      ),
  );
}

/** Whether it stayed stopped after the last window of a pause of it. */
function isPausedBeyond(all: MemberEffects, target: string): boolean {
  const { plan, timeline } = all.context;
  const ids = new Set(
    plan.faults.flatMap((fault) => (fault.type === 'pause' && fault.targets.includes(target) ? [fault.id] : [])),
  );
  const last = Math.max(...timeline.faults.filter(({ id }) => ids.has(id)).map((window) => window.until));
  return pausesOf(all, target).some((pause) => pause.until > last + edgeNs(all));
}

function slowEffect(all: MemberEffects, fault: SlowFault): Effect {
  const asked = `blocked ${milliseconds(fault.blockMs)} of every ${milliseconds(fault.everyMs)}`;
  let messages = 0;
  let longestMs = 0;
  for (const sample of all.samples) {
    if (!sample.epoch.active.some((active) => active.id === fault.id)) continue;
    if (!fault.targets.includes(sample.from) && !fault.targets.includes(sample.to)) continue;
    messages += sample.sent;
    longestMs = Math.max(longestMs, sample.delayMax);
  }
  for (const sample of all.traffic) {
    if (!fault.targets.includes(sample.member)) continue;
    const touched = all.context.timeline.faults.some(
      (window) => window.id === fault.id && window.from < sample.time && window.until > sample.since,
    );
    if (touched) longestMs = Math.max(longestMs, sample.stalledMs);
  }
  if (messages === 0) return noEvidence(fault, asked, 'its targets sent and received nothing');
  // A message in a hundred blocked a quarter of the time would do; none at all means that nothing blocked.
  if (longestMs < fault.blockMs / 4) {
    return noEvidence(fault, asked, `nothing waited longer than ${milliseconds(longestMs)}`);
  }
  return { ...effect(fault, asked, `the longest wait was ${milliseconds(longestMs)}`), sent: messages };
}

function killEffect(all: MemberEffects, fault: KillFault, window: FaultWindow): Effect {
  const asked = `${fault.targets.join(', ')} killed, back ${fault.restart === 'never' ? 'never' : fault.restart}`;
  const { timeline } = all.context;
  let killed = 0;
  let wrong = '';
  for (const target of fault.targets) {
    const stays = timeline.actualStays.get(target) ?? [];
    const index = stays.findIndex(
      (stay) =>
        stay.ending === 'crash' &&
        stay.from < window.from + edgeNs(all) &&
        stay.until >= window.from - edgeNs(all) &&
        stay.until <= window.from + PROMPT_MS * MS,
    );
    const stay = stays[index];
    if (stay === undefined) continue;
    killed++;
    // Where several faults keep it down, the one that loses most decides over its return.
    const next = stays[index + 1];
    const due = window.until + PROMPT_MS * MS;
    if (!isAlone(all, fault, target, next?.from ?? due)) continue;
    const staysAway = fault.restart === 'never' || staysOutside(all, fault, target);
    if (next === undefined) {
      // A run is not completed before all who are to come back are up, or have been given up on.
      const ended = timeline.end !== 'completed' && timeline.lastTime < due;
      if (!staysAway && !ended) wrong ||= `${target} did not come back`;
    } else if (staysAway) wrong ||= `${target} came back`;
    else if ((next.life === stay.life) !== (fault.restart === 'with-state')) {
      wrong ||= `${target} came back in life ${next.life} after life ${stay.life}`;
    }
  }
  if (killed === 0) return noEvidence(fault, asked, 'none of its targets was seen to crash');
  const spared = sparedOf(all, fault, window, () => false);
  if (spared !== undefined) return noEvidence(fault, asked, `${spared} was up, and was not seen to crash`);
  return effect(fault, asked, `${killed} of ${fault.targets.length} crashed`, wrong);
}

/** `backAt`: when it was up again, or should have been, ns; what takes it down before that decides over its return too. */
function isAlone(all: MemberEffects, fault: KillFault | LeaveFault, target: string, backAt = 0): boolean {
  const untilMs = Math.max(fault.untilMs, backAt / MS);
  return !all.context.plan.faults.some(
    (other) =>
      other.id !== fault.id &&
      (other.type === 'kill' || other.type === 'leave') &&
      other.targets.includes(target) &&
      other.atMs <= untilMs &&
      other.untilMs >= fault.atMs,
  );
}

/** The fault itself lasts, or a pause that does keeps the member from coming back. */
function staysOutside(all: MemberEffects, fault: PlannedFault, target: string): boolean {
  const { plan } = all.context;
  const holds = (other: PlannedFault): boolean => other.type === 'pause' && other.targets.includes(target);
  return (
    isLasting(plan, fault) ||
    plan.faults.some((other) => holds(other) && isLasting(plan, other) && other.atMs <= fault.untilMs)
  );
}

function leaveEffect(all: MemberEffects, fault: LeaveFault, window: FaultWindow): Effect {
  const asked = `${fault.targets.join(', ')} leave${fault.rejoin ? ', and join anew' : ''}`;
  const { timeline } = all.context;
  let left = 0;
  let wrong = '';
  for (const target of fault.targets) {
    const stays = timeline.actualStays.get(target) ?? [];
    const index = stays.findIndex(
      (stay) =>
        stay.leftAt !== undefined &&
        stay.leftAt >= window.from - edgeNs(all) &&
        stay.leftAt <= window.from + PROMPT_MS * MS,
    );
    const stay = stays[index];
    if (stay === undefined) continue;
    left++;
    const next = stays[index + 1];
    const due = window.until + PROMPT_MS * MS;
    if (!isAlone(all, fault, target, next?.from ?? due)) continue;
    const returns = fault.rejoin && !staysOutside(all, fault, target);
    if (next === undefined) {
      const ended = timeline.end !== 'completed' && timeline.lastTime < due;
      if (returns && !ended) wrong ||= `${target} did not join again`;
    } else if (!returns) wrong ||= `${target} came back`;
    else if (next.life <= stay.life) wrong ||= `${target} came back in the life that it had left`;
  }
  if (left === 0) return noEvidence(fault, asked, 'none of its targets was up to leave');
  const spared = sparedOf(all, fault, window, (stay) => stay.leftAt !== undefined);
  if (spared !== undefined) return noEvidence(fault, asked, `${spared} was up, and was not seen to leave`);
  return effect(fault, asked, `${left} of ${fault.targets.length} left`, wrong);
}

function lieEffect(all: MemberEffects, fault: ByzantineFault, window: FaultWindow): Effect {
  const asked = `${fault.targets.join(', ')} ${fault.behaviour} on ${fault.channel}`;
  let messages = 0;
  for (const sample of all.traffic) {
    if (!fault.targets.includes(sample.member)) continue;
    if (sample.time <= window.from || sample.since >= window.until) continue;
    messages += sample.messages.get(fault.channel) ?? 0;
  }
  if (messages === 0) return noEvidence(fault, asked, 'its targets had no traffic on that channel to lie in');
  return { ...effect(fault, asked, `${messages} messages of theirs in its window`), sent: messages };
}

export function signed(ms: number): string {
  return `${ms < 0 ? '-' : '+'}${milliseconds(Math.abs(ms))}`;
}

export function percentOf(part: number, whole: number): string {
  return `${Math.round((100 * part) / whole)} %`;
}
