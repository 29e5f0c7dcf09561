/**
 * Estimates against the truth. Judged are whole epochs: no fault touched them, all members that were up during them took
 * part from near the start and went through (nearly) all cycles. There the maximum and minimum are exact, and the others
 * within the error that the claim states as a share of the range of the inputs. Everywhere, an input with which a member
 * enters an epoch is its latest, and a read returns what the member had found. If no epoch is whole although nothing
 * disturbed the members for as long as the bound, that is a violation too.
 */
import type { CheckContext, JudgedChannel, Timeline } from '../../harness/model/checker.ts';
import type { PropertyResult } from '../../harness/model/verdict.ts';
import type { Data } from '../../impl/protocol.ts';
import {
  type AggregateLog,
  type Epoch,
  type EpochLine,
  type EstimateLine,
  participant,
  type SetOperation,
} from './aggregate-log.ts';
import { claimOf, conclude, operationsPlanned, wholeSince } from './claims.ts';
import { excuseOf, latenessNote, type Overdue } from './lateness.ts';
import type { PeerBeliefs } from './peer-beliefs.ts';
import { disturbances, type Intervals } from './quiet.ts';
import { Violations } from './violations.ts';
import { canonical, clock, milliseconds, plural } from './wording.ts';

/** Rounding, as a share of the largest input. */
const ROUNDING = 1e-9;
/** Cycles over which the decay of the error is measured: below some 1e-20 of the start rounding takes over. */
const DECAY_CYCLES = 10;

interface Whole {
  readonly number: number;
  readonly epoch: Epoch;
  /** Last entry, ns. */
  readonly enteredAt: number;
}

export function judgeEstimates(
  context: CheckContext,
  channel: JudgedChannel,
  log: AggregateLog,
  beliefs: PeerBeliefs | undefined,
): PropertyResult | undefined {
  const claimed = claimOf(context, channel, 'estimate');
  if (claimed === undefined) return undefined;
  const violations = new Violations();
  let entries = 0;
  for (const epoch of log.epochs.values()) {
    for (const entry of epoch.entries.values()) {
      entries++;
      judgeInput(context, log, entry, violations);
    }
  }
  judgeReads(log, violations);
  const share = claimed.rate;
  const wholes = share < 1 ? wholeEpochs(context, channel, log, beliefs) : [];
  const worst = { average: 0, count: 0 };
  const members = context.plan.members.length;
  for (const whole of wholes) judgeEpoch(channel, whole, { share, members }, worst, violations);
  const overdue = share < 1 && beliefs === undefined ? lateness(context, channel, wholes) : undefined;
  const excuse = overdue && excuseOf(context, overdue);
  const lateMs = overdue === undefined || excuse !== undefined ? undefined : (overdue.at - overdue.from) / 1e6;
  if (lateMs !== undefined) {
    violations.add(
      () =>
        `No epoch went through with all members in the ${milliseconds(lateMs)} after the heal; the bound is ${milliseconds(channel.bounds.convergenceMs ?? 0)}.`,
      () => [],
    );
  }
  const decay = wholes.map((whole) => decayOf(channel, whole)).filter((factor) => factor !== undefined);
  return conclude(claimed, {
    judged: wholes.length,
    violations: violations.count,
    witness: violations.witness,
    inapplicable:
      operationsPlanned(context, channel.name).size === 0
        ? 'the plan has no inputs on this channel'
        : share >= 1
          ? 'with these settings epochs are too short for a bound on the error'
          : undefined,
    missing: excuse ?? (wholes.length === 0 ? 'no epoch went through undisturbed with all members' : undefined),
    sound: `estimates of ${plural(wholes.length, 'undisturbed epoch')} true within ${share.toPrecision(2)} of the inputs' range; the worst average was off by ${worst.average.toPrecision(2)}`,
    broken: `${plural(violations.count, 'estimate, input or read', 'estimates, inputs or reads')} untrue in ${plural(wholes.length, 'undisturbed epoch')} of ${log.epochs.size}${lateMs === undefined ? '' : latenessNote(context)}`,
    details: {
      epochs: log.epochs.size,
      wholeEpochs: wholes.length,
      entries,
      reads: log.reads.length,
      errorShareClaimed: share,
      worstAverageErrorShare: worst.average,
      worstCountError: worst.count,
      varianceFactorPerCycle: decay.length === 0 ? null : decay.reduce((sum, factor) => sum + factor, 0) / decay.length,
    },
  });
}

/** The input is one that a client set, and no later one was acknowledged before. */
function judgeInput(context: CheckContext, log: AggregateLog, entry: EpochLine, violations: Violations): void {
  const stays = context.timeline.stays.get(entry.member) ?? [];
  const bornAt = stays.find((stay) => stay.life === entry.life)?.from ?? 0;
  const sets = (log.sets.get(entry.member) ?? []).filter(
    (set) => set.outcome !== 'fail' && set.invokedAt <= entry.time,
  );
  const done = sets.filter((set) => set.outcome === 'ok' && set.endedAt < entry.time && set.invokedAt >= bornAt);
  const isLatest = (endedAt: number): boolean => !done.some((later) => later.invokedAt > endedAt);
  const candidates = sets.filter((set) => set.value === entry.input);
  if (candidates.some((set) => isLatest(set.endedAt))) return;
  if (entry.input === 0 && done.length === 0) return;
  const latest: SetOperation | undefined = done.at(-1);
  violations.add(
    () =>
      `${entry.member} entered epoch ${entry.epoch} at ${clock(entry.time)} with the input ${entry.input}${candidates.length > 0 ? ', which was replaced before' : ', which nobody set'}${latest === undefined ? '' : `; ${JSON.stringify(latest.value)} was acknowledged at ${clock(latest.endedAt)}`}.`,
    () => [entry as Data],
  );
}

function judgeReads(log: AggregateLog, violations: Violations): void {
  for (const { member, value, line } of log.reads) {
    if (value === null) continue;
    const number = (value as { readonly [key: string]: Data | undefined }).epoch;
    const epoch = typeof number === 'number' ? log.epochs.get(number) : undefined;
    const finals = [...(epoch?.finals.values() ?? [])].filter((final) => final.member === member);
    if (finals.some((final) => canonical(resultOf(final)) === canonical(value))) continue;
    violations.add(
      () => `A read at ${member} returned ${canonical(value)}, which it had not found in that epoch.`,
      () => [line, ...(finals as readonly Data[])],
    );
  }
}

function resultOf({ epoch, average, sum, count, max, min }: EstimateLine): Data {
  return { epoch, average, sum, count, max, min };
}

function setting(channel: JudgedChannel, name: string): number {
  return Number(channel.plan.settings[name] ?? 0);
}

function wholeEpochs(
  context: CheckContext,
  channel: JudgedChannel,
  log: AggregateLog,
  beliefs: PeerBeliefs | undefined,
): Whole[] {
  const { timeline, conditions } = context;
  const quiet = disturbances(context.plan, timeline, conditions.schedulingMs);
  const intervalMs = setting(channel, 'intervalMs');
  const entryCycles = setting(channel, 'entryCycles');
  const leastCycles = setting(channel, 'cyclesPerEpoch') - entryCycles - 2;
  const found: Whole[] = [];
  const instances = [...log.epochs].flatMap(([number, epoch]) =>
    instancesOf(timeline, amongConnected(timeline, epoch)).map((instance) => [number, instance] as const),
  );
  for (const [number, epoch] of instances) {
    const entered = [...epoch.entries.values()].map((line) => line.time);
    const from = Math.min(...entered);
    const enteredAt = Math.max(...entered);
    const until = Math.max(...[...epoch.finals.values()].map((line) => line.time));
    if (entered.length === 0 || epoch.finals.size !== entered.length) continue;
    if (enteredAt - from > entryCycles * intervalMs * 1e6 || meets(quiet, from, until)) continue;
    if ([...epoch.finals.values()].some((final) => final.cycles < leastCycles)) continue;
    const up: string[] = [];
    const isWhole = context.plan.members.every(({ name }) => {
      const stays = timeline.stays.get(name) ?? [];
      const stay = stays.find((one) => one.from <= until && one.until > from);
      // Down throughout: no part of it.
      if (stay === undefined) return true;
      up.push(name);
      if (!timeline.reachableThroughout(name, name, from, until)) return false;
      const who = participant(name, stay.life);
      return epoch.entries.has(who) && epoch.finals.has(who);
    });
    // Those who are down and not known to be so cost cycles, and the claim counts on so many of them only.
    const absent = context.plan.members.length - up.length;
    if (!isWhole || up.length !== entered.length || absent > conditions.livesLost.length) continue;
    if (beliefs?.completeAmong(up, from, until) === false) continue;
    found.push({ number, epoch, enteredAt });
  }
  return found;
}

/** Without those who are cut off for good: they go through their epochs alone. */
function amongConnected(timeline: Timeline, epoch: Epoch): Epoch {
  const isConnected = ({ member, life, time }: EpochLine | EstimateLine): boolean =>
    timeline.stays.get(member)?.some((stay) => stay.life === life && stay.from <= time && time <= stay.until) ?? true;
  const only = <Line extends EpochLine | EstimateLine>(lines: ReadonlyMap<string, Line>) =>
    new Map([...lines].filter(([, line]) => isConnected(line)));
  return { ...epoch, entries: only(epoch.entries), finals: only(epoch.finals) };
}

/**
 * Where all that knew an epoch's number have lost their state, the number comes again for another epoch. Who was gone
 * before the others entered was not in one epoch with them; parts whose times overlap are one.
 */
function instancesOf(timeline: Timeline, epoch: Epoch): Epoch[] {
  const parts = [...epoch.entries].map(([who, entry]) => {
    const stay = timeline.stays.get(entry.member)?.find((one) => one.from <= entry.time && entry.time <= one.until);
    return { who, entry, until: epoch.finals.get(who)?.time ?? stay?.until ?? Infinity };
  });
  parts.sort((a, b) => a.entry.time - b.entry.time);
  const instances: Epoch[] = [];
  let until = -Infinity;
  for (const part of parts) {
    if (part.entry.time > until) instances.push({ ...epoch, entries: new Map(), finals: new Map() });
    until = Math.max(until, part.until);
    const instance = instances.at(-1);
    instance?.entries.set(part.who, part.entry);
    const final = epoch.finals.get(part.who);
    if (final !== undefined) instance?.finals.set(part.who, final);
  }
  return instances;
}

function meets(intervals: Intervals, from: number, until: number): boolean {
  return intervals.some(([on, off]) => on < until && off > from);
}

/** The time without faults and without a whole epoch, where that is longer than the bound. */
function lateness(context: CheckContext, channel: JudgedChannel, wholes: readonly Whole[]): Overdue | undefined {
  const { timeline } = context;
  const boundMs = channel.bounds.convergenceMs;
  const since = wholeSince(context);
  const until = timeline.finalAt ?? timeline.lastTime;
  if (boundMs === undefined || timeline.end !== 'completed' || until - since <= boundMs * 1e6) return undefined;
  // Nobody is left to go through one.
  if (![...timeline.stays.values()].some((stays) => stays.some((stay) => stay.until > since))) return undefined;
  return wholes.some((whole) => whole.enteredAt >= since)
    ? undefined
    : { from: since, deadline: since + boundMs * 1e6, at: until };
}

/** Less than e^-24: such an epoch is never met. */
const NEGLIGIBLE = Math.exp(-24);

/**
 * Chance that nobody leads a counting instance. Each member leads with the chance leaders / members, however few of them
 * are left to take part.
 */
export function leaderlessChance(participants: number, members: number, leaders: number): number {
  return (1 - Math.min(1, leaders / members)) ** participants;
}

function judgeEpoch(
  channel: JudgedChannel,
  { number, epoch }: Whole,
  { share, members }: { readonly share: number; readonly members: number },
  worst: { average: number; count: number },
  violations: Violations,
): void {
  const inputs = [...epoch.entries.values()].map((entry) => entry.input);
  const n = inputs.length;
  const sum = inputs.reduce((total, input) => total + input, 0);
  const max = Math.max(...inputs);
  const min = Math.min(...inputs);
  const range = max - min;
  const rounding = ROUNDING * (1 + Math.abs(max) + Math.abs(min));
  const truth = { average: sum / n, count: n, sum, max, min };
  const averageOff = share * range + rounding;
  // The share is for inputs half at each end of their range. A counting instance starts with one 1 among n, which is a
  // variance of 1/n and not of 1/4; and each should end with 1/n, so that its relative error is n times as large.
  const relative = 2 * Math.sqrt(n) * share;
  const countOff = relative < 1 ? (n * relative) / (1 - relative) + n * ROUNDING : Number.POSITIVE_INFINITY;
  const sumOff = Number.isFinite(countOff)
    ? Math.abs(truth.average) * countOff + averageOff * (n + countOff)
    : Number.POSITIVE_INFINITY;
  const off = { average: averageOff, count: countOff, sum: sumOff, max: 0, min: 0 };
  for (const [who, final] of epoch.finals) {
    if (range > 0) worst.average = Math.max(worst.average, Math.abs(final.average - truth.average) / range);
    if (final.count !== null) worst.count = Math.max(worst.count, Math.abs(final.count - n));
    const wrong = (['average', 'count', 'sum', 'max', 'min'] as const).find((kind) => {
      const estimate = final[kind];
      if (estimate === null) return leaderlessChance(n, members, setting(channel, 'leaders')) < NEGLIGIBLE;
      return !(Math.abs(estimate - truth[kind]) <= off[kind]);
    });
    if (wrong === undefined) continue;
    violations.add(
      () =>
        `${who} ended epoch ${number} at ${clock(final.time)} with ${wrong} ${final[wrong]}; the ${n} participants' inputs have ${truth[wrong]}, and ${off[wrong].toPrecision(2)} is the most it may be off.`,
      () => [final as Data, ...([...epoch.entries.values()] as readonly Data[])],
    );
  }
}

/**
 * By what a cycle multiplies the variance of the estimates, from the ledger: over ten cycles after the last entry.
 * Undefined where there is no variance to lose.
 */
function decayOf(channel: JudgedChannel, { epoch, enteredAt }: Whole): number | undefined {
  const held = new Map<string, { value: number; weight: number }>();
  for (const [who, { input }] of epoch.entries) held.set(who, { value: input, weight: 1 });
  const moves = [...epoch.exchanges.values()]
    .flatMap(({ started, answered }) => [started, ...answered])
    .filter((line) => line !== undefined)
    .sort((a, b) => a.time - b.time);
  const until = enteredAt + DECAY_CYCLES * setting(channel, 'intervalMs') * 1e6;
  let before: number | undefined;
  for (const move of moves) {
    if (move.time > until) break;
    if (move.time > enteredAt) before ??= variance(held);
    const mass = held.get(participant(move.member, move.life));
    if (mass === undefined) return undefined;
    mass.value += move.value;
    mass.weight += move.weight;
  }
  const after = variance(held);
  if (before === undefined || !(before > 0) || !(after > 0)) return undefined;
  return (after / before) ** (1 / DECAY_CYCLES);
}

function variance(held: ReadonlyMap<string, { value: number; weight: number }>): number {
  const estimates = [...held.values()].map(({ value, weight }) => value / weight);
  const mean = estimates.reduce((sum, estimate) => sum + estimate, 0) / estimates.length;
  return estimates.reduce((sum, estimate) => sum + (estimate - mean) ** 2, 0) / estimates.length;
}
