/** How each kind of link fault is probed, and what its links then say about what was asked. Pure. */
import type { CalibratedEffect, Reading } from '../../harness/model/calibration.ts';
import { HEADER_BYTES } from '../../harness/model/counters.ts';
import type { LinkFault } from '../../harness/model/fault.ts';
import type { LinkMeasure } from './calibrate.ts';
import type { KernelCapabilities } from './capabilities.ts';
import { shareOf, Z_99 } from './intervals.ts';

export interface Probing {
  /** Per link. */
  readonly datagrams: number;
  readonly everyMs: number;
  readonly payloadBytes: number;
  /** All has arrived when nothing came for so long. */
  readonly settleMs: number;
}

/** What the same link, or the machine as a whole, adds to delays while no fault is in force. */
export interface QuietDelay {
  readonly minMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /**
   * By how much it may be off against what is measured under the fault, either way: 0 for the same link, since what is not
   * known of two clocks is the same before and after; else what is not known of both links' clocks.
   */
  readonly clockMs: number;
}

export const USUAL: Probing = { datagrams: 200, everyMs: 2, payloadBytes: 100, settleMs: 120 };
const USUAL_MS = USUAL.datagrams * USUAL.everyMs;
const MOST_DATAGRAMS = 500;
/** Faults that hold datagrams for longer are not waited for. */
const MOST_HOLD_MS = 1500;
const LEAST_EVERY_MS = 0.5;
/** Datagrams that are sent while one is held back, so that at least one overtakes it. */
const OVERTAKERS = 8;
/** Twice as much as the link lets through is sent for so long, in so many datagrams at least. */
const FILL_MS = 800;
const LEAST_FILLING = 20;
/** A false alarm once in a million faults. */
const ALARM = 1e-6;
/** Timers of the relay know whole ms. */
const RESOLUTION_MS = 1;
/** A token bucket lets one full frame through at once. */
const FRAME_BYTES = 1514;
/** A flipped bit in the sender's hardware address harms nothing. */
const HARMLESS_BYTES = 6;

/** A sentence where it cannot be probed in bounded time. */
export function probingOf(fault: LinkFault, links: number): Probing | string {
  switch (fault.type) {
    case 'partition':
      return USUAL;
    case 'loss':
    case 'duplicate':
    case 'corrupt': {
      // So many that a fault that acts shows at least once, where that is to be had.
      const wanted = Math.ceil(Math.log(ALARM) / Math.log1p(-Math.min(0.99, fault.probability)) / Math.max(1, links));
      const datagrams = Math.min(MOST_DATAGRAMS, Math.max(USUAL.datagrams, wanted));
      return { ...USUAL, datagrams, everyMs: Math.max(1, USUAL_MS / datagrams) };
    }
    case 'delay':
      return held(USUAL, fault.delayMs + fault.jitterMs);
    case 'reorder': {
      const everyMs = Math.min(USUAL.everyMs, fault.holdMs / OVERTAKERS);
      if (everyMs < LEAST_EVERY_MS) return 'it holds back for less time than lies between probes';
      return held({ ...USUAL, everyMs }, fault.holdMs);
    }
    case 'bandwidth':
      return filling(fault.bitsPerSecond, fault.queueMs);
  }
}

function held(probing: Probing, holdMs: number): Probing | string {
  if (holdMs > MOST_HOLD_MS)
    return `it holds datagrams for longer than ${MOST_HOLD_MS} ms, which calibration waits at most`;
  return { ...probing, settleMs: probing.settleMs + holdMs };
}

function filling(bitsPerSecond: number, queueMs: number): Probing | string {
  for (const payloadBytes of [1000, 200]) {
    const everyMs = ((payloadBytes + HEADER_BYTES) * 8000) / (2 * bitsPerSecond);
    if (everyMs < LEAST_EVERY_MS) return 'the link is faster than probes can fill';
    const datagrams = Math.max(LEAST_FILLING, Math.ceil(FILL_MS / everyMs));
    if (datagrams * everyMs <= 2 * FILL_MS) return held({ ...USUAL, datagrams, everyMs, payloadBytes }, queueMs);
  }
  return 'the link is slower than calibration waits for';
}

/** Of a link that the fault is to touch. */
export function readTouched(
  fault: LinkFault,
  measure: LinkMeasure,
  quiet: QuietDelay,
  probing: Probing,
  capabilities: KernelCapabilities,
): Reading {
  switch (fault.type) {
    case 'delay':
      return delayReading(measure, fault.delayMs, fault.jitterMs, quiet);
    case 'bandwidth':
      return rateReading(measure, fault.bitsPerSecond, quiet, probing);
    default:
      return shareReading(fault.type, measure, askedShare(fault, probing, capabilities), inflationOf(fault));
  }
}

/** Of a link that is to be as if there were no fault. */
export function readUntouched(fault: LinkFault, measure: LinkMeasure, quiet: QuietDelay): Reading {
  if (fault.type === 'delay') return delayReading(measure, 0, 0, quiet);
  return shareReading(fault.type === 'bandwidth' ? 'loss' : fault.type, measure, 0, 1);
}

type ShareType = 'partition' | 'loss' | 'duplicate' | 'reorder' | 'corrupt';

function shareReading(type: ShareType, measure: LinkMeasure, asked: number, inflation: number): Reading {
  const what = type === 'duplicate' ? 'duplicated' : type === 'reorder' ? 'overtaken' : 'lost';
  const counted = { lost: measure.lost, duplicated: measure.duplicated, overtaken: measure.reordered }[what];
  const { share, low, high } = shareOf(counted.count, counted.of, Z_99, inflation);
  return finish({ what, unit: 'share', asked, measured: share, low, high }, measure);
}

/** What the probes are to show, which is not always what the plan says. */
function askedShare(
  fault: Extract<LinkFault, { type: ShareType }>,
  { everyMs, payloadBytes }: Probing,
  { parts }: KernelCapabilities,
): number {
  if (fault.type === 'partition') return 1;
  const { probability } = fault;
  // One that is held back is overtaken unless all that could overtake it are held back too.
  if (fault.type === 'reorder') return probability * (1 - probability ** Math.floor(fault.holdMs / everyMs));
  if (fault.type !== 'corrupt' || parts.has('rewrite')) return probability;
  return probability * (1 - HARMLESS_BYTES / (payloadBytes + HEADER_BYTES));
}

/** Bursts of mean length b: at most so much more than independent draws vary. */
function inflationOf(fault: LinkFault): number {
  return fault.type === 'loss' && fault.burst !== undefined && fault.probability < 1 ? 2 * fault.burst - 1 : 1;
}

/**
 * By the median, since a busy machine adds a long tail; less the median that it adds without the fault, which is known
 * to no more than its distance from the least.
 */
function delayReading(measure: LinkMeasure, askedMs: number, jitterMs: number, quiet: QuietDelay): Reading {
  const measured = measure.received === 0 ? 0 : measure.delay.p50Ms - quiet.p50Ms;
  // The median of so many uniform draws varies by jitter / sqrt(n).
  const half =
    (Z_99 * jitterMs) / Math.sqrt(Math.max(1, measure.received)) +
    (quiet.p50Ms - quiet.minMs) +
    quiet.clockMs +
    RESOLUTION_MS;
  return finish(
    { what: 'added delay', unit: 'ms', asked: askedMs, measured, low: measured - half, high: measured + half },
    measure,
  );
}

/** The times of the first and the last arrival may be off by what the machine adds, and the bucket is full at first. */
function rateReading(measure: LinkMeasure, asked: number, quiet: QuietDelay, { payloadBytes }: Probing): Reading {
  const measured = measure.bitsPerSecond;
  const bytes = Math.max(1, measure.received - 1) * (payloadBytes + HEADER_BYTES);
  const spanMs = (bytes * 8000) / Math.max(1, measured);
  const lateMs = Math.max(0, quiet.p99Ms) + measure.clockMs + quiet.clockMs + RESOLUTION_MS;
  const half = measured * (lateMs / spanMs + FRAME_BYTES / bytes);
  return finish(
    { what: 'throughput', unit: 'bit/s', asked, measured, low: Math.max(0, measured - half), high: measured + half },
    measure,
  );
}

type Bare = Omit<Reading, 'within' | 'sent' | 'received'>;

function finish(reading: Bare, { sent, received }: Pick<LinkMeasure, 'sent' | 'received'>): Reading {
  const { what, unit, asked, measured, low, high } = reading;
  return { what, unit, asked, measured, low, high, within: low <= asked && asked <= high, sent, received };
}

export interface TouchedLink {
  readonly measure: LinkMeasure;
  readonly reading: Reading;
}

/** Over all links that the fault is to touch, of which there is at least one. */
export function poolReadings(fault: LinkFault, links: readonly TouchedLink[]): Reading {
  const sum = (of: (link: TouchedLink) => number): number => links.reduce((total, link) => total + of(link), 0);
  const first = (links[0] as TouchedLink).reading;
  const total = { sent: sum(({ measure }) => measure.sent), received: sum(({ measure }) => measure.received) };
  if (first.unit !== 'share') {
    const mean = (of: (reading: Reading) => number): number => sum(({ reading }) => of(reading)) / links.length;
    const interval = { low: mean(({ low }) => low), high: mean(({ high }) => high) };
    return finish({ ...first, ...interval, measured: mean(({ measured }) => measured) }, total);
  }
  const { count, of } = countOf(first, links);
  const { share, low, high } = shareOf(count, of, Z_99, inflationOf(fault));
  return finish({ ...first, measured: share, low, high }, total);
}

function countOf({ what }: Reading, links: readonly TouchedLink[]): { count: number; of: number } {
  const shares = links.map(({ measure }) =>
    what === 'duplicated' ? measure.duplicated : what === 'overtaken' ? measure.reordered : measure.lost,
  );
  return { count: shares.reduce((all, { count }) => all + count, 0), of: shares.reduce((all, { of }) => all + of, 0) };
}

/** Whether the fault's links, taken together, show anything of it. */
export function effectOf(fault: LinkFault, links: readonly TouchedLink[]): CalibratedEffect {
  const pooled = poolReadings(fault, links);
  if (pooled.received === 0 && pooled.what !== 'lost') return 'undecided';
  if (pooled.unit === 'ms') {
    if (pooled.low > 0) return 'seen';
    return pooled.high < pooled.asked ? 'none' : 'undecided';
  }
  if (pooled.unit === 'bit/s') {
    // Twice the rate was offered.
    if (pooled.low > 1.5 * pooled.asked) return 'none';
    return pooled.high < 1.5 * pooled.asked ? 'seen' : 'undecided';
  }
  const { count } = countOf(pooled, links);
  const overrun = links.reduce((most, { measure }) => Math.max(most, measure.overrun), 0);
  if (count > 0) return pooled.what === 'lost' && count <= overrun ? 'undecided' : 'seen';
  const chance = links.reduce((product, { measure }) => product * chanceOfNothing(fault, pooled.asked, measure), 1);
  return chance < ALARM ? 'none' : 'undecided';
}

/** That a fault which acts strikes none of a link's datagrams. */
function chanceOfNothing(fault: LinkFault, asked: number, measure: LinkMeasure): number {
  const draws = fault.type === 'duplicate' || fault.type === 'reorder' ? measure.received : measure.sent;
  if (fault.type !== 'loss' || fault.burst === undefined || asked >= 1) return (1 - asked) ** draws;
  const enter = Math.min(1, asked / (1 - asked) / fault.burst);
  return (1 - asked) * (1 - enter) ** Math.max(0, draws - 1);
}
