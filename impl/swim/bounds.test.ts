import { describe, expect, it } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import { type Conditions, settingsOf } from '../protocol.ts';
import { swimBounds, syncRounds } from './bounds.ts';
import { swimClaims } from './claims.ts';
import { checkSwimSettings, swimSettings, syncPeriodMs } from './settings.ts';

const quick = settingsOf(swimSettings, 'quick');
const calm: Conditions = {
  n: 7,
  byzantine: [],
  livesLost: [],
  kinds: [],
  timerDrift: 0,
  wallErrorMs: 0,
  linkLatencyMs: 1,
  schedulingMs: 0,
  nameBytes: 2,
  load: new Map(),
};

/** Rounds that synchronous push-pull really takes. */
function spread(n: number, seed: string): number {
  const random = split(seed);
  const knows = new Array<boolean>(n).fill(false);
  knows[0] = true;
  for (let round = 1; ; round++) {
    const before = knows.slice();
    for (let i = 0; i < n; i++) {
      const j = (i + 1 + random.int(n - 1)) % n;
      if (before[i] || before[j]) {
        knows[i] = true;
        knows[j] = true;
      }
    }
    if (knows.every(Boolean)) return round;
  }
}

describe('syncRounds', () => {
  it.each([3, 7, 30, 100])('is not below the measured quantiles of push-pull, nor far above, n = %i', (n) => {
    const runs = Array.from({ length: 4000 }, (_, i) => spread(n, `${n}-${i}`));
    for (const miss of [0.5, 0.1, 0.01]) {
      const over = runs.filter((rounds) => rounds > syncRounds(n, miss)).length / runs.length;
      // Four standard errors of a share measured in 4,000 runs.
      expect(over).toBeLessThanOrEqual(miss + 4 * Math.sqrt((miss * (1 - miss)) / runs.length));
    }
    const median = runs.sort((a, b) => a - b)[2000] ?? 0;
    expect(syncRounds(n, 0.5)).toBeLessThanOrEqual(median + 2);
  });

  it('three spreadings take less than three times the rounds of one, and at least three times its median', () => {
    expect(syncRounds(7, 1e-11, 3)).toBeLessThan(3 * syncRounds(7, 1e-11));
    expect(syncRounds(7, 1e-11, 3)).toBeGreaterThanOrEqual(3 * syncRounds(7, 0.5));
  });

  it('grows with n, beyond the size of the chain too', () => {
    const rounds = [2, 8, 32, 128, 129, 512, 2048].map((n) => syncRounds(n, 1e-11));
    expect(rounds).toEqual([...rounds].sort((a, b) => a - b));
  });
});

describe('swimBounds', () => {
  it('grows with latency, scheduling noise, drift and lives lost', () => {
    const base = swimBounds(quick, calm);
    for (const worse of [{ linkLatencyMs: 50 }, { schedulingMs: 50 }, { timerDrift: 0.2 }]) {
      const bounds = swimBounds(quick, { ...calm, ...worse });
      expect(bounds.convergenceMs ?? 0).toBeGreaterThan(base.convergenceMs ?? 0);
      expect(bounds.detectionMs ?? 0).toBeGreaterThan(base.detectionMs ?? 0);
      expect(bounds.refutationMs ?? 0).toBeGreaterThan(base.refutationMs ?? 0);
    }
    const lost = swimBounds(quick, { ...calm, livesLost: ['n1'] });
    expect(lost.convergenceMs ?? 0).toBeGreaterThan((base.convergenceMs ?? 0) + (base.detectionMs ?? 0));
  });

  it('covers detection by own probes: 2(n-1) periods, one more, and the suspicion', () => {
    expect(swimBounds(quick, calm).detectionMs).toBeGreaterThanOrEqual(12 * 200 + 200 + 9 * 200);
  });
});

describe('settings and claims', () => {
  it('the time-out must lie below the interval', () => {
    expect(checkSwimSettings(quick)).toBeUndefined();
    expect(checkSwimSettings({ ...quick, probeTimeoutMs: 200 })).toContain('probeTimeoutMs');
  });

  it('whole states are exchanged less often in large clusters (memberlist pushPullScale)', () => {
    const scales = [1, 32, 33, 64, 65, 128, 129].map((n) => syncPeriodMs(quick, n) / quick.syncIntervalMs);
    expect(scales).toEqual([1, 1, 2, 2, 3, 3, 4]);
  });

  it('names what lies beyond the claims, and nothing else', () => {
    for (const claim of swimClaims) {
      expect(claim.beyond?.(quick, calm)).toBeUndefined();
      expect(claim.beyond?.(quick, { ...calm, timerDrift: 0.6 })).toContain('drift');
      expect(claim.beyond?.(quick, { ...calm, linkLatencyMs: 100 })).toContain('round trip');
      expect(claim.beyond?.(quick, { ...calm, byzantine: ['n1'], livesLost: ['n2'] })).toBeUndefined();
    }
  });
});
