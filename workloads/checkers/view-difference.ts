/** Where two views first differ. */
import type { Data } from '../../impl/protocol.ts';
import { canonical } from './wording.ts';

export interface Difference {
  /** `k3`, `alive[2]`, or `view` where the views differ as a whole. */
  readonly path: string;
  /** Canonical texts; `nothing` where the item is on one side only. */
  readonly left: string;
  readonly right: string;
}

/** The first differing item in order of keys, or of positions; undefined when a view is missing or they are equal. */
export function firstDifference(left: Data | undefined, right: Data | undefined): Difference | undefined {
  if (left === undefined || right === undefined || canonical(left) === canonical(right)) return undefined;
  return differenceAt('', left, right, 2);
}

function differenceAt(path: string, left: Data | undefined, right: Data | undefined, depth: number): Difference {
  if (depth > 0 && isList(left) && isList(right) && !(isEntry(left) && isEntry(right))) {
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      if (canonicalOrNothing(left[i]) !== canonicalOrNothing(right[i])) {
        return differenceAt(`${path}[${i}]`, left[i], right[i], depth - 1);
      }
    }
  } else if (depth > 0 && isMap(left) && isMap(right)) {
    for (const key of [...new Set([...Object.keys(left), ...Object.keys(right)])].sort()) {
      if (canonicalOrNothing(left[key]) !== canonicalOrNothing(right[key])) {
        return differenceAt(path === '' ? key : `${path}.${key}`, left[key], right[key], depth - 1);
      }
    }
  }
  return { path: path === '' ? 'view' : path, left: canonicalOrNothing(left), right: canonicalOrNothing(right) };
}

function canonicalOrNothing(value: Data | undefined): string {
  return value === undefined ? 'nothing' : canonical(value);
}

function isList(value: Data | undefined): value is readonly Data[] {
  return Array.isArray(value);
}

function isMap(value: Data | undefined): value is { readonly [key: string]: Data | undefined } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** [version, value]: shown whole, because the two belong together. */
function isEntry(value: readonly Data[]): boolean {
  return value.length === 2 && typeof value[0] === 'string';
}
