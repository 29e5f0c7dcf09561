/**
 * What links carried, as evidence of faults: which samples speak of one, and what links do by themselves where nothing was
 * asked.
 */
import { baseDelayOf } from '../../harness/model/base-links.ts';
import type { CheckContext } from '../../harness/model/checker.ts';
import type { LinkFault } from '../../harness/model/fault.ts';
import type { HostClocks } from '../../harness/model/host-clocks.ts';
import { type Effect, percent, rounded } from './effect.ts';
import type { LinkSample } from './link-samples.ts';
import { clopperPearson } from './statistics.ts';

/** Chance of an interval's miss, for the reader's intervals. */
export const READER_ALPHA = 0.01;
/** Loss that a real machine may add of its own (full socket buffers) where no control says more. */
const REAL_BASE_LOSS = 0.01;
/** Among so many messages of a link a machine that is late lets one through at once. */
export const SOME_MESSAGES = 5;

export interface LinkEffects {
  readonly context: CheckContext;
  /** All samples, those that are not comparable included. */
  readonly samples: readonly LinkSample[];
  /** Chance of a false alarm that one two-sided test may have. */
  readonly alpha: number;
  /** How far members' times can be compared. */
  readonly clocks: HostClocks;
}

/** Faults act in front of the sockets or in the simulator, not in a kernel. */
export function isShaped({ context }: LinkEffects): boolean {
  return context.cluster === 'sim' || context.cluster === 'local';
}

export function touchedBy(all: LinkEffects, fault: LinkFault): LinkSample[] {
  return all.samples.filter((sample) => sample.faults.includes(fault));
}

/** Links on which the fault's own effect can be seen: not cut, and counted at both ends. */
export function usable(all: LinkEffects, fault: LinkFault): LinkSample[] {
  return touchedBy(all, fault).filter((sample) => sample.comparable && !sample.cut);
}

export function sum(samples: readonly LinkSample[], of: (sample: LinkSample) => number): number {
  return samples.reduce((total, sample) => total + of(sample), 0);
}

/** Faults of that type that touch the link. */
export function faultsOf<T extends LinkFault['type']>(sample: LinkSample, type: T): Extract<LinkFault, { type: T }>[] {
  return sample.faults.filter((fault) => fault.type === type) as Extract<LinkFault, { type: T }>[];
}

/** Why a fault on links shows no effect. */
export function unseen(all: LinkEffects, fault: LinkFault): string {
  if (all.samples.length === 0) return 'no member left its counts of what it sent, so nothing can be told';
  return sum(touchedBy(all, fault), (sample) => sample.sent) === 0
    ? 'no message was seen on the links it touches, so it never bit'
    : 'each link it touches had an end that was slow, paused, down, cut off or uncounted about then, so nothing can be told';
}

// --- where nothing was asked ----------------------------------------------------------------------------------------

export interface Control {
  readonly effect: Effect;
  /** Loss without any fault, at most; what real machines add by themselves. */
  readonly lossHigh: number;
  /** Mean delay without any fault and beyond the plan's base links, ms; undefined where no link was free of faults. */
  readonly delayMs: number | undefined;
  /** What the quickest message of each such link and epoch took that carried some, ms beyond the plan's base links. */
  readonly quickestMs: readonly number[];
  /** How far `delayMs` may be off because the ends' clocks are of different hosts, ms; 0 on one host. */
  readonly clocksMs: number;
}

/** How far the mean delay of all that arrived may be off because the ends' clocks are of different hosts, ms. */
export function clockErrorMs({ clocks }: LinkEffects, samples: readonly LinkSample[]): number {
  const arrivals = ({ received, duplicates }: LinkSample): number => received + duplicates;
  const total = sum(samples, arrivals);
  const errors = sum(samples, (sample) => arrivals(sample) * clocks.betweenMs(sample.from, sample.to));
  return total === 0 ? 0 : errors / total;
}

/** Loss and delay on links that no fault touches. On `sim` nothing may be lost there. */
export function control(all: LinkEffects): Control {
  const { cluster } = all.context;
  const free = all.samples.filter((sample) => sample.comparable && sample.faults.length === 0 && !sample.heldUp);
  const sent = sum(free, (sample) => sample.sent);
  const received = sum(free, (sample) => sample.received);
  const copies = sum(free, (sample) => sample.duplicates);
  const missing = sent - received;
  const [low, high] = clopperPearson(sent, Math.max(0, missing), READER_ALPHA);
  const allowance = sum(free, (sample) => sample.allowance);
  const vanished = cluster === 'sim' && missing > allowance;
  const doubled = cluster === 'sim' && copies > 0;
  const effect: Effect = {
    fault: 'control',
    kind: 'none',
    asked: 'no loss',
    measured: sent === 0 ? '-' : `${percent(missing / sent)} lost`,
    low: sent === 0 ? null : rounded(low),
    high: sent === 0 ? null : rounded(high),
    sent,
    received,
    outcome: vanished || doubled ? 'off' : sent === 0 ? 'no-evidence' : 'as-asked',
    why: vanished ? 'messages were lost where no fault was on' : doubled ? 'copies arrived where no fault was on' : '',
  };
  const count = received + copies;
  return {
    effect,
    lossHigh: cluster === 'sim' ? 0 : Math.max(REAL_BASE_LOSS, sent >= 100 ? high : 0),
    delayMs: count === 0 ? undefined : (sum(free, (sample) => sample.delaySum) - baseSum(all, free)) / count,
    // Of what arrived at all, whoever ended then.
    quickestMs: all.samples
      .filter((sample) => sample.faults.length === 0 && !sample.heldUp && sample.received >= SOME_MESSAGES)
      .map((sample) => quickestMs(all, sample)),
    clocksMs: clockErrorMs(all, free),
  };
}

/** What the quickest message that came took beyond the plan's base link, by that one's mean, ms. */
export function quickestMs({ context: { plan } }: LinkEffects, { from, to, delayMin }: LinkSample): number {
  return plan.network.links === undefined ? delayMin : delayMin - baseDelayOf(plan, from, to).meanMs;
}

/** What the plan's base links added to all that arrived, ms, by its mean. */
export function baseSum({ context }: LinkEffects, samples: readonly LinkSample[]): number {
  if (context.plan.network.links === undefined) return 0;
  return sum(
    samples,
    ({ from, to, received, duplicates }) => (received + duplicates) * baseDelayOf(context.plan, from, to).meanMs,
  );
}
