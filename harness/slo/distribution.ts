/**
 * A distribution of durations: an HDR histogram in µs, three digits; mean, smallest and largest exact. What is counted in
 * another unit is kept to a thousandth of it likewise.
 */
import { build, type Histogram } from 'hdr-histogram-js';
import { invariant } from '../model/errors.ts';
import type { Metric } from '../model/verdict.ts';

const US_PER_MS = 1000;

export class Distribution {
  // Buckets of 8 or 16 bits would overflow without a word.
  readonly #histogram: Histogram = build({ bitBucketSize: 32, autoResize: true, numberOfSignificantValueDigits: 3 });
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;

  /** Rounded to whole µs. What lies before its own start by clock reading counts as 0; NaN is an error. */
  record(ms: number): void {
    // The histogram would take NaN and Infinity for 0.
    invariant(Number.isFinite(ms), `a duration of ${ms} ms was measured`);
    const us = Math.max(0, Math.round(ms * US_PER_MS));
    this.#histogram.recordValue(us);
    this.#count++;
    this.#sum += us;
    this.#min = Math.min(this.#min, us);
    this.#max = Math.max(this.#max, us);
  }

  get count(): number {
    return this.#count;
  }

  metric(unit: string): Metric {
    const quantile = (percentile: number): number =>
      // The top of a bucket may lie above the largest value, its bottom below the smallest.
      Math.max(this.#min, Math.min(this.#max, this.#histogram.getValueAtPercentile(percentile))) / US_PER_MS;
    return {
      unit,
      count: this.#count,
      mean: this.#sum / this.#count / US_PER_MS,
      min: this.#min / US_PER_MS,
      p50: quantile(50),
      p90: quantile(90),
      p95: quantile(95),
      p99: quantile(99),
      p999: quantile(99.9),
      max: this.#max / US_PER_MS,
    };
  }
}
