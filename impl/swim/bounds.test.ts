import { describe, expect, it } from 'vitest';
import { settingsOf } from '../protocol.ts';
import { calmConditions } from '../testkit.ts';
import { swimBounds } from './bounds.ts';
import { swimClaims } from './claims.ts';
import { checkSwimSettings, swimSettings, syncPeriodMs } from './settings.ts';

const quick = settingsOf(swimSettings, 'quick');
const calm = calmConditions(7);

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
