import { describe, expect, it } from 'vitest';
import type { PlannedFault } from '../model/fault.ts';
import { type Fate, LinkShaper } from './shaper.ts';

const window = { atMs: 0, untilMs: 1000 };
const loss: PlannedFault = { id: 'f1', type: 'loss', links: 'all', probability: 0.2, ...window };
const delay: PlannedFault = { id: 'f2', type: 'delay', links: 'all', delayMs: 20, jitterMs: 5, ...window };
const split: PlannedFault = {
  id: 'f3',
  type: 'partition',
  shape: 'one-way',
  cuts: [{ from: ['a'], to: ['b'] }],
  ...window,
};

function fates(shaper: LinkShaper, count: number, from = 'a', to = 'b'): Fate[] {
  return Array.from({ length: count }, () => shaper.fate(from, to, 100, 0));
}

function under(faults: PlannedFault[], count = 20_000, seed = 's'): Fate[] {
  const shaper = new LinkShaper(seed);
  shaper.setFaults(faults);
  return fates(shaper, count);
}

const share = (list: readonly Fate[], test: (fate: Fate) => boolean) => list.filter(test).length / list.length;
/** Within five standard deviations: a correct draw misses it less than once in a million. */
function expectShare(list: readonly Fate[], test: (fate: Fate) => boolean, asked: number): void {
  const found = share(list, test);
  expect(Math.abs(found - asked), `${found} for ${asked}`).toBeLessThan(
    5 * Math.sqrt((asked * (1 - asked)) / list.length),
  );
}
const dropped = (fate: Fate) => fate.delaysNs.length === 0;

describe('LinkShaper', () => {
  it('leaves everything alone without faults', () => {
    expect(share(under([], 100), (fate) => fate.delaysNs.length === 1 && fate.delaysNs[0] === 0 && !fate.corrupt)).toBe(
      1,
    );
  });

  it('cuts one direction only, for datagrams and streams, and heals', () => {
    const shaper = new LinkShaper('s');
    shaper.setFaults([split]);
    expect(share(fates(shaper, 50), dropped)).toBe(1);
    expect(share(fates(shaper, 50, 'b', 'a'), dropped)).toBe(0);
    expect([shaper.cut('a', 'b'), shaper.cut('b', 'a')]).toEqual([true, false]);
    shaper.setFaults([]);
    expect(share(fates(shaper, 50), dropped)).toBe(0);
    expect(shaper.cut('a', 'b')).toBe(false);
  });

  it('loses the asked share, in bursts of the asked length', () => {
    const single = under([loss]);
    expect(share(single, dropped)).toBeGreaterThan(0.185);
    expect(share(single, dropped)).toBeLessThan(0.215);
    const bursts = under([{ ...loss, burst: 5 } as PlannedFault], 100_000).map(dropped);
    const lost = bursts.filter(Boolean).length;
    const starts = bursts.filter((bad, i) => bad && bursts[i - 1] !== true).length;
    expect(lost / bursts.length).toBeGreaterThan(0.18);
    expect(lost / bursts.length).toBeLessThan(0.22);
    expect(lost / starts).toBeGreaterThan(4.6);
    expect(lost / starts).toBeLessThan(5.4);
  });

  it('delays within the jitter, around the asked mean', () => {
    const delays = under([delay]).map((fate) => (fate.delaysNs[0] as number) / 1e6);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(15);
    expect(Math.max(...delays)).toBeLessThanOrEqual(25);
    expect(delays.reduce((a, b) => a + b) / delays.length).toBeCloseTo(20, 0);
  });

  it('duplicates, corrupts and holds back the asked share', () => {
    const duplicates = under([{ id: 'd', type: 'duplicate', links: 'all', probability: 0.1, ...window }]);
    expectShare(duplicates, (fate) => fate.delaysNs.length === 2, 0.1);
    const corrupt = under([{ id: 'c', type: 'corrupt', links: 'all', probability: 0.1, ...window }]);
    expectShare(corrupt, (fate) => fate.corrupt, 0.1);
    const held = under([{ id: 'r', type: 'reorder', links: 'all', probability: 0.25, holdMs: 30, ...window }]);
    expectShare(held, (fate) => fate.delaysNs[0] === 30e6, 0.25);
  });

  it('queues at the asked rate and drops what would wait too long', () => {
    const rate: PlannedFault = {
      id: 'b',
      type: 'bandwidth',
      links: 'all',
      bitsPerSecond: 80_000,
      queueMs: 100,
      ...window,
    };
    // 100 bytes take 10 ms each; the twelfth would wait for more than 100 ms.
    const list = under([rate], 15);
    expect(list.slice(0, 3).map((fate) => fate.delaysNs[0])).toEqual([10e6, 20e6, 30e6]);
    expect(list.filter(dropped)).toHaveLength(4);
    expect(list.at(-1)?.cause).toBe('bandwidth');
  });

  it('draws the same for the same seed, otherwise for another, and alone as beside other faults', () => {
    expect(under([loss], 500)).toEqual(under([loss], 500));
    expect(under([loss], 500)).not.toEqual(under([loss], 500, 'other'));
    const alone = under([delay], 500).map((fate) => fate.delaysNs[0]);
    const beside = under([loss, delay], 500).map((fate) => fate.delaysNs[0]);
    const survivors = beside.filter((value) => value !== undefined);
    expect(survivors.length).toBeGreaterThan(300);
    beside.forEach((value, i) => {
      if (value !== undefined) expect(value).toBe(alone[i]);
    });
  });

  it('holds a slow member for the first part of each period, and nobody else', () => {
    const shaper = new LinkShaper('s');
    shaper.setFaults([{ id: 'x', type: 'slow', targets: ['a'], blockMs: 50, everyMs: 200, atMs: 100, untilMs: 900 }]);
    expect(shaper.heldUntilNs('a', 100e6)).toBe(150e6);
    expect(shaper.heldUntilNs('a', 320e6)).toBe(350e6);
    expect(shaper.heldUntilNs('a', 360e6)).toBe(360e6);
    expect(shaper.heldUntilNs('b', 100e6)).toBe(100e6);
  });
});
