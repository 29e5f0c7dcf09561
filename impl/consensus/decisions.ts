/** What a member has decided, and the digest by which two members find what one of them lacks. */
import type { Random } from '../protocol.ts';
import { type Digest, MAX_INSTANCE, MAX_RANGES } from './messages.ts';

export class Decisions {
  readonly #values = new Map<number, string>();
  /** Inclusive, ascending, never adjacent. */
  readonly #ranges: [from: number, to: number][] = [];
  /** The digest of everything, which goes out in each round; undefined since something was added. */
  #whole: Digest | undefined;

  get(instance: number): string | undefined {
    return this.#values.get(instance);
  }

  add(instance: number, value: string): void {
    if (this.#values.has(instance)) return;
    this.#values.set(instance, value);
    this.#whole = undefined;
    const ranges = this.#ranges;
    const at = this.#firstAfter(instance);
    const before = ranges[at - 1];
    const after = ranges[at];
    const joinsBefore = before !== undefined && before[1] === instance - 1;
    const joinsAfter = after !== undefined && after[0] === instance + 1;
    if (joinsBefore && joinsAfter) {
      before[1] = after[1];
      ranges.splice(at, 1);
    } else if (joinsBefore) before[1] = instance;
    else if (joinsAfter) after[0] = instance;
    else ranges.splice(at, 0, [instance, instance]);
  }

  /** Index of the first range that starts above the instance. */
  #firstAfter(instance: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle]?.[0] ?? 0) > instance) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Of everything, or of a random stretch where that would be too long. */
  digest(random: Random): Digest {
    const ranges = this.#ranges;
    if (ranges.length <= MAX_RANGES) {
      this.#whole ??= { since: 1, until: MAX_INSTANCE, ranges: ranges.flat() };
      return this.#whole;
    }
    // A stretch may hang over either end, so that the ranges there are drawn as often as those between.
    const start = random.int(ranges.length + MAX_RANGES - 1) - MAX_RANGES + 1;
    const first = Math.max(0, start);
    const behind = Math.min(ranges.length, start + MAX_RANGES);
    const since = first === 0 ? 1 : (ranges[first - 1]?.[1] ?? 0) + 1;
    const until = behind === ranges.length ? MAX_INSTANCE : (ranges[behind]?.[0] ?? 0) - 1;
    return { since, until, ranges: ranges.slice(first, behind).flat() };
  }

  /** Whether the digest names an instance that is not decided here. */
  lacks(digest: Digest): boolean {
    for (let i = 0; i < digest.ranges.length; i += 2) {
      const from = digest.ranges[i] ?? 0;
      const own = this.#ranges[this.#firstAfter(from) - 1];
      if (own === undefined || own[1] < (digest.ranges[i + 1] ?? 0)) return true;
    }
    return false;
  }

  /** Up to `most` instances within the digest's stretch that are decided here and that it lacks, ascending. */
  missingIn(digest: Digest, most: number): [instance: number, value: string][] {
    const found: [number, string][] = [];
    let next = 0;
    for (const [from, to] of this.#ranges) {
      let instance = Math.max(from, digest.since);
      while (instance <= Math.min(to, digest.until)) {
        while (next < digest.ranges.length && (digest.ranges[next + 1] ?? 0) < instance) next += 2;
        const theirs = digest.ranges[next];
        if (theirs !== undefined && theirs <= instance) {
          instance = (digest.ranges[next + 1] ?? instance) + 1;
          continue;
        }
        const value = this.#values.get(instance);
        if (value !== undefined) found.push([instance, value]);
        if (found.length >= most) return found;
        instance++;
      }
    }
    return found;
  }

  /** Ascending. */
  entries(): [instance: number, value: string][] {
    return [...this.#values].sort((a, b) => a[0] - b[0]);
  }
}
