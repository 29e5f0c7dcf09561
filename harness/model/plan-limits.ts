/** How large a plan may be, and what its names may look like: shared by what makes plans and what reads them. */

export const PLAN_LIMITS = {
  members: 1000,
  channels: 16,
  workloads: 64,
  operations: 5_000_000,
  faults: 10_000,
  timeMs: 24 * 3_600_000,
  /** A clock does not leap more often: who makes it do so is a timer of the machine's. */
  strobeMs: 20,
  /** Linux takes no CPU quota below 1 ms of each 100 ms. */
  cpuShare: 0.01,
  /** Levels of objects and lists in an operation's value. */
  valueDepth: 32,
} as const;

/** Names become object keys and parts of metric names: no capitals, no integers, nothing that needs quoting. */
export const NAME_PATTERN = /^[a-z][a-z0-9-]{0,31}$/;

/** Protocols, and channels, which are called after them: names too, or names in the textbook's folder. */
export const PROTOCOL_PATTERN = /^(textbook\/)?[a-z][a-z0-9-]{0,31}$/;

/** Printable: no control, format, surrogate or line separator characters. */
export const SEED_PATTERN = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]{1,64}$/u;

/** Keys that must not stand in data: they would reach a prototype, or be moved to the front of their object. */
export function isUnsafeKey(key: string): boolean {
  return key in Object.prototype || /^(0|[1-9]\d*)$/.test(key);
}
