import { describe, expect, it } from 'vitest';
import { checkSettingValues } from '../../harness/model/settings-check.ts';
import { settingsOf } from '../protocol.ts';
import { consulProfiles } from './profiles.ts';
import { checkConsulSettings, consulSettings, longestSuspicionMs, nackDelayMs, pushPullPeriodMs } from './settings.ts';

const quick = settingsOf(consulSettings, 'quick');

describe('profiles', () => {
  // memberlist config.go, as the table of its three configurations has them.
  it.each([
    ['lan', [1000, 500, 3, 4, 4, 6, 200, 3, 30_000, 30_000, 8]],
    ['wan', [5000, 3000, 3, 4, 6, 6, 500, 4, 60_000, 60_000, 8]],
    ['local', [1000, 200, 1, 2, 3, 6, 100, 3, 15_000, 15_000, 8]],
  ] as const)('%s', (name, expected) => {
    const s = consulProfiles[name];
    expect([
      s.probeIntervalMs,
      s.probeTimeoutMs,
      s.indirectProbes,
      s.retransmitMultiplier,
      s.suspicionMultiplier,
      s.suspicionMaxMultiplier,
      s.gossipIntervalMs,
      s.gossipNodes,
      s.pushPullIntervalMs,
      s.gossipToTheDeadMs,
      s.awarenessMax,
    ]).toEqual(expected);
    expect(s.confirmations).toBe(s.suspicionMultiplier - 2);
    expect(checkConsulSettings(s)).toBeUndefined();
    checkSettingValues(consulSettings, s, name);
  });

  it('leaves every nack time to arrive before the probe is judged', () => {
    for (const s of [...Object.values(consulProfiles), quick]) {
      expect(s.probeTimeoutMs + nackDelayMs(s)).toBeLessThan(s.probeIntervalMs);
    }
    expect(nackDelayMs(consulProfiles.lan)).toBe(400);
    expect(nackDelayMs(consulProfiles.wan)).toBe(1600);
  });
});

describe('settings', () => {
  it('the time-out must lie below the interval', () => {
    expect(checkConsulSettings(quick)).toBeUndefined();
    expect(checkConsulSettings({ ...quick, probeTimeoutMs: 200 })).toContain('probeTimeoutMs');
  });

  it('the longest suspicion is the least one without LHA-Suspicion', () => {
    expect(longestSuspicionMs(consulProfiles.lan, 100)).toBe(48_000);
    expect(longestSuspicionMs({ ...consulProfiles.lan, lhaSuspicion: false }, 100)).toBe(8000);
  });

  it('whole states are exchanged less often in large clusters', () => {
    expect([32, 33, 200].map((n) => pushPullPeriodMs(consulProfiles.lan, n))).toEqual([30_000, 60_000, 120_000]);
  });
});
