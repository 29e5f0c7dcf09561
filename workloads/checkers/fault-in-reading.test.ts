import { describe, expect, it } from 'vitest';
import { isUnderFault } from './fault-in-reading.ts';

const MS = 1e6;
const window = { id: 's', kind: 'clock-skew', from: 1000 * MS, until: 1800 * MS };
const reading = (sinceMs: number, timeMs: number, stalledMs = 0) => ({
  since: sinceMs * MS,
  time: timeMs * MS,
  stalledMs,
});

describe('in the simulator', () => {
  it.each([
    { at: 999, under: false },
    { at: 1000, under: false },
    { at: 1001, under: true },
    { at: 1800, under: true },
    { at: 1801, under: false },
  ])('a reading at $at ms: $under', ({ at, under }) => {
    expect(isUnderFault(reading(0, at), window, 0, false)).toBe(under);
  });

  it.each([
    { at: 1000, under: undefined },
    { at: 1500, under: true },
    { at: 1800, under: undefined },
  ])('a reading of one who was stopped, at $at ms: $under', ({ at, under }) => {
    expect(isUnderFault(reading(0, at), window, 0, true)).toBe(under);
  });
});

describe('on a real machine', () => {
  it.each([
    { why: 'before', since: 0, at: 999, under: false },
    { why: 'the first after the start is of before the change', since: 900, at: 1003, under: false },
    { why: 'the second after the start may be of either', since: 1003, at: 1010, under: undefined },
    { why: 'well inside', since: 1003, at: 1500, under: true },
    { why: 'the first after the end is of before the change', since: 1500, at: 1802, under: true },
    { why: 'so it is where it is the only one', since: 1003, at: 1802, under: true },
    { why: 'the second after the end may be of either', since: 1802, at: 1805, under: undefined },
    { why: 'one that spans the window', since: 900, at: 1802, under: undefined },
    { why: 'after', since: 1802, at: 2200, under: false },
  ])('$why: $under', ({ since, at, under }) => {
    expect(isUnderFault(reading(since, at), window, 300 * MS, false)).toBe(under);
  });

  it('says nothing near an edge where changes waited for the member', () => {
    expect(isUnderFault(reading(1500, 1802, 400), window, 300 * MS, false)).toBeUndefined();
    expect(isUnderFault(reading(1500, 1802), window, 300 * MS, true)).toBeUndefined();
    expect(isUnderFault(reading(1003, 1500), window, 300 * MS, true)).toBe(true);
  });

  it('says nothing of a window shorter than the edge', () => {
    const short = { ...window, until: 1200 * MS };
    expect(isUnderFault(reading(1003, 1201), short, 300 * MS, false)).toBeUndefined();
    expect(isUnderFault(reading(900, 1003), short, 300 * MS, false)).toBe(false);
  });
});
