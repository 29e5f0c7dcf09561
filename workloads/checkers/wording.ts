/** How witnesses name times, values and lists. */
import type { Data } from '../../impl/protocol.ts';

/** ns since the run's start, as `12.345 s`. */
export function clock(time: number): string {
  return `${(time / 1e9).toFixed(3)} s`;
}

/** A duration in ms, with a digit behind the point where it is short. */
export function milliseconds(ms: number): string {
  return `${ms < 100 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;
}

/** One text per value; objects with equal entries in another order count as equal. */
export function canonical(value: Data | undefined): string {
  if (value === null || value === undefined || typeof value !== 'object') return JSON.stringify(value ?? null);
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item as Data)).join(',')}]`;
  const entries = Object.entries(value as { readonly [key: string]: Data | undefined })
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
}

/** Text cut to a length that a sentence can bear. */
export function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** `n1, n2 and 3 more` */
export function names(members: readonly string[], most = 5): string {
  if (members.length <= most) return members.join(', ');
  return `${members.slice(0, most).join(', ')} and ${members.length - most} more`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Nearest-rank quantiles of what was measured, in the unit it came in; undefined when there is nothing. */
export function quantiles(values: readonly number[]): { [name: string]: number } | undefined {
  if (values.length === 0) return undefined;
  const sorted = Float64Array.from(values).sort();
  const rank = (q: number): number => sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
  return { count: sorted.length, p50: rank(0.5), p95: rank(0.95), p99: rank(0.99), max: rank(1) };
}
