/** Lies about entries of a replicated map. */
import { encodeVersion, parseVersion, WALL_LIMIT_MS } from './hybrid-clock.ts';
import { entriesOf, type Items } from './map-entry.ts';
import type { StoredValue } from './versioned-map.ts';

const FORGED = '~';
/** How much later than the real one a forged version is, ms. */
const AHEAD_MS = 60_000;
/** Longer texts stay as they are, so that no entry outgrows its limits. */
const MARKED_LENGTH = 64;

/** A text or number that no client wrote. */
export function altered(value: StoredValue | null): StoredValue | null {
  if (typeof value === 'number') return value + 1_000_000;
  if (typeof value === 'string') return value.length > MARKED_LENGTH ? value : value + FORGED;
  return value;
}

/** Each entry through `change`. */
export function retoldItems(
  items: Items,
  change: (key: string, version: string, value: StoredValue | null) => readonly [string, StoredValue | null],
): Items {
  const out: (StoredValue | null)[] = [];
  for (const { key, version, value } of entriesOf(items)) out.push(key, ...change(key, version, value));
  return out;
}

/** A version that beats `version`, in the name of the same writer. */
export function laterVersion(version: string): string {
  const parts = parseVersion(version);
  if (parts === undefined || parts.wallMs + AHEAD_MS >= WALL_LIMIT_MS) return version;
  return encodeVersion({ wallMs: parts.wallMs + AHEAD_MS, counter: parts.counter }, parts.writer, parts.life);
}
