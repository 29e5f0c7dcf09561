import { describe, expect, it } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import { settingsOf } from '../protocol.ts';
import { calmConditions } from '../testkit.ts';
import { cassandraBounds, crossingRounds, meetingRounds } from './bounds.ts';
import { cassandraClaims } from './claims.ts';
import { cassandraSettings, checkCassandraSettings, silenceMs } from './settings.ts';

const quick = settingsOf(cassandraSettings, 'quick');
const calm = calmConditions(7);

describe('rounds until groups find each other', () => {
  it('is one where nobody is gone: the smaller group contacts the larger one for certain', () => {
    expect([2, 3, 7, 50].map((n) => crossingRounds(n, 0, 1e-11))).toEqual([1, 1, 1, 1]);
  });

  it('is not below what is measured where some are gone', () => {
    const random = split('crossing');
    for (const [n, gone, a] of [
      [7, 3, 1],
      [7, 2, 2],
      [9, 5, 2],
    ] as const) {
      const others = n - a - gone;
      const rounds = Array.from({ length: 4000 }, () => {
        for (let round = 1; ; round++) {
          // Each of the smaller group contacts one of its unreachable: of the others, or of the gone.
          for (let i = 0; i < a; i++) if (random.int(others + gone) < others) return round;
        }
      });
      for (const miss of [0.1, 0.01]) {
        const over = rounds.filter((round) => round > crossingRounds(n, gone, miss)).length / rounds.length;
        expect(over).toBeLessThanOrEqual(miss + 4 * Math.sqrt(miss / rounds.length));
      }
    }
  });

  it('through seeds does not grow with the cluster', () => {
    expect(meetingRounds(300, 1, 1e-11)).toBe(meetingRounds(7, 1, 1e-11));
    expect(meetingRounds(7, 0, 1e-11)).toBeLessThan(meetingRounds(7, 1, 1e-11));
  });
});

describe('silence that convicts', () => {
  it('is 18.42 means, which lie between the gossip interval and the longest interval that is learned from', () => {
    const { least, most } = silenceMs(settingsOf(cassandraSettings, 'default'));
    expect(least).toBeCloseTo(18_421, 0);
    expect(most).toBeCloseTo(36_841, 0);
  });
});

describe('bounds', () => {
  it('cover the silence, and grow with latency, scheduling noise, drift, lives lost and quarantines', () => {
    const base = cassandraBounds(quick, calm);
    expect(base.detectionMs ?? 0).toBeGreaterThan(silenceMs(quick).most);
    for (const worse of [{ linkLatencyMs: 50 }, { schedulingMs: 50 }, { timerDrift: 0.2 }, { livesLost: ['n1'] }]) {
      const bounds = cassandraBounds(quick, { ...calm, ...worse });
      expect(bounds.convergenceMs ?? 0).toBeGreaterThan(base.convergenceMs ?? 0);
      expect(bounds.detectionMs ?? 0).toBeGreaterThan(base.detectionMs ?? 0);
      expect(bounds.refutationMs ?? 0).toBeGreaterThan(base.refutationMs ?? 0);
    }
    const left = cassandraBounds(quick, { ...calm, kinds: ['leave'] });
    expect(left.convergenceMs ?? 0).toBeGreaterThanOrEqual((base.convergenceMs ?? 0) + quick.quarantineMs);
  });
});

describe('settings and claims', () => {
  it('relations between settings are checked', () => {
    expect(checkCassandraSettings(quick)).toBeUndefined();
    expect(checkCassandraSettings({ ...quick, phiMaxIntervalMs: 100 })).toContain('phiMaxIntervalMs');
    expect(checkCassandraSettings({ ...quick, leftExpiryMs: 100 })).toContain('leftExpiryMs');
  });

  it('names what lies beyond the claims, and nothing else', () => {
    for (const claim of cassandraClaims) {
      expect(claim.beyond?.(quick, calm)).toBeUndefined();
      expect(claim.beyond?.(quick, { ...calm, timerDrift: 0.6 })).toContain('drift');
      expect(claim.beyond?.(quick, { ...calm, linkLatencyMs: 100 })).toContain('exchange');
      expect(claim.beyond?.(quick, { ...calm, wallErrorMs: 200 * 86_400_000 })).toContain('year');
      expect(claim.beyond?.(quick, { ...calm, byzantine: ['n1'], livesLost: ['n2'] })).toBeUndefined();
      expect(claim.property).not.toBe('refutation');
    }
  });
});
