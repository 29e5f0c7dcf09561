/**
 * Whether what delays messages did as asked: delays, messages that are held back, bandwidths. Where several act on one link
 * their effects are expected to add up.
 */
import type { BandwidthFault, DelayFault, ReorderFault } from '../../harness/model/fault.ts';
import { type Effect, noEvidence, percent, rounded, sparedByChance } from './effect.ts';
import {
  baseSum,
  type Control,
  clockErrorMs,
  faultsOf,
  isShaped,
  type LinkEffects,
  quickestMs,
  READER_ALPHA,
  SOME_MESSAGES,
  sum,
  touchedBy,
  unseen,
} from './link-evidence.ts';
import type { LinkSample } from './link-samples.ts';
import { bernsteinMargin } from './statistics.ts';
import { milliseconds } from './wording.ts';

/** Two readings of one clock may be off by this much, ms. */
const CLOCK_READING_MS = 1;

/** Mean one-way delay: delays and held-back messages both add to it, each by its known mean. */
export function delayEffect(all: LinkEffects, fault: DelayFault | ReorderFault, base: Control): Effect {
  const asked =
    fault.type === 'delay'
      ? `${milliseconds(fault.delayMs)} ± ${milliseconds(fault.jitterMs)} later`
      : `${percent(fault.probability)} held back ${milliseconds(fault.holdMs)}`;
  const samples = touchedBy(all, fault).filter((sample) => !sample.cut && !sample.heldUp && sample.received > 0);
  const received = sum(samples, (sample) => sample.received);
  if (received === 0) return noEvidence(fault, asked, unseen(all, fault));
  const arrivals = sum(samples, (sample) => sample.received + sample.duplicates);
  const { network } = all.context.plan;
  const isSim = all.context.cluster === 'sim';
  let added = 0;
  let variance = isSim ? network.jitterMs ** 2 / 12 : 0;
  let range = isSim ? network.jitterMs / 2 : 0;
  for (const link of network.links ?? []) {
    variance += link.jitterMs ** 2 / 12;
    range += link.jitterMs / 2;
  }
  let mostVariance = 0;
  let mostRange = 0;
  let queued = false;
  for (const sample of samples) {
    let here = 0;
    let hereVariance = 0;
    let hereRange = 0;
    for (const delay of faultsOf(sample, 'delay')) {
      here += delay.delayMs;
      hereVariance += delay.jitterMs ** 2 / 3;
      hereRange += delay.jitterMs;
    }
    for (const reorder of faultsOf(sample, 'reorder')) {
      here += reorder.probability * reorder.holdMs;
      hereVariance += reorder.probability * (1 - reorder.probability) * reorder.holdMs ** 2;
      hereRange += reorder.holdMs;
    }
    if (faultsOf(sample, 'bandwidth').length > 0) queued = true;
    // A copy waits as its message does.
    added += ((sample.received + sample.duplicates) * here) / arrivals;
    mostVariance = Math.max(mostVariance, hereVariance);
    mostRange = Math.max(mostRange, hereRange);
  }
  variance += mostVariance;
  range += mostRange;
  // Beyond what the links have for the whole run: the fault is measured against that.
  const mean = (sum(samples, (sample) => sample.delaySum) - baseSum(all, samples)) / arrivals;
  // Sender and receiver may read different hosts' clocks.
  const clocksMs = clockErrorMs(all, samples);
  const least = isSim ? network.latencyMs + network.jitterMs / 2 : 0;
  const most = isSim ? least : (base.delayMs ?? 0) + all.context.conditions.schedulingMs + 0.1 * added;
  const tolerance = (isSim ? 0.01 : 1) + survivorship(samples, added, range);
  const margin = bernsteinMargin(received, variance, range, all.alpha) + tolerance + clocksMs;
  const tooEarly = mean < least + added - margin;
  const excessMs = mean - (most + added + margin + base.clocksMs);
  const tooLate = !queued && excessMs > 0;
  const waited = fault.type === 'delay' && !isSim ? allWaited(all, samples, base) : undefined;
  // A machine that was late makes any mean long; who waited as asked says so by its quickest message.
  const isExcused = waited?.noneTooLong === true && all.context.timeline.lateness?.isLarge === true;
  const isOff = tooEarly || (tooLate && !isExcused);
  const found =
    `messages took ${milliseconds(mean)} on average, and ${milliseconds(least + added)} ` +
    `${tooEarly ? 'at least' : `to ${milliseconds(most + added)}`} were asked`;
  const late = isOff && !tooEarly ? latenessBehind(all, samples, mean, excessMs) : undefined;
  if (late !== undefined) return noEvidence(fault, asked, `${found}; ${late}`);
  // Nearer to nothing than to what was asked: so few that this may be chance, or links that are as slow by themselves.
  const ownMs = isSim ? least : (base.delayMs ?? 0);
  if (waited === undefined && !tooEarly && mean < ownMs + added / 2) {
    const what = `${received} messages took ${milliseconds(mean)} on average`;
    if (isSim || mean < added / 2) return sparedByChance(fault, asked, received, what);
    return noEvidence(fault, asked, `${what}, and ${milliseconds(ownMs)} where nothing was asked`);
  }
  const readerMargin = bernsteinMargin(received, variance, range, READER_ALPHA) + clocksMs;
  const overtaken = fault.type === 'delay' ? '' : `, ${sum(samples, (sample) => sample.overtaken)} overtaken`;
  const shown = waited === undefined ? overtaken : `, none below ${milliseconds(waited.leastMs)}`;
  return {
    fault: fault.id,
    kind: fault.type,
    asked,
    measured: `${milliseconds(mean)}${clocksMs > 0 ? ` ± ${milliseconds(clocksMs)}` : ''} one-way on average${shown}`,
    low: rounded(mean - readerMargin),
    high: rounded(mean + readerMargin),
    sent: sum(samples, (sample) => sample.sent),
    received,
    outcome: isOff ? 'off' : 'as-asked',
    why: isOff ? found : '',
  };
}

/**
 * Why a mean that is too long by `excessMs` shows nothing; undefined: it does. A message lost no more time to waiting than
 * all that were ready to run waited while it was under way (harness/model/machine-lateness.ts), which is at most what they
 * waited in the whole of its epoch.
 */
function latenessBehind(
  { context: { timeline } }: LinkEffects,
  samples: readonly LinkSample[],
  meanMs: number,
  excessMs: number,
): string | undefined {
  const { lateness } = timeline;
  if (lateness?.isLarge !== true) return undefined;
  const arrivals = ({ received, duplicates }: LinkSample): number => received + duplicates;
  const waited = sum(
    samples,
    (sample) => arrivals(sample) * lateness.betweenMs(sample.epoch.from, sample.epoch.until + meanMs * 1e6),
  );
  const waitedMs = waited / sum(samples, arrivals);
  if (waitedMs < excessMs) return undefined;
  return `processes that were ready to run waited for ${milliseconds(waitedMs)} meanwhile: ${lateness.describe()}`;
}

export function bandwidthEffect(all: LinkEffects, fault: BandwidthFault): Effect {
  const asked = `${fault.bitsPerSecond} bit/s per link`;
  const samples = touchedBy(all, fault).filter((sample) => !sample.cut && !sample.heldUp);
  const sent = sum(samples, (sample) => sample.sent);
  if (sent === 0) return noEvidence(fault, asked, unseen(all, fault));
  const bytesPerSecond = fault.bitsPerSecond / 8;
  let fastest = 0;
  let over: LinkSample | undefined;
  for (const sample of samples) {
    const seconds = (sample.epoch.until - sample.epoch.from) / 1e9;
    fastest = Math.max(fastest, sample.receivedBytes / Math.max(seconds, 1e-3));
    // What waits is let in up to queueMs, the message that is being sent besides; a copy travels for free.
    const copies = 1 + faultsOf(sample, 'duplicate').length;
    const slack = all.context.cluster === 'sim' ? 1 : 1.1;
    const allowed = copies * (slack * bytesPerSecond * (seconds + fault.queueMs / 1000) + 3000);
    if (sample.receivedBytes > allowed) over ??= sample;
  }
  const quick = over === undefined && isShaped(all) ? tooQuick(all, fault, samples) : undefined;
  return {
    fault: fault.id,
    kind: fault.type,
    asked,
    measured: `at most ${Math.round(fastest * 8)} bit/s`,
    low: null,
    high: null,
    sent,
    received: sum(samples, (sample) => sample.received),
    outcome: over !== undefined || quick !== undefined ? 'off' : 'as-asked',
    why:
      over !== undefined
        ? `${over.receivedBytes} bytes passed from ${over.from} to ${over.to} within ` +
          `${((over.epoch.until - over.epoch.from) / 1e9).toFixed(1)} s`
        : (quick ?? ''),
  };
}

interface Waited {
  /** What the quickest of all messages took, ms. */
  readonly leastMs: number;
  /** The quickest message of each link that carried some took no longer than the delays may make it. */
  readonly noneTooLong: boolean;
}

/**
 * What the quickest message of each link says where the delays alone made even it as slow as it was; undefined where that
 * cannot be told. A machine that is late makes means long, with a fault and without one; but among some messages of a link
 * it lets one through at once, and a delay none.
 */
function allWaited(all: LinkEffects, samples: readonly LinkSample[], base: Control): Waited | undefined {
  const readingMs = Math.max(...samples.map(({ from, to }) => all.clocks.betweenMs(from, to)));
  const unsureMs = CLOCK_READING_MS + mostBaseJitterMs(all) + readingMs;
  const links = samples.map((sample) => {
    const delays = faultsOf(sample, 'delay');
    const least = delays.reduce((total, { delayMs, jitterMs }) => total + Math.max(0, delayMs - jitterMs), 0);
    const most = delays.reduce((total, { delayMs, jitterMs }) => total + delayMs + jitterMs, 0);
    return { least, most, quickest: quickestMs(all, sample), some: sample.received >= SOME_MESSAGES };
  });
  const halfMs = Math.min(...links.map(({ least }) => least)) / 2;
  if (halfMs <= unsureMs || links.some(({ quickest, least }) => quickest < least - unsureMs)) return undefined;
  // How often the quickest message of a link is that slow by itself.
  const slow = base.quickestMs.filter((ms) => ms + unsureMs >= halfMs).length;
  const share = (slow + 1) / (base.quickestMs.length + 1);
  const known = links.filter(({ some }) => some);
  if (share ** known.length >= all.alpha) return undefined;
  const { schedulingMs } = all.context.conditions;
  return {
    leastMs: Math.min(...links.map(({ quickest }) => quickest)),
    noneTooLong: known.every(({ quickest, most }) => quickest <= most + unsureMs + schedulingMs),
  };
}

/** By how much the plan's base links may be quicker than on average, ms. */
function mostBaseJitterMs({ context }: LinkEffects): number {
  return (context.plan.network.links ?? []).reduce((total, { jitterMs }) => total + jitterMs / 2, 0);
}

/**
 * Where an end went away, messages that were under way are missing, the slow ones more often: those that came may be
 * quicker on average by this much, ms, if all that are missing were the slowest there are.
 */
function survivorship(samples: readonly LinkSample[], addedMs: number, rangeMs: number): number {
  const cutShort = samples.filter((sample) => !sample.comparable);
  if (cutShort.length === 0) return 0;
  const missing = sum(cutShort, (sample) => Math.max(0, sample.sent - sample.received));
  const received = sum(samples, (sample) => sample.received);
  return Math.max(0.01 * addedMs, (missing / received) * rangeMs);
}

/** Every message must take at least as long as its bytes need; seen only where that is a matter of milliseconds. */
function tooQuick(all: LinkEffects, fault: BandwidthFault, touched: readonly LinkSample[]): string | undefined {
  const samples = touched.filter((sample) => sample.received > 0);
  const arrivals = sum(samples, (sample) => sample.received + sample.duplicates);
  if (arrivals < 20) return undefined;
  const ownMs = (sum(samples, (sample) => sample.receivedBytes) / arrivals) * (8000 / fault.bitsPerSecond);
  const mean = (sum(samples, (sample) => sample.delaySum) - baseSum(all, samples)) / arrivals;
  if (ownMs < 2 || mean >= 0.9 * ownMs) return undefined;
  return `messages took ${milliseconds(mean)} on average, and their bytes alone need ${milliseconds(ownMs)}`;
}
