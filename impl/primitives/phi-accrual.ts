/**
 * Phi accrual failure detection (Hayashibara, Defago, Yared, Katayama, SRDS 2004): not whether a peer is up, but how
 * surprising its silence is: phi = -log10 P(the next heartbeat comes later than now | the last one). Two forms in use,
 * which differ in the distribution they take intervals to have. All times are ms on one monotonic clock.
 */

/** The last `size` values with their running sums; whole numbers, so that the sums are exact. */
class Window {
  readonly #size: number;
  readonly #values: number[] = [];
  #next = 0;
  #sum = 0;
  #squares = 0;

  constructor(size: number) {
    this.#size = size;
  }

  add(value: number): void {
    if (this.#values.length < this.#size) this.#values.push(value);
    else {
      const old = this.#values[this.#next] ?? 0;
      this.#sum -= old;
      this.#squares -= old * old;
      this.#values[this.#next] = value;
      this.#next = (this.#next + 1) % this.#size;
    }
    this.#sum += value;
    this.#squares += value * value;
  }

  get mean(): number {
    return this.#sum / this.#values.length;
  }

  get deviation(): number {
    const { mean } = this;
    return Math.sqrt(Math.max(0, this.#squares / this.#values.length - mean * mean));
  }
}

/** Intervals are kept in tenths of a ms, and none above this: a thousand squares of it still add up exactly. */
const UNITS_PER_MS = 10;
const MOST_UNITS = 2_000_000;

function toUnits(intervalMs: number): number {
  return Math.min(MOST_UNITS, Math.max(0, Math.round(intervalMs * UNITS_PER_MS)));
}

export interface ExponentialOptions {
  /** Intervals that are remembered (Cassandra: 1000). */
  readonly samples: number;
  /** What the first interval is taken to be (Cassandra: 2 s). */
  readonly initialMs: number;
  /** Longer intervals are gaps and not learned from (Cassandra: 2 s). */
  readonly maxIntervalMs: number;
  /** The mean is never taken to be lower; 0 in Cassandra. */
  readonly minMeanMs: number;
}

/**
 * Cassandra's form (FailureDetector.java, ArrivalWindow): exponential intervals, whose tail is e^(-t/mean), so that phi
 * is t / (mean · ln 10).
 */
export class ExponentialPhi {
  readonly #options: ExponentialOptions;
  readonly #window: Window;
  #lastMs: number | undefined;

  constructor(options: ExponentialOptions) {
    this.#options = options;
    this.#window = new Window(options.samples);
  }

  /** A heartbeat came. `learn` false: it shows life, but its interval says nothing about the peer. */
  heartbeat(nowMs: number, learn = true): void {
    if (this.#lastMs === undefined) this.#window.add(toUnits(this.#options.initialMs));
    else if (learn) {
      const interval = nowMs - this.#lastMs;
      if (interval <= this.#options.maxIntervalMs) this.#window.add(toUnits(interval));
    }
    this.#lastMs = nowMs;
  }

  get meanMs(): number {
    if (this.#lastMs === undefined) return this.#options.initialMs;
    return Math.max(this.#options.minMeanMs, this.#window.mean / UNITS_PER_MS);
  }

  /** 0 before the first heartbeat. */
  phi(nowMs: number): number {
    return this.#lastMs === undefined ? 0 : (nowMs - this.#lastMs) / (this.meanMs * Math.LN10);
  }

  /** Whether phi is above the threshold. */
  isConvicted(nowMs: number, threshold: number): boolean {
    return this.phi(nowMs) > threshold;
  }
}

/** Silence, in means, after which the exponential form convicts: threshold · ln 10 (18.42 for 8). */
export function exponentialSilence(threshold: number): number {
  return threshold * Math.LN10;
}

export interface NormalOptions {
  /** Intervals that are remembered (Akka: 1000). */
  readonly samples: number;
  /** The deviation is never taken to be lower (Akka: 100 ms). */
  readonly minDeviationMs: number;
  /** Silence that is forgiven: added to the mean (Akka: 3 s). */
  readonly acceptablePauseMs: number;
  /** What the first interval is taken to be, with a quarter of it as deviation (Akka: 1 s). */
  readonly firstEstimateMs: number;
  /** Longer intervals are learned as this long; Infinity in Akka. Bounds how much silence can ever be forgiven. */
  readonly maxIntervalMs: number;
  /** Phi from which the peer counts as unavailable (Akka: 8). */
  readonly threshold: number;
}

/** y · (1.5976 + 0.070566 · y²): e to the minus of it over one more of it is close to the normal tail beyond y. */
function logit(y: number): number {
  return y * (1.5976 + 0.070566 * y * y);
}

/**
 * -log10 of the normal tail beyond y deviations, by Akka's logistic approximation (PhiAccrualFailureDetector.scala),
 * which differs from the distribution function by at most 0.0002. Far out that is much in phi: at y = 3 it says 2.91, and
 * the normal tail 2.87.
 */
export function logisticPhi(y: number): number {
  const e = Math.exp(-logit(y));
  return y > 0 ? -Math.log10(e / (1 + e)) : -Math.log10(1 - 1 / (1 + e));
}

/**
 * Deviations beyond the mean at which `logisticPhi` reaches the threshold. Found by halving, on a grid of 1e-9, so that
 * no machine's logarithm decides.
 */
export function deviationsAt(threshold: number): number {
  const tail = 10 ** -threshold;
  const wanted = Math.log((1 - tail) / tail);
  let low = -40;
  let high = 40;
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (logit(middle) < wanted) low = middle;
    else high = middle;
  }
  return Math.round(high * 1e9) / 1e9;
}

/** Akka's form: normal intervals around the mean, which an acceptable pause is added to. */
export class NormalPhi {
  readonly #options: NormalOptions;
  readonly #window: Window;
  readonly #limit: number;
  #lastMs: number | undefined;

  constructor(options: NormalOptions) {
    this.#options = options;
    this.#window = new Window(options.samples);
    this.#limit = deviationsAt(options.threshold);
  }

  /** An interval after which the peer had counted as unavailable is not learned from. */
  heartbeat(nowMs: number, learn = true): void {
    if (this.#lastMs === undefined) {
      const { firstEstimateMs } = this.#options;
      this.#window.add(toUnits(firstEstimateMs * 0.75));
      this.#window.add(toUnits(firstEstimateMs * 1.25));
    } else if (learn && this.isAvailable(nowMs))
      this.#window.add(toUnits(Math.min(nowMs - this.#lastMs, this.#options.maxIntervalMs)));
    this.#lastMs = nowMs;
  }

  get #meanMs(): number {
    return this.#window.mean / UNITS_PER_MS + this.#options.acceptablePauseMs;
  }

  get #deviationMs(): number {
    return Math.max(this.#options.minDeviationMs, this.#window.deviation / UNITS_PER_MS);
  }

  /** 0 before the first heartbeat. */
  phi(nowMs: number): number {
    if (this.#lastMs === undefined) return 0;
    return logisticPhi((nowMs - this.#lastMs - this.#meanMs) / this.#deviationMs);
  }

  /** Whether phi is below the threshold; true before the first heartbeat. */
  isAvailable(nowMs: number): boolean {
    if (this.#lastMs === undefined) return true;
    return nowMs - this.#lastMs < this.#meanMs + this.#limit * this.#deviationMs;
  }
}
