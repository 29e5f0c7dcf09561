/** Units as people write them: `500ms`, `30s`, `1mbit`, `10%` or `0.1`, `6/min`. Every parser throws a UserError. */
import { UserError } from './errors.ts';

const DURATION = /^([+-]?\d+(?:\.\d+)?)\s*(us|ms|s|m|min|h)?$/;
const DURATION_MS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
};

/** ms. A bare number is in `bare`. */
export function parseDuration(
  text: string,
  what: string,
  options: { bare?: 'ms' | 's'; min?: number; max?: number; signed?: boolean } = {},
): number {
  const match = DURATION.exec(text.trim());
  const mend = `write a time such as 500ms, 30s or 2m`;
  if (!match) throw new UserError(`${what} is no duration`, text, mend);
  const value = Number(match[1]) * (DURATION_MS[match[2] ?? options.bare ?? 'ms'] ?? 1);
  const min = options.min ?? (options.signed ? Number.NEGATIVE_INFINITY : 0);
  const max = options.max ?? 24 * 3_600_000;
  if (value < min || Math.abs(value) > max) {
    const floor = Number.isFinite(min) ? min : -max;
    throw new UserError(`${what} is out of range`, text, `it must lie between ${floor} ms and ${max} ms`);
  }
  return value;
}

/** A share in [0, 1]: `0.1` or `10%`. */
export function parseShare(text: string, what: string, options: { allowZero?: boolean; max?: number } = {}): number {
  const match = /^(\d+(?:\.\d+)?)\s*(%)?$/.exec(text.trim());
  const max = options.max ?? 1;
  const value = match ? Number(match[1]) / (match[2] ? 100 : 1) : Number.NaN;
  if (!(value <= max) || (value === 0 && options.allowZero !== true)) {
    const range = `a share ${options.allowZero ? 'from 0' : 'above 0'} up to ${max}`;
    throw new UserError(`${what} is not ${range}`, text, 'write it as 0.1 or 10%');
  }
  return value;
}

const RATE_BITS: Readonly<Record<string, number>> = {
  bit: 1,
  kbit: 1e3,
  mbit: 1e6,
  gbit: 1e9,
  bps: 8,
  kbps: 8e3,
  mbps: 8e6,
};

/** Bits per second, in tc's units: bit, kbit, mbit, gbit; bps, kbps, mbps are bytes per second. */
export function parseBandwidth(text: string, what: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text.trim());
  const scale = RATE_BITS[match?.[2]?.toLowerCase() ?? ''];
  const value = match && scale !== undefined ? Number(match[1]) * scale : Number.NaN;
  if (!(value >= 1000 && value <= 1e12)) {
    throw new UserError(`${what} is no bandwidth between 1kbit and 1000gbit`, text, 'write it as 1mbit or 64kbit');
  }
  return value;
}

/** Events per second: `10`, `10/s`, `6/min`, `3/h`. */
export function parseRate(text: string, what: string, options: { allowZero?: boolean; max?: number } = {}): number {
  const match = /^(\d+(?:\.\d+)?)\s*(?:\/\s*(s|m|min|h))?$/.exec(text.trim());
  const value = match ? (Number(match[1]) * 1000) / (DURATION_MS[match[2] ?? 's'] ?? 1000) : Number.NaN;
  const max = options.max ?? 1e6;
  if (!(value <= max) || (value === 0 && options.allowZero !== true)) {
    throw new UserError(`${what} is no rate up to ${max} per second`, text, 'write it as 10/s or 6/min');
  }
  return value;
}

/** A whole number in [min, max]. */
export function parseInteger(text: string, what: string, min: number, max: number): number {
  const value = /^[+-]?\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) {
    throw new UserError(
      `${what} is no whole number from ${min} to ${max}`,
      text,
      `write one, such as ${Math.max(min, 3)}`,
    );
  }
  return value;
}

/** A number in [min, max]. */
export function parseNumber(text: string, what: string, min: number, max: number): number {
  const value = /^[+-]?\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) {
    throw new UserError(`${what} is no number from ${min} to ${max}`, text, `write one, such as ${min}`);
  }
  return value;
}
