import { describe, expect, it } from 'vitest';
import { verdictOf } from '../papers/cell.ts';
import { callCli } from './cli-harness.ts';
import { playExperiment } from './lifeguard/experiment.ts';
import { FULL, QUICK } from './lifeguard/grid.ts';
import { medianDetectionMs, rankOf } from './lifeguard/sums.ts';
import { LIFEGUARD, SWIM, VARIANTS } from './lifeguard/variants.ts';
import { lifeguard } from './lifeguard-paper.ts';

const SMALL = { members: 24, slowed: 3, blockMs: 32_768, freeMs: 1, restMs: 5000, timeMs: 40_000, seed: 'test' };

describe('the experiment', () => {
  it('is a function of its request', () => {
    const play = (seed: string) => playExperiment({ ...SMALL, settings: SWIM.settings, seed });
    expect(play('a')).toEqual(play('a'));
    expect(play('a')).not.toEqual(play('b'));
  });

  it('without blocks that matter nobody is declared dead; with them every slowed member is, and SWIM accuses others', () => {
    const calm = playExperiment({ ...SMALL, settings: SWIM.settings, blockMs: 20, freeMs: 1000 });
    expect([calm.falsePositives, calm.firstDetectionsMs.length]).toEqual([0, 0]);
    const swim = playExperiment({ ...SMALL, settings: SWIM.settings });
    expect(swim.firstDetectionsMs).toHaveLength(3);
    // Not before a suspicion, which lasts α log10 n = 6.9 s and starts after a probe, can have ended.
    for (const ms of swim.firstDetectionsMs) expect(ms).toBeGreaterThan(6900);
    expect(swim.falseAtHealthy).toBeGreaterThan(0);
    expect(swim.falsePositives).toBeGreaterThanOrEqual(swim.falseAtHealthy);
  });
});

describe('the table', () => {
  const table = lifeguard.reproduce({ seed: 'papers', quick: true });

  it('in its shorter form: what is judged holds, and every figure is a number', () => {
    for (const cell of table.cells) expect(Number.isFinite(cell.measured)).toBe(true);
    const judged = table.cells.filter((cell) => verdictOf(cell) !== 'shown');
    expect(judged.map(({ row }) => row)).toEqual(['LHA-Probe', 'LHA-Suspicion', 'Buddy', 'Lifeguard', 'Lifeguard']);
    expect(judged.filter((cell) => verdictOf(cell) === 'off')).toEqual([]);
  });

  it('has SWIM accuse often enough for the share to mean something', () => {
    const count = table.cells.find(({ row, figure }) => row === 'SWIM' && figure === 'FP at healthy');
    expect(count?.measured).toBeGreaterThan(100);
  });

  it('a Lifeguard whose parts are all off would be convicted', () => {
    const swim = playExperiment({ ...SMALL, settings: SWIM.settings });
    const off = { ...LIFEGUARD.settings, lhaProbe: false, lhaSuspicion: false, buddy: false };
    const flat = playExperiment({ ...SMALL, settings: off });
    const cell = table.cells.find(({ row, figure }) => row === 'Lifeguard' && figure === 'FP at healthy, share');
    expect(verdictOf({ ...cell, row: '', figure: '', measured: flat.falseAtHealthy / swim.falseAtHealthy })).toBe(
      'off',
    );
  });

  it('states its grid: ends and geometric means of the published ranges', () => {
    expect(FULL.cells).toHaveLength(27);
    expect(new Set(FULL.cells.map(({ slowed }) => slowed))).toEqual(new Set([1, 6, 32]));
    expect(new Set(FULL.cells.map(({ blockMs }) => blockMs))).toEqual(new Set([128, 2048, 32_768]));
    expect(new Set(FULL.cells.map(({ freeMs }) => freeMs))).toEqual(new Set([1, 128, 16_384]));
    expect(QUICK.cells).toHaveLength(1);
    expect(table.method).toContain('32768 ms');
  });

  it('is among the papers of the command', async () => {
    const { code, stderr } = await callCli('papers', '--only', 'nothing');
    expect([code, stderr.includes('lifeguard')]).toEqual([64, true]);
  });
});

describe('the sums', () => {
  it('rank from the largest, equal ones together', () => {
    expect([3, 2, 2, 1].map((value, _, all) => rankOf(value, all))).toEqual([1, 2, 2, 4]);
    const published = VARIANTS.map((variant) => variant.published.falseAtHealthy);
    expect(published.map((value) => rankOf(value, published))).toEqual([1, 3, 4, 2, 5]);
  });

  it('say plainly that there is no median of nothing', () => {
    expect(medianDetectionMs([])).toBeNaN();
  });
});
