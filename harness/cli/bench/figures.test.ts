/** Every figure is measured once, as little of it as can be: that it can be, and not how fast. */
import { describe, expect, it } from 'vitest';
import { FIGURES } from './figures.ts';

describe('the figures of the bench', () => {
  it.each(FIGURES.map((figure) => [figure.name, figure] as const))('%s can be measured', async (_name, figure) => {
    const notes: string[] = [];
    const rows = await figure.measure((text) => notes.push(text), 'tiny');
    expect(notes.length).toBeGreaterThan(0);
    // Not every machine has namespaces and containers; whatever else there is can be measured on all.
    const isSkipped = ['netns-start', 'docker-start'].includes(figure.name) && notes[0]?.startsWith('SKIPPED') === true;
    expect(rows.length > 0).toBe(!isSkipped);
    for (const row of rows) {
      expect([row.figure, Number.isFinite(row.measured)]).toEqual([row.figure, true]);
      expect(row.measured).toBeGreaterThanOrEqual(0);
      expect(row.how).not.toMatch(/NaN|undefined|Infinity/);
    }
    // Runs that fail are a figure too, and a short run has no reason to.
    const failed = rows.find(({ figure: what }) => what.includes('do not end with 0'));
    if (figure.name === 'default-runs') expect(failed?.measured).toBe(0);
  });

  it('have names of their own, by which they can be asked for', () => {
    const names = FIGURES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining(['spread', 'flood', 'sim-flood', 'members-200', 'datagrams', 'explore']),
    );
  });
});
