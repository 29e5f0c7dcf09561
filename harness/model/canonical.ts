/** One text for equal data, whatever the order in which its keys were set, and a short digest of it. */
import type { Data } from '../../impl/protocol.ts';
import { hash128 } from './rng.ts';

export function canonicalJson(data: Data | undefined): string {
  if (data === undefined) return 'null';
  // Views are mostly built in order, and the platform's own way is several times as fast.
  return isInOrder(data) ? JSON.stringify(data) : sortedJson(data);
}

/** Whether all keys stand in order and all are set, so that JSON as it is is canonical. */
function isInOrder(data: Data | undefined): boolean {
  if (data === null || typeof data !== 'object') return data !== undefined;
  if (Array.isArray(data)) return data.every((item: Data) => isInOrder(item));
  const object = data as { readonly [key: string]: Data | undefined };
  let last: string | undefined;
  for (const key of Object.keys(object)) {
    if ((last !== undefined && key < last) || !isInOrder(object[key])) return false;
    last = key;
  }
  return true;
}

function sortedJson(data: Data | undefined): string {
  if (data === undefined) return 'null';
  if (data === null || typeof data !== 'object') return JSON.stringify(data);
  if (Array.isArray(data)) return `[${data.map((item: Data) => sortedJson(item)).join(',')}]`;
  const entries = Object.entries(data as { readonly [key: string]: Data | undefined })
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${sortedJson(value)}`).join(',')}}`;
}

/** 16 hexadecimal digits; equal for equal data. For telling views apart, not against an attacker. */
export function digestOf(data: Data): string {
  const [a, b] = hash128(canonicalJson(data));
  return (a >>> 0).toString(16).padStart(8, '0') + (b >>> 0).toString(16).padStart(8, '0');
}
