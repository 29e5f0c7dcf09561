/**
 * What was measured of the links before time zero, fault by fault: an aid for the reader of a report, kept beside the
 * history and no part of it. Whether faults did bite during the run is judged from the history alone (`fault-effect`).
 */

export const CALIBRATION_FORMAT = 'hearsay-calibration';
export const CALIBRATION_VERSION = 1;

/** Of which quantity a reading speaks. Shares are of the datagrams sent (`lost`) or received; delays are one-way, added. */
export const CALIBRATED = ['lost', 'duplicated', 'overtaken', 'added delay', 'throughput'] as const;
export type Calibrated = (typeof CALIBRATED)[number];
export const CALIBRATION_UNITS = ['share', 'ms', 'bit/s'] as const;
export type CalibrationUnit = (typeof CALIBRATION_UNITS)[number];

/** In `unit`; the interval is of 99 %, so that one in a hundred correct links lies outside. */
export interface Reading {
  readonly what: Calibrated;
  readonly unit: CalibrationUnit;
  readonly asked: number;
  readonly measured: number;
  readonly low: number;
  readonly high: number;
  /** Whether what was asked lies in the interval. */
  readonly within: boolean;
  /** Datagrams. */
  readonly sent: number;
  readonly received: number;
}

export interface CalibratedLink extends Reading {
  readonly from: string;
  readonly to: string;
  /** Whether the fault is to act on it; else it is to be as if there were none. */
  readonly touched: boolean;
  /** Datagrams for which sockets at the receiving end had no room: above 0, losses are no measure of the link. */
  readonly overrun: number;
}

/**
 * `none`: the links that the fault is to touch, taken together, show nothing of it, and a fault that acts would look so
 * less than once in a million times. `undecided`: it is too weak or too rare for so few datagrams.
 */
export const CALIBRATED_EFFECTS = ['seen', 'none', 'undecided'] as const;
export type CalibratedEffect = (typeof CALIBRATED_EFFECTS)[number];

export interface CalibratedFault {
  /** Ids of the planned faults that are alike but for their time. */
  readonly faults: readonly string[];
  readonly type: string;
  readonly effect: CalibratedEffect;
  /** Over all links that it is to touch. */
  readonly pooled: Reading;
  readonly links: readonly CalibratedLink[];
}

export interface UncalibratedFault {
  readonly faults: readonly string[];
  readonly type: string;
  readonly reason: string;
}

/** A link while no fault was in force. */
export interface BaselineLink {
  readonly from: string;
  readonly to: string;
  readonly sent: number;
  readonly received: number;
  readonly overrun: number;
  /** One-way. */
  readonly minMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /**
   * How far these times may be off, either way, where the link's ends are on different hosts: what is not known of their
   * clocks. It does not touch the delay that a fault adds, which is a difference between times of the same two clocks.
   */
  readonly clockMs?: number | undefined;
}

export interface Calibration {
  readonly format: typeof CALIBRATION_FORMAT;
  readonly version: typeof CALIBRATION_VERSION;
  readonly durationMs: number;
  readonly baseline: readonly BaselineLink[];
  readonly faults: readonly CalibratedFault[];
  readonly left: readonly UncalibratedFault[];
  /** Why it ended early, where it did. */
  readonly problem?: string | undefined;
}

/** Readings of links that do not hold what was asked. */
export function linksOutside(calibration: Calibration): CalibratedLink[] {
  return calibration.faults.flatMap((fault) => fault.links.filter((link) => !link.within));
}
