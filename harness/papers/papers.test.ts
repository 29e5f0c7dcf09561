import { describe, expect, it } from 'vitest';
import { type Cell, differenceOf, verdictOf } from './cell.ts';
import { PAPERS } from './papers.ts';
import { playFirstProbes } from './swim-first-probe.ts';
import { playProbes } from './swim-probes.ts';

describe('papers, with fewer runs', () => {
  it.each(PAPERS.map((paper) => [paper.name, paper] as const))('%s: every judged cell holds', (_name, paper) => {
    const table = paper.reproduce({ seed: 'papers', quick: true });
    const judged = table.cells.filter((cell) => verdictOf(cell) !== 'shown');
    if (paper.name !== 'demers-3') expect(judged.length).toBeGreaterThan(3);
    expect(judged.filter((cell) => verdictOf(cell) === 'off')).toEqual([]);
    for (const cell of table.cells) expect(Number.isFinite(cell.measured)).toBe(true);
  });

  it('pull is near the recalled table, though that is not judged: s for k = 1, m, t_last', () => {
    const table = PAPERS.find((paper) => paper.name === 'demers-3')?.reproduce({ seed: 'papers', quick: true });
    const cells = table?.cells.filter((cell) => cell.figure !== 's (residue)' || cell.row === 'k=1') ?? [];
    expect(cells).toHaveLength(10);
    for (const cell of cells) expect(Math.abs(differenceOf(cell) ?? 1)).toBeLessThan(0.05);
  });
});

describe('verdict of a cell', () => {
  const cell = (over: Partial<Cell>): Cell => ({ row: 'r', figure: 'f', published: 0.2, measured: 0.2, ...over });

  it('5 %, or 15 % below 0.01, of the published or the simulated value', () => {
    expect(verdictOf(cell({ measured: 0.209 }))).toBe('holds');
    expect(verdictOf(cell({ measured: 0.211 }))).toBe('off');
    expect(verdictOf(cell({ measured: 0.211, simulated: 0.205 }))).toBe('holds');
    expect(verdictOf(cell({ published: 0.008, measured: 0.0091 }))).toBe('holds');
    expect(verdictOf(cell({ published: 0.008, measured: 0.0093 }))).toBe('off');
    expect(verdictOf(cell({ measured: Number.NaN }))).toBe('off');
  });

  it('bounds, and what is only shown', () => {
    expect(verdictOf(cell({ measured: 0.31, between: [0.28, 0.31] }))).toBe('holds');
    expect(verdictOf(cell({ measured: 0.311, between: [0.28, 0.31] }))).toBe('off');
    expect(verdictOf(cell({ measured: 9, notGated: 'why' }))).toBe('shown');
  });
});

describe("SWIM's probes", () => {
  it('without loss nobody is suspected, and every member probes one other a period', () => {
    const counts = playProbes({ n: 10, arrives: 1, indirect: 3, periods: 50, seed: 'x' });
    expect(counts.falseSuspicions).toBe(0);
    expect(counts.probes).toBe(500);
    expect(counts.probedMemberPeriods).toBeLessThan(500);
  });

  it('where nothing arrives, every probe but those of the last period ends in a suspicion', () => {
    const counts = playProbes({ n: 10, arrives: 0, indirect: 3, periods: 50, seed: 'x' });
    // A list that is shuffled may begin with the name it ended with; that probe begins under suspicion.
    expect(counts.falseSuspicions).toBeGreaterThan(450);
    expect(counts.falseSuspicions).toBeLessThanOrEqual(490);
  });

  it('the shuffled list beats random targets, and keeps its bound', () => {
    const rotation = playFirstProbes(8, 'rotation', 8000, 'x');
    const random = playFirstProbes(8, 'random', 8000, 'x');
    expect(rotation.meanPeriods).toBeLessThan(random.meanPeriods);
    expect(rotation.longestGap).toBe(13);
  });
});
