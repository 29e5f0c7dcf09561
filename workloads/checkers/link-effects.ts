/**
 * Whether faults on links did what was asked, pooled over the links and epochs in which each was on. Two-sided exact
 * tests; where several faults act on one link their effects are expected to multiply (survival) or to add up (delay).
 */
import { baseDelayOf } from '../../harness/model/base-links.ts';
import type { CheckContext } from '../../harness/model/checker.ts';
import type {
  BandwidthFault,
  CorruptFault,
  DelayFault,
  DuplicateFault,
  LinkFault,
  LossFault,
  PartitionFault,
  ReorderFault,
} from '../../harness/model/fault.ts';
import type { HostClocks } from '../../harness/model/host-clocks.ts';
import { type Effect, noEvidence, percent, rounded, sparedByChance } from './effect.ts';
import type { LinkSample } from './link-samples.ts';
import { bernsteinMargin, burstInflation, clopperPearson, lowerTail, upperTail } from './statistics.ts';
import { milliseconds } from './wording.ts';

const MS = 1e6;
/** Chance of an interval's miss, for the reader's intervals. */
const READER_ALPHA = 0.01;
/** Loss that a real machine may add of its own (full socket buffers) where no control says more. */
const REAL_BASE_LOSS = 0.01;
/** Edges of a partition in a real kernel, ms: messages at its start and end may pass. */
const KERNEL_EDGE_MS = 100;

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
function isShaped({ context }: LinkEffects): boolean {
  return context.cluster === 'sim' || context.cluster === 'local';
}

export function linkEffect(all: LinkEffects, fault: LinkFault, base: Control): Effect {
  switch (fault.type) {
    case 'partition':
      return partitionEffect(all, fault);
    case 'loss':
      return lossEffect(all, fault, base);
    case 'corrupt':
      return corruptEffect(all, fault, base);
    case 'duplicate':
      return duplicateEffect(all, fault);
    case 'delay':
    case 'reorder':
      return delayEffect(all, fault, base);
    case 'bandwidth':
      return bandwidthEffect(all, fault);
  }
}

function touchedBy(all: LinkEffects, fault: LinkFault): LinkSample[] {
  return all.samples.filter((sample) => sample.faults.includes(fault));
}

/** Links on which the fault's own effect can be seen: not cut, and counted at both ends. */
function usable(all: LinkEffects, fault: LinkFault): LinkSample[] {
  return touchedBy(all, fault).filter((sample) => sample.comparable && !sample.cut);
}

function sum(samples: readonly LinkSample[], of: (sample: LinkSample) => number): number {
  return samples.reduce((total, sample) => total + of(sample), 0);
}

function of<T extends LinkFault['type']>(sample: LinkSample, type: T): Extract<LinkFault, { type: T }>[] {
  return sample.faults.filter((fault) => fault.type === type) as Extract<LinkFault, { type: T }>[];
}

/** Why a fault on links shows no effect. */
function unseen(all: LinkEffects, fault: LinkFault): string {
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
  /** How far `delayMs` may be off because the ends' clocks are of different hosts, ms; 0 on one host. */
  readonly clocksMs: number;
}

/** How far the mean delay of all that arrived may be off because the ends' clocks are of different hosts, ms. */
function clockErrorMs({ clocks }: LinkEffects, samples: readonly LinkSample[]): number {
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
    clocksMs: clockErrorMs(all, free),
  };
}

/** What the plan's base links added to all that arrived, ms, by its mean. */
function baseSum({ context }: LinkEffects, samples: readonly LinkSample[]): number {
  if (context.plan.network.links === undefined) return 0;
  return sum(
    samples,
    ({ from, to, received, duplicates }) => (received + duplicates) * baseDelayOf(context.plan, from, to).meanMs,
  );
}

// --- what a fault takes away ----------------------------------------------------------------------------------------

function partitionEffect(all: LinkEffects, fault: PartitionFault): Effect {
  const asked = `${fault.shape}: nothing passes`;
  const samples = touchedBy(all, fault).filter(
    (sample) => sample.senderCounted && sample.receiverCounted && (isShaped(all) || !sample.senderStarved),
  );
  const sent = sum(samples, (sample) => sample.sent);
  const received = sum(samples, (sample) => sample.received + sample.corrupted);
  if (sent === 0) return noEvidence(fault, asked, unseen(all, fault));
  const tolerated = isShaped(all)
    ? 0
    : sum(samples, (sample) => {
        const lengthMs = (sample.epoch.until - sample.epoch.from) / MS;
        return sample.sent * Math.min(0.05, (2 * KERNEL_EDGE_MS) / Math.max(1, lengthMs));
      });
  const [low, high] = clopperPearson(sent, Math.min(sent, received), READER_ALPHA);
  const leaks = received > tolerated;
  return {
    fault: fault.id,
    kind: fault.type,
    asked,
    measured: `${received} of ${sent} passed`,
    low: rounded(low),
    high: rounded(high),
    sent,
    received,
    outcome: leaks ? 'off' : 'as-asked',
    why: leaks ? `${received} of ${sent} messages passed links that were cut` : '',
  };
}

/** Share of messages that should get through a link, between the least and the most that the faults allow. */
function survival(all: LinkEffects, sample: LinkSample): { low: number; high: number; inflation: number } {
  let through = 1;
  let inflation = 1;
  for (const loss of of(sample, 'loss')) {
    through *= 1 - loss.probability;
    // Twice the asymptotic variance: short counts of long bursts have heavier tails than it says.
    if (loss.burst !== undefined && loss.burst > 1) {
      inflation = Math.max(inflation, 2 * burstInflation(loss.probability, loss.burst));
    }
  }
  for (const corrupt of of(sample, 'corrupt')) through *= 1 - corrupt.probability;
  // The shaper makes copies after it has decided over loss; a kernel's copies are lost each on its own.
  let copies = 0;
  for (const duplicate of of(sample, 'duplicate')) copies += duplicate.probability;
  const high = isShaped(all) ? through : 1 - (1 - through) * (1 - Math.min(1, copies) * through);
  return { low: of(sample, 'bandwidth').length > 0 ? 0 : through, high, inflation };
}

function lossEffect(all: LinkEffects, fault: LossFault | CorruptFault, base: Control): Effect {
  const burst = fault.type === 'loss' && fault.burst !== undefined ? ` in bursts of ${fault.burst}` : '';
  const asked = `${percent(fault.probability)} ${fault.type === 'loss' ? 'lost' : 'corrupted'}${burst}`;
  const whole = usable(all, fault);
  // Where every link had an end that went away, what is missing is an upper bound, and only that is tested.
  const isBound = whole.length === 0;
  const samples = isBound
    ? touchedBy(all, fault).filter((sample) => sample.senderCounted && sample.receiverCounted && !sample.cut)
    : whole;
  const sent = sum(samples, (sample) => sample.sent);
  if (sent === 0) return noEvidence(fault, asked, unseen(all, fault));
  const received = sum(samples, (sample) => sample.received);
  const missing = Math.max(0, sent - received);
  const allowance = sum(samples, (sample) => sample.allowance);
  const expected = samples.map((sample) => ({ sent: sample.sent, ...survival(all, sample) }));
  const least = expected.reduce((total, one) => total + one.sent * (1 - one.high), 0) / sent;
  const mostShaped = expected.reduce((total, one) => total + one.sent * (1 - one.low), 0) / sent;
  const most = 1 - (1 - mostShaped) * (1 - base.lossHigh);
  const inflation = Math.max(...expected.map((one) => one.inflation));
  // Independent messages of varying chances spread less than as many of their mean chance (Hoeffding 1956).
  const trials = Math.max(1, Math.floor(sent / inflation));
  const tooMany = upperTail(trials, Math.floor(Math.max(0, missing - allowance) / inflation), most);
  const tooFew = lowerTail(trials, Math.min(trials, Math.ceil(missing / inflation)), least);
  const off = !isBound && tooMany < all.alpha / 2 ? 'more' : tooFew < all.alpha / 2 ? 'fewer' : undefined;
  if (off === undefined && missing === 0)
    return sparedByChance(fault, asked, sent, `none of ${sent} messages was lost`);
  const [low, high] = clopperPearson(trials, Math.min(trials, Math.round(missing / inflation)), READER_ALPHA);
  const others = Math.abs(least - fault.probability) > 1e-9 ? ` (with the other faults ${percent(least)})` : '';
  return {
    fault: fault.id,
    kind: fault.type,
    asked: `${asked}${others}`,
    measured: `${percent(missing / sent)} missing${isBound ? ', those included that met nobody' : ''}`,
    low: rounded(low),
    high: rounded(high),
    sent,
    received,
    outcome: off === undefined ? 'as-asked' : 'off',
    why: off === undefined ? '' : `${off} messages are missing than was asked: ${percent(missing / sent)} of ${sent}`,
  };
}

/**
 * Receivers count what a bad checksum told them, so of what arrived the share is known whoever was away. A kernel drops
 * it before: then it is missing, as if lost.
 */
function corruptEffect(all: LinkEffects, fault: CorruptFault, base: Control): Effect {
  if (!isShaped(all)) return lossEffect(all, fault, base);
  const asked = `${percent(fault.probability)} corrupted`;
  const samples = touchedBy(all, fault).filter((sample) => !sample.cut && !sample.heldUp);
  const arrivals = (sample: LinkSample) => sample.received + sample.duplicates + sample.corrupted;
  const arrived = sum(samples, arrivals);
  if (arrived === 0) return noEvidence(fault, asked, unseen(all, fault));
  const corrupted = sum(samples, (sample) => sample.corrupted);
  let share = 0;
  let inflation = 1;
  for (const sample of samples) {
    let whole = 1;
    for (const one of of(sample, 'corrupt')) whole *= 1 - one.probability;
    share += (arrivals(sample) * (1 - whole)) / arrived;
    // Both copies of a corrupted message count.
    if (of(sample, 'duplicate').length > 0) inflation = 2;
  }
  const trials = Math.max(1, Math.floor(arrived / inflation));
  const tooMany = upperTail(trials, Math.floor(corrupted / inflation), share);
  const tooFew = lowerTail(trials, Math.min(trials, Math.ceil(corrupted / inflation)), share);
  const off = tooMany < all.alpha / 2 ? 'more' : tooFew < all.alpha / 2 ? 'fewer' : undefined;
  if (off === undefined && corrupted === 0) {
    return sparedByChance(fault, asked, arrived, `none of ${arrived} messages was corrupted`);
  }
  const [low, high] = clopperPearson(trials, Math.min(trials, Math.round(corrupted / inflation)), READER_ALPHA);
  return {
    fault: fault.id,
    kind: fault.type,
    asked,
    measured: `${percent(corrupted / arrived)} of what arrived was refused for its checksum`,
    low: rounded(low),
    high: rounded(high),
    sent: sum(samples, (sample) => sample.sent),
    received: arrived,
    outcome: off === undefined ? 'as-asked' : 'off',
    why: off === undefined ? '' : `${off} messages had a bad checksum than was asked: ${corrupted} of ${arrived}`,
  };
}

// --- what a fault adds ----------------------------------------------------------------------------------------------

function duplicateEffect(all: LinkEffects, fault: DuplicateFault): Effect {
  const asked = `${percent(fault.probability)} twice`;
  // Copies travel together, so whoever was away missed both.
  const samples = touchedBy(all, fault).filter((sample) => !sample.cut && !sample.heldUp && sample.received > 0);
  const received = sum(samples, (sample) => sample.received);
  if (received === 0) return noEvidence(fault, asked, unseen(all, fault));
  const copies = sum(samples, (sample) => sample.duplicates);
  const faults = Math.max(...samples.map((sample) => of(sample, 'duplicate').length));
  let least = 0;
  let most = 0;
  for (const sample of samples) {
    const share = of(sample, 'duplicate').reduce((total, one) => total + one.probability, 0);
    const { high } = survival(all, sample);
    // Where each copy is lost on its own, both must arrive to be seen as two.
    const seen = isShaped(all) ? share : (share * high) / (1 + (1 - high) * share);
    least += (sample.received * seen) / received;
    most += (sample.received * share) / received;
  }
  const trials = received * faults;
  const tooMany = upperTail(trials, Math.min(trials, copies), most / faults);
  const tooFew = lowerTail(trials, Math.min(trials, copies), least / faults);
  const off = tooMany < all.alpha / 2 ? 'more' : tooFew < all.alpha / 2 ? 'fewer' : undefined;
  if (off === undefined && copies === 0)
    return sparedByChance(fault, asked, received, `none of ${received} messages came twice`);
  const [low, high] = clopperPearson(received, Math.min(received, copies), READER_ALPHA);
  return {
    fault: fault.id,
    kind: fault.type,
    asked,
    measured: `${percent(copies / received)} twice`,
    low: rounded(low),
    high: rounded(high),
    sent: sum(samples, (sample) => sample.sent),
    received,
    outcome: off === undefined ? 'as-asked' : 'off',
    why: off === undefined ? '' : `${off} copies arrived than was asked: ${copies} of ${received}`,
  };
}

/** Mean one-way delay: delays and held-back messages both add to it, each by its known mean. */
function delayEffect(all: LinkEffects, fault: DelayFault | ReorderFault, base: Control): Effect {
  const asked =
    fault.type === 'delay'
      ? `${milliseconds(fault.delayMs)} ± ${milliseconds(fault.jitterMs)} later`
      : `${percent(fault.probability)} held back ${milliseconds(fault.holdMs)}`;
  const samples = touchedBy(all, fault).filter((sample) => !sample.cut && !sample.heldUp && sample.received > 0);
  const received = sum(samples, (sample) => sample.received);
  if (received === 0) return noEvidence(fault, asked, unseen(all, fault));
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
    for (const delay of of(sample, 'delay')) {
      here += delay.delayMs;
      hereVariance += delay.jitterMs ** 2 / 3;
      hereRange += delay.jitterMs;
    }
    for (const reorder of of(sample, 'reorder')) {
      here += reorder.probability * reorder.holdMs;
      hereVariance += reorder.probability * (1 - reorder.probability) * reorder.holdMs ** 2;
      hereRange += reorder.holdMs;
    }
    if (of(sample, 'bandwidth').length > 0) queued = true;
    added += (sample.received * here) / received;
    mostVariance = Math.max(mostVariance, hereVariance);
    mostRange = Math.max(mostRange, hereRange);
  }
  variance += mostVariance;
  range += mostRange;
  const arrivals = sum(samples, (sample) => sample.received + sample.duplicates);
  // Beyond what the links have for the whole run: the fault is measured against that.
  const mean = (sum(samples, (sample) => sample.delaySum) - baseSum(all, samples)) / arrivals;
  // Sender and receiver may read different hosts' clocks.
  const clocksMs = clockErrorMs(all, samples);
  const least = isSim ? network.latencyMs + network.jitterMs / 2 : 0;
  const most = isSim ? least : (base.delayMs ?? 0) + all.context.conditions.schedulingMs + 0.1 * added;
  const tolerance = (isSim ? 0.01 : 1) + survivorship(samples, added, range);
  const margin = bernsteinMargin(received, variance, range, all.alpha) + tolerance + clocksMs;
  const tooEarly = mean < least + added - margin;
  const tooLate = !queued && mean > most + added + margin + base.clocksMs;
  // Nearer to nothing than to what was asked, and so few that this may be chance.
  if (!tooEarly && mean < (isSim ? least : (base.delayMs ?? 0)) + added / 2) {
    return sparedByChance(fault, asked, received, `${received} messages took ${milliseconds(mean)} on average`);
  }
  const readerMargin = bernsteinMargin(received, variance, range, READER_ALPHA) + clocksMs;
  const shown = fault.type === 'delay' ? '' : `, ${sum(samples, (sample) => sample.overtaken)} overtaken`;
  return {
    fault: fault.id,
    kind: fault.type,
    asked,
    measured: `${milliseconds(mean)}${clocksMs > 0 ? ` ± ${milliseconds(clocksMs)}` : ''} one-way on average${shown}`,
    low: rounded(mean - readerMargin),
    high: rounded(mean + readerMargin),
    sent: sum(samples, (sample) => sample.sent),
    received,
    outcome: tooEarly || tooLate ? 'off' : 'as-asked',
    why:
      tooEarly || tooLate
        ? `messages took ${milliseconds(mean)} on average, and ${milliseconds(least + added)} ` +
          `${tooEarly ? 'at least' : `to ${milliseconds(most + added)}`} were asked`
        : '',
  };
}

function bandwidthEffect(all: LinkEffects, fault: BandwidthFault): Effect {
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
    const copies = 1 + of(sample, 'duplicate').length;
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
