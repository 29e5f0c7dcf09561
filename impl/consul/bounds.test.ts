import { describe, expect, it } from 'vitest';
import { settingsOf } from '../protocol.ts';
import { calmConditions } from '../testkit.ts';
import { consulBounds } from './bounds.ts';
import { consulClaims } from './claims.ts';
import { consulSettings } from './settings.ts';

const quick = settingsOf(consulSettings, 'quick');
const calm = calmConditions(7);

describe('consulBounds', () => {
  it('grows with latency, scheduling noise, drift and lives lost', () => {
    const base = consulBounds(quick, calm);
    for (const worse of [{ linkLatencyMs: 50 }, { schedulingMs: 50 }, { timerDrift: 0.2 }]) {
      const bounds = consulBounds(quick, { ...calm, ...worse });
      expect(bounds.convergenceMs ?? 0).toBeGreaterThan(base.convergenceMs ?? 0);
      expect(bounds.detectionMs ?? 0).toBeGreaterThan(base.detectionMs ?? 0);
      expect(bounds.refutationMs ?? 0).toBeGreaterThan(base.refutationMs ?? 0);
    }
    const lost = consulBounds(quick, { ...calm, livesLost: ['n1'] });
    expect(lost.convergenceMs ?? 0).toBeGreaterThan((base.convergenceMs ?? 0) + (base.detectionMs ?? 0));
  });

  it('detection covers the worst turn of own probes at the worst health, and the longest suspicion', () => {
    expect(consulBounds(quick, calm).detectionMs).toBeGreaterThanOrEqual(13 * 400 + 2400);
    // Without Lifeguard nothing puts a death off.
    const plain = consulBounds({ ...quick, lhaProbe: false, lhaSuspicion: false }, calm);
    expect(plain.detectionMs ?? 0).toBeLessThan((consulBounds(quick, calm).detectionMs ?? 0) - 13 * 200);
    expect(plain.detectionMs ?? 0).toBeGreaterThanOrEqual(13 * 200 + 800);
  });

  it('with quick settings a kill of 18 s in a run of 30 s owes its detection', () => {
    expect(consulBounds(quick, calm).detectionMs ?? 0).toBeLessThan(18_000);
    // As real machines have it, with room for the edges of the kill.
    const real = { ...calm, linkLatencyMs: 2, schedulingMs: 50 };
    expect(consulBounds(quick, real).detectionMs ?? 0).toBeLessThan(17_000);
  });
});

it('claims name what lies beyond them, and nothing else', () => {
  for (const claim of consulClaims) {
    expect(claim.beyond?.(quick, calm)).toBeUndefined();
    expect(claim.beyond?.(quick, { ...calm, timerDrift: 0.6 })).toContain('drift');
    expect(claim.beyond?.(quick, { ...calm, linkLatencyMs: 100 })).toContain('round trip');
    expect(claim.beyond?.(quick, { ...calm, byzantine: ['n1'], livesLost: ['n2'] })).toBeUndefined();
  }
});
