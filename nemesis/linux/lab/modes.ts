/** Each mode of netem: what is asked for, and what is read from a measured link, with an interval of 99 %. Pure. */
import type { LinkMeasure } from '../calibrate.ts';
import { type Share, shareOf, Z_99 } from '../intervals.ts';
import type { NetemOptions } from '../netem.ts';

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
  /** `back`: the same two members' other link, which no fault touches: what the machine itself adds. */
  read(there: LinkMeasure, back: LinkMeasure): Reading;
}

/** Of each frame of a probe of 100 bytes: a flipped bit in the sender's hardware address harms nothing. */
const HARMLESS = 6 / 142;
const SEVERAL_MS = { datagrams: 800, everyMs: 4 };

function share({ share: value, low, high }: Share): Reading {
  return { value, low, high };
}

/**
 * The median, since a busy machine adds a long tail to delays; less the median of what the machine adds. `deviationMs`: the
 * standard deviation of one datagram's median, 1 / (2 f) where f is the density at the median.
 */
function medianDelay(there: LinkMeasure, back: LinkMeasure, deviationMs: number): Reading {
  const value = there.delay.p50Ms - back.delay.p50Ms;
  // The machine's own median is known to no more than its distance from the least.
  const half = (Z_99 * deviationMs) / Math.sqrt(there.received) + (back.delay.p50Ms - back.delay.minMs);
  return { value, low: value - half, high: value + half };
}

/** Uniform in [-jitter, +jitter]: its density is 1 / (2 jitter). */
function uniformDelay(delayMs: number, jitterMs: number): Mode {
  return {
    name: `delay ${delayMs} ± ${jitterMs} ms`,
    netem: { delayMs, jitterMs },
    asked: delayMs,
    unit: 'ms',
    probe: SEVERAL_MS,
    read: (there, back) => medianDelay(there, back, jitterMs),
  };
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
  {
    name: 'delay 50 ms, normal, deviation 10 ms',
    netem: { delayMs: 50, jitterMs: 10, distribution: 'normal' },
    asked: 50,
    unit: 'ms',
    probe: SEVERAL_MS,
    read: (there, back) => medianDelay(there, back, 10 * Math.sqrt(Math.PI / 2)),
  },
  {
    // A slot begins with a datagram, which waits for all of it; those after it, one each 4 ms, wait for what is left.
    name: 'slots of 42 ms (22 ms in the middle)',
    netem: { slot: { minMs: 42, maxMs: 42 } },
    asked: 42 - (4 * 10) / 2,
    unit: 'ms',
    probe: SEVERAL_MS,
    read: (there, back) => medianDelay(there, back, 21),
  },
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
