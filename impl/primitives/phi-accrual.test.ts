import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviationsAt, ExponentialPhi, exponentialSilence, logisticPhi, NormalPhi } from './phi-accrual.ts';

const CASSANDRA = { samples: 1000, initialMs: 2000, maxIntervalMs: 2000, minMeanMs: 0 };
const AKKA = {
  samples: 1000,
  minDeviationMs: 100,
  acceptablePauseMs: 3000,
  firstEstimateMs: 1000,
  maxIntervalMs: Number.POSITIVE_INFINITY,
  threshold: 8,
};

/** First whole ms of silence after which the condition holds. */
function firstMs(condition: (silenceMs: number) => boolean): number {
  let ms = 0;
  while (!condition(ms)) ms++;
  return ms;
}

describe('the exponential form (Cassandra)', () => {
  it('convicts at phi 8 after 18.42 means of silence', () => {
    expect(exponentialSilence(8)).toBeCloseTo(18.42, 2);
    const phi = new ExponentialPhi({ ...CASSANDRA, initialMs: 1000 });
    for (let i = 0; i <= 100; i++) phi.heartbeat(i * 1000);
    expect(phi.meanMs).toBe(1000);
    expect(firstMs((ms) => phi.isConvicted(100_000 + ms, 8))).toBe(18_421);
  });

  it('takes the first interval to be 2 s: one heartbeat, then silence for 36.84 s', () => {
    const phi = new ExponentialPhi(CASSANDRA);
    expect(phi.phi(5000)).toBe(0);
    phi.heartbeat(0);
    expect(firstMs((ms) => phi.isConvicted(ms, 8))).toBe(36_842);
  });

  it('does not learn from intervals above the maximum', () => {
    const phi = new ExponentialPhi({ ...CASSANDRA, initialMs: 1000 });
    for (const at of [0, 1000, 2000, 60_000, 61_000]) phi.heartbeat(at);
    expect(phi.meanMs).toBe(1000);
  });

  it('forgets what is older than its samples', () => {
    const phi = new ExponentialPhi({ ...CASSANDRA, samples: 10 });
    let now = 0;
    for (let i = 0; i < 50; i++) {
      now += 2000;
      phi.heartbeat(now);
    }
    for (let i = 0; i < 10; i++) {
      now += 500;
      phi.heartbeat(now);
    }
    expect(phi.meanMs).toBe(500);
  });

  it('keeps its mean above the least one, and shows life without learning', () => {
    const phi = new ExponentialPhi({ ...CASSANDRA, initialMs: 200, minMeanMs: 200 });
    phi.heartbeat(0);
    for (let i = 1; i < 50; i++) phi.heartbeat(i);
    expect(phi.meanMs).toBe(200);
    const other = new ExponentialPhi(CASSANDRA);
    other.heartbeat(0);
    other.heartbeat(1, false);
    expect(other.meanMs).toBe(2000);
    expect(other.phi(1)).toBe(0);
  });

  it('phi grows with silence and falls to 0 with each heartbeat', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3000), { minLength: 1, maxLength: 50 }), fc.nat(50_000), (gaps, silence) => {
        const phi = new ExponentialPhi(CASSANDRA);
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          phi.heartbeat(now);
        }
        expect(phi.phi(now)).toBe(0);
        expect(phi.phi(now + silence + 1)).toBeGreaterThan(phi.phi(now + silence));
      }),
    );
  });
});

describe('the normal form (Akka)', () => {
  it('fires 4523 ms after the last of steady heartbeats of 1 s', () => {
    const phi = new NormalPhi(AKKA);
    // So many that the first estimate has left the window.
    for (let i = 0; i <= 1100; i++) phi.heartbeat(i * 1000);
    const last = 1_100_000;
    expect(firstMs((ms) => !phi.isAvailable(last + ms))).toBe(4523);
    expect(phi.phi(last + 4522)).toBeLessThan(8);
    expect(phi.phi(last + 4523)).toBeGreaterThanOrEqual(8);
  });

  it('is available before the first heartbeat, and takes the first interval from the estimate', () => {
    const phi = new NormalPhi(AKKA);
    expect(phi.isAvailable(1e9)).toBe(true);
    phi.heartbeat(0);
    // Mean 1000 and deviation 250, to which the pause comes.
    expect(firstMs((ms) => !phi.isAvailable(ms))).toBe(Math.ceil(4000 + 250 * deviationsAt(8)));
  });

  it('does not learn from the silence that made it fire', () => {
    const phi = new NormalPhi(AKKA);
    for (let i = 0; i <= 1100; i++) phi.heartbeat(i * 1000);
    phi.heartbeat(1_100_000 + 60_000);
    expect(firstMs((ms) => !phi.isAvailable(1_160_000 + ms))).toBe(4523);
  });

  it('learns long intervals as the maximum only', () => {
    const phi = new NormalPhi({ ...AKKA, samples: 4, maxIntervalMs: 1000 });
    for (const at of [0, 3000, 6000, 9000, 12_000, 15_000]) phi.heartbeat(at);
    expect(firstMs((ms) => !phi.isAvailable(15_000 + ms))).toBe(4523);
  });

  it('the approximation is within 0.0002 of the normal tail', () => {
    // -log10 of the upper tail of the standard normal distribution, from tables.
    for (const [y, expected] of [
      [0, 0.30103],
      [1, 0.79955],
      [2, 1.64302],
      [3, 2.86968],
    ] as const) {
      expect(Math.abs(10 ** -logisticPhi(y) - 10 ** -expected)).toBeLessThan(2e-4);
    }
  });

  it('fires exactly where phi reaches the threshold', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 14, noNaN: true }), (threshold) => {
        const y = deviationsAt(threshold);
        expect(logisticPhi(y + 1e-6)).toBeGreaterThanOrEqual(threshold - 1e-9);
        expect(logisticPhi(y - 1e-6)).toBeLessThan(threshold);
      }),
    );
  });
});
