/**
 * Whether faults on links did what was asked, pooled over the links and epochs in which each was on. Two-sided exact
 * tests; where several faults act on one link their effects are expected to multiply.
 */
import type { CorruptFault, DuplicateFault, LinkFault, LossFault, PartitionFault } from '../../harness/model/fault.ts';
import { bandwidthEffect, delayEffect } from './delay-effects.ts';
import { type Effect, noEvidence, percent, rounded, sparedByChance } from './effect.ts';
import {
  type Control,
  faultsOf,
  isShaped,
  type LinkEffects,
  READER_ALPHA,
  sum,
  touchedBy,
  unseen,
  usable,
} from './link-evidence.ts';
import type { LinkSample } from './link-samples.ts';
import { burstInflation, clopperPearson, lowerTail, upperTail } from './statistics.ts';

const MS = 1e6;
/** Edges of a partition in a real kernel, ms: messages at its start and end may pass. */
const KERNEL_EDGE_MS = 100;

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
  for (const loss of faultsOf(sample, 'loss')) {
    through *= 1 - loss.probability;
    // Twice the asymptotic variance: short counts of long bursts have heavier tails than it says.
    if (loss.burst !== undefined && loss.burst > 1) {
      inflation = Math.max(inflation, 2 * burstInflation(loss.probability, loss.burst));
    }
  }
  for (const corrupt of faultsOf(sample, 'corrupt')) through *= 1 - corrupt.probability;
  // The shaper makes copies after it has decided over loss; a kernel's copies are lost each on its own.
  let copies = 0;
  for (const duplicate of faultsOf(sample, 'duplicate')) copies += duplicate.probability;
  const high = isShaped(all) ? through : 1 - (1 - through) * (1 - Math.min(1, copies) * through);
  return { low: faultsOf(sample, 'bandwidth').length > 0 ? 0 : through, high, inflation };
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
    for (const one of faultsOf(sample, 'corrupt')) whole *= 1 - one.probability;
    share += (arrivals(sample) * (1 - whole)) / arrived;
    // Both copies of a corrupted message count.
    if (faultsOf(sample, 'duplicate').length > 0) inflation = 2;
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
  const faults = Math.max(...samples.map((sample) => faultsOf(sample, 'duplicate').length));
  let least = 0;
  let most = 0;
  for (const sample of samples) {
    const share = faultsOf(sample, 'duplicate').reduce((total, one) => total + one.probability, 0);
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
