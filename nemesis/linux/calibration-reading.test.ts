import { describe, expect, it } from 'vitest';
import type { LinkFault } from '../../harness/model/fault.ts';
import type { LinkMeasure } from './calibrate.ts';
import { effectOf, poolReadings, probingOf, readTouched, readUntouched, USUAL } from './calibration-reading.ts';
import type { KernelCapabilities } from './capabilities.ts';
import { shareOf } from './intervals.ts';

const base = { id: 'f', atMs: 0, untilMs: 1, links: 'all' } as const;
const LOSS: LinkFault = { type: 'loss', probability: 0.3, ...base };
const RARE: LinkFault = { type: 'loss', probability: 0.001, ...base };
const DELAY: LinkFault = { type: 'delay', delayMs: 20, jitterMs: 5, ...base };
const RATE: LinkFault = { type: 'bandwidth', bitsPerSecond: 1e6, queueMs: 100, ...base };
const CUT: LinkFault = { type: 'partition', id: 'p', atMs: 0, untilMs: 1, shape: 'one', cuts: [] };
const QUIET = { minMs: 0.1, p50Ms: 0.3, p99Ms: 1, clockMs: 0 };
const parts: KernelCapabilities = { parts: new Set(['rewrite']), reasons: new Map() };

function measured(change: { lost?: number; p50Ms?: number; bitsPerSecond?: number; overrun?: number }): LinkMeasure {
  const { lost = 0, p50Ms = 0.3, bitsPerSecond = 0, overrun = 0 } = change;
  const [sent, received] = [200, 200 - lost];
  const delay = { meanMs: p50Ms, deviationMs: 1, minMs: p50Ms, p1Ms: p50Ms, p50Ms, p99Ms: p50Ms, maxMs: p50Ms };
  return {
    from: 'n1',
    to: 'n2',
    sent,
    received,
    lost: shareOf(lost, sent),
    damaged: shareOf(0, sent),
    duplicated: shareOf(0, received),
    reordered: shareOf(0, received),
    delay: { ...delay, interval: { mean: p50Ms, low: p50Ms, high: p50Ms } },
    clockMs: 0,
    overrun,
    bitsPerSecond,
  };
}

const touched = (fault: LinkFault, measure: LinkMeasure) => {
  const probing = probingOf(fault, 4);
  if (typeof probing === 'string') throw new Error(probing);
  return { measure, reading: readTouched(fault, measure, QUIET, probing, parts) };
};
const four = (fault: LinkFault, measure: LinkMeasure) => Array.from({ length: 4 }, () => touched(fault, measure));

describe('readings of a calibration', () => {
  it('hold what was asked where the link does it, and only there', () => {
    expect(touched(LOSS, measured({ lost: 64 })).reading).toMatchObject({ what: 'lost', measured: 0.32, within: true });
    expect(touched(LOSS, measured({ lost: 20 })).reading.within).toBe(false);
    expect(touched(CUT, measured({ lost: 200 })).reading).toMatchObject({ asked: 1, measured: 1, within: true });
    expect(touched(CUT, measured({ lost: 199 })).reading.within).toBe(false);
    expect(touched(DELAY, measured({ p50Ms: 20.5 })).reading).toMatchObject({ what: 'added delay', within: true });
    expect(touched(DELAY, measured({ p50Ms: 26 })).reading.within).toBe(false);
    expect(touched(RATE, measured({ bitsPerSecond: 1.004e6 })).reading).toMatchObject({ within: true, unit: 'bit/s' });
    expect(touched(RATE, measured({ bitsPerSecond: 1.3e6 })).reading.within).toBe(false);
  });

  it('of links that are to be left alone convict the least loss and a delay', () => {
    expect(readUntouched(LOSS, measured({}), QUIET)).toMatchObject({ asked: 0, measured: 0, within: true });
    expect(readUntouched(LOSS, measured({ lost: 1 }), QUIET).within).toBe(false);
    expect(readUntouched(DELAY, measured({ p50Ms: 0.5 }), QUIET).within).toBe(true);
    expect(readUntouched(DELAY, measured({ p50Ms: 20 }), QUIET).within).toBe(false);
    expect(readUntouched(RATE, measured({}), QUIET)).toMatchObject({ what: 'lost', within: true });
  });

  it('are as much wider as is not known of the clocks, where the quiet delay is that of another link', () => {
    const off = measured({ p50Ms: 26 });
    const probing = probingOf(DELAY, 4);
    if (typeof probing === 'string') throw new Error(probing);
    const of = (clockMs: number) => readTouched(DELAY, off, { ...QUIET, clockMs }, probing, parts);
    expect(of(0).within).toBe(false);
    expect(of(5)).toMatchObject({ within: true, measured: of(0).measured, low: of(0).low - 5, high: of(0).high + 5 });
    expect(readUntouched(DELAY, measured({ p50Ms: 4 }), { ...QUIET, clockMs: 1 }).within).toBe(false);
  });

  it('name a fault that does nothing, and no other', () => {
    for (const fault of [LOSS, DELAY, CUT]) expect(effectOf(fault, four(fault, measured({})))).toBe('none');
    expect(effectOf(RATE, four(RATE, measured({ bitsPerSecond: 2e6 })))).toBe('none');
    expect(effectOf(LOSS, four(LOSS, measured({ lost: 1 })))).toBe('seen');
    expect(effectOf(CUT, four(CUT, measured({ lost: 200 })))).toBe('seen');
    expect(effectOf(DELAY, four(DELAY, measured({ p50Ms: 20 })))).toBe('seen');
    expect(effectOf(RATE, four(RATE, measured({ bitsPerSecond: 1e6 })))).toBe('seen');
    // Too rare for eight hundred datagrams, or lost at a receiver that had no room.
    expect(effectOf(RARE, four(RARE, measured({})))).toBe('undecided');
    expect(effectOf(LOSS, four(LOSS, measured({ lost: 1, overrun: 9 })))).toBe('undecided');
  });

  it('pool the links of a fault', () => {
    const links = [touched(LOSS, measured({ lost: 80 })), touched(LOSS, measured({ lost: 40 }))];
    const pooled = poolReadings(LOSS, links);
    expect(pooled).toMatchObject({ sent: 400, received: 280, measured: 0.3, asked: 0.3, within: true });
    expect(pooled.high - pooled.low).toBeLessThan((links[0]?.reading.high ?? 0) - (links[0]?.reading.low ?? 0));
  });
});

describe('probing', () => {
  it('sends more where a fault is rare, and never more than it may', () => {
    expect(probingOf(LOSS, 4)).toEqual(USUAL);
    expect(probingOf({ ...LOSS, probability: 0.01 }, 4)).toMatchObject({ datagrams: 344 });
    expect(probingOf(RARE, 4)).toMatchObject({ datagrams: 500, everyMs: 1 });
  });

  it('waits for what is held back, fills a slow link, and leaves what would take too long', () => {
    expect(probingOf(DELAY, 4)).toMatchObject({ settleMs: USUAL.settleMs + 25 });
    expect(probingOf({ ...DELAY, delayMs: 5000 }, 4)).toMatch(/longer than 1500 ms/);
    const probing = probingOf(RATE, 2);
    if (typeof probing === 'string') throw new Error(probing);
    expect((probing.payloadBytes + 42) * 8000).toBeCloseTo(2e6 * probing.everyMs);
    expect(probingOf({ ...RATE, bitsPerSecond: 1e9 }, 2)).toMatch(/faster/);
    expect(probingOf({ ...RATE, bitsPerSecond: 1000 }, 2)).toMatch(/slower/);
    expect(probingOf({ type: 'reorder', probability: 0.2, holdMs: 1, ...base }, 4)).toMatch(/less time/);
  });
});
