/** Each mode of netem: what is asked for, and what is read from a measured link, with an interval of 99 %. Pure. */
import type { LinkMeasure } from '../calibrate.ts';
import { type Share, shareOf, Z_99 } from '../intervals.ts';
import type { NetemOptions } from '../netem.ts';
import { medianShiftMs, type TimedWait } from './timer-gauge.ts';

export interface Reading {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface Mode {
  readonly name: string;
  readonly netem: NetemOptions;
  /** In the unit of the readings: a share, ms, or bits a second. */
  readonly asked: number;
  readonly unit: 'share' | 'ms' | 'bit/s';
  /** Absent: 4000 datagrams of 100 bytes, one each ms. */
  readonly probe?: { readonly datagrams: number; readonly everyMs: number; readonly payloadBytes?: number };
  /**
   * `back`: the same two members' other link, which no fault touches: what the machine itself adds. `waits`: timers beside
   * them: what it adds to all that waits for one.
   */
  read(there: LinkMeasure, back: LinkMeasure, waits: readonly TimedWait[]): Reading;
  /** Of delays: how far the machine's late timers move their median, ms. */
  lateness?(waits: readonly TimedWait[]): number;
}

/** Of each frame of a probe of 100 bytes: a flipped bit in the sender's hardware address harms nothing. */
const HARMLESS = 6 / 142;
const SEVERAL_MS = { datagrams: 800, everyMs: 4 };

function share({ share: value, low, high }: Share): Reading {
  return { value, low, high };
}

/** A delay as it is asked for. */
interface AskedDelay {
  readonly medianMs: number;
  /** The standard deviation of one datagram's median, 1 / (2 f) where f is the density at the median. */
  readonly deviationMs: number;
  /** The share of delays of at most x ms. */
  share(x: number): number;
}

/**
 * Read by the median, since a busy machine adds a long tail to delays; less the median of what the machine adds. Its late
 * timers may have made any part of it that they can have made: they only lengthen.
 */
function delayed(name: string, netem: NetemOptions, delay: AskedDelay): Mode {
  const lateness = (waits: readonly TimedWait[]): number => medianShiftMs(waits, delay.medianMs, delay.share);
  return {
    name,
    netem,
    asked: delay.medianMs,
    unit: 'ms',
    probe: SEVERAL_MS,
    lateness,
    read: (there, back, waits) => {
      const value = there.delay.p50Ms - back.delay.p50Ms;
      // The machine's own median is known to no more than its distance from the least.
      const half = (Z_99 * delay.deviationMs) / Math.sqrt(there.received) + (back.delay.p50Ms - back.delay.minMs);
      return { value, low: value - half - lateness(waits), high: value + half };
    },
  };
}

/** Uniform in [-jitter, +jitter]: its density is 1 / (2 jitter). */
function uniform(medianMs: number, jitterMs: number): AskedDelay {
  const share = (x: number): number => Math.min(1, Math.max(0, (x - medianMs + jitterMs) / (2 * jitterMs)));
  return { medianMs, deviationMs: jitterMs, share };
}

function uniformDelay(delayMs: number, jitterMs: number): Mode {
  return delayed(`delay ${delayMs} ± ${jitterMs} ms`, { delayMs, jitterMs }, uniform(delayMs, jitterMs));
}

/** By the logistic function, which is within 0.01 of the normal distribution everywhere. */
function normal(medianMs: number, deviationMs: number): AskedDelay {
  const share = (x: number): number => 1 / (1 + Math.exp((-1.702 * (x - medianMs)) / deviationMs));
  return { medianMs, deviationMs: deviationMs * Math.sqrt(Math.PI / 2), share };
}

/** Both stamps of the span may be late by what the machine adds at worst. */
function rate(there: LinkMeasure, back: LinkMeasure): Reading {
  const value = there.bitsPerSecond;
  const spanMs = (there.received * 1042 * 8000) / Math.max(1, value);
  const half = (value * back.delay.maxMs) / spanMs;
  return { value, low: value - half, high: value + half };
}

export function randomLoss(probability: number): Mode {
  return {
    name: `loss random ${probability * 100} %`,
    netem: { loss: probability },
    asked: probability,
    unit: 'share',
    read: (there) => share(there.lost),
  };
}

export const MODES: readonly Mode[] = [
  randomLoss(0.01),
  randomLoss(0.1),
  randomLoss(0.3),
  {
    name: 'loss gemodel 20 %, 5 in a row',
    netem: { burstLoss: { probability: 0.2, burst: 5 } },
    asked: 0.2,
    unit: 'share',
    read: (there) => share(shareOf(there.lost.count, there.sent, Z_99, 2 * 5 - 1)),
  },
  {
    name: 'duplicate 5 %',
    netem: { duplicate: 0.05 },
    asked: 0.05,
    unit: 'share',
    read: (there) => share(there.duplicated),
  },
  {
    name: 'corrupt 10 % (arrives as loss)',
    netem: { corrupt: 0.1 },
    asked: 0.1 * (1 - HARMLESS),
    unit: 'share',
    read: (there) => share(there.lost),
  },
  {
    name: 'reorder 25 %',
    netem: { delayMs: 50, heldBack: 0.25 },
    asked: 0.25,
    unit: 'share',
    read: (there) => share(there.reordered),
  },
  uniformDelay(20, 5),
  uniformDelay(100, 20),
  delayed(
    'delay 50 ms, normal, deviation 10 ms',
    { delayMs: 50, jitterMs: 10, distribution: 'normal' },
    normal(50, 10),
  ),
  // A slot begins with a datagram, which waits for all of it; those after it, one each 4 ms, wait for what is left.
  delayed('slots of 42 ms (22 ms in the middle)', { slot: { minMs: 42, maxMs: 42 } }, uniform(42 - (4 * 10) / 2, 21)),
  {
    name: 'rate 1 mbit',
    netem: { bitsPerSecond: 1_000_000 },
    asked: 1_000_000,
    unit: 'bit/s',
    // Twice as much as it lets through.
    probe: { datagrams: 1000, everyMs: 4, payloadBytes: 1000 },
    read: rate,
  },
];

export function holds(reading: Reading, asked: number): boolean {
  return reading.low <= asked && asked <= reading.high;
}
