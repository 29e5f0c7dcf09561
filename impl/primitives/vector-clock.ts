/**
 * Vector clocks (Fidge 1988; Mattern 1989): how two states are related that several members change independently of each
 * other. Plain data that is never changed, so a clock can be put into a message as it is: pairs of a node and its
 * counter, sorted by node, counters at least 1. A node that is not listed stands at 0.
 */

export type VectorClock = readonly (readonly [node: string, counter: number])[];

/** How the first clock stands to the second one. */
export type Relation = 'before' | 'after' | 'same' | 'concurrent';

export const EMPTY_CLOCK: VectorClock = [];

/** Walks two clocks side by side: every node that either lists, with both counters. */
function walk(a: VectorClock, b: VectorClock, visit: (node: string, left: number, right: number) => void): void {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const left = a[i];
    const right = b[j];
    if (right === undefined || (left !== undefined && left[0] < right[0])) {
      if (left !== undefined) visit(left[0], left[1], 0);
      i++;
    } else if (left === undefined || right[0] < left[0]) {
      visit(right[0], 0, right[1]);
      j++;
    } else {
      visit(left[0], left[1], right[1]);
      i++;
      j++;
    }
  }
}

/** `before`: all that `a` has seen is in `b`, and `b` has seen more. Cost O(nodes). */
export function compareClocks(a: VectorClock, b: VectorClock): Relation {
  let less = false;
  let more = false;
  walk(a, b, (_, left, right) => {
    if (left < right) less = true;
    else if (left > right) more = true;
  });
  if (less) return more ? 'concurrent' : 'before';
  return more ? 'after' : 'same';
}

/** The earliest clock that is behind neither: the maximum for each node. */
export function mergeClocks(a: VectorClock, b: VectorClock): VectorClock {
  const out: (readonly [string, number])[] = [];
  walk(a, b, (node, left, right) => {
    out.push([node, Math.max(left, right)]);
  });
  return out;
}

/** The clock after `node` has changed the state once more. */
export function incrementClock(clock: VectorClock, node: string): VectorClock {
  const out = clock.slice();
  let at = 0;
  while (at < out.length && (out[at]?.[0] ?? '') < node) at++;
  const held = out[at];
  if (held !== undefined && held[0] === node) out[at] = [node, held[1] + 1];
  else out.splice(at, 0, [node, 1]);
  return out;
}

/**
 * Without `node`, which is gone for good: else the clock would grow with every node that ever was. A pruned clock and
 * one that is not pruned are no longer related as they were, so whoever prunes must do so wherever it compares.
 */
export function pruneClock(clock: VectorClock, node: string): VectorClock {
  return clock.some(([name]) => name === node) ? clock.filter(([name]) => name !== node) : clock;
}

/** The counter of `node`; 0 where it is not listed. */
export function counterOf(clock: VectorClock, node: string): number {
  return clock.find(([name]) => name === node)?.[1] ?? 0;
}

/** Whether plain data is a clock: sorted, each node once, whole counters from 1 on. */
export function isVectorClock(value: unknown, maxNodes: number): value is VectorClock {
  if (!Array.isArray(value) || value.length > maxNodes) return false;
  return value.every((pair: unknown, index) => {
    if (!Array.isArray(pair) || pair.length !== 2) return false;
    const [node, counter] = pair as readonly unknown[];
    if (typeof node !== 'string' || !Number.isSafeInteger(counter) || (counter as number) < 1) return false;
    const before = index === 0 ? undefined : (value[index - 1] as readonly unknown[])[0];
    return before === undefined || (before as string) < node;
  });
}
