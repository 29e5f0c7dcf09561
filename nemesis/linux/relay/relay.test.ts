import { describe, expect, it } from 'vitest';
import type { RelayParts } from '../placement.ts';
import { DueQueue } from './due-queue.ts';
import { LinkShape, type RelayFate } from './shape.ts';

const NONE: RelayParts = { losses: [], bursts: [], delays: [], reorders: [], duplicates: [], corrupts: [] };
const draw = (shape: LinkShape, count: number): RelayFate[] => Array.from({ length: count }, () => shape.next());
/** Within five standard deviations: a correct draw misses it less than once in a million. */
function expectShare(fates: readonly RelayFate[], of: (fate: RelayFate) => boolean, asked: number): void {
  const share = fates.filter(of).length / fates.length;
  expect(Math.abs(share - asked), `${share} for ${asked}`).toBeLessThan(
    5 * Math.sqrt((asked * (1 - asked)) / fates.length),
  );
}

describe("a relay's link", () => {
  it('lets all pass where nothing is asked', () => {
    expect(draw(new LinkShape('s', 'l', NONE), 3)).toEqual(Array(3).fill({ copies: 1, delayMs: 0, corrupt: false }));
  });

  it('draws the same for the same seed and link, and another for another', () => {
    const parts = { ...NONE, losses: [{ id: 'x', probability: 0.5 }] };
    const of = (seed: string, link: string) =>
      draw(new LinkShape(seed, link, parts), 64)
        .map((fate) => fate.copies)
        .join('');
    expect(of('s', 'l')).toBe(of('s', 'l'));
    expect(of('s', 'l')).not.toBe(of('s', 'm'));
    expect(of('s', 'l')).not.toBe(of('t', 'l'));
  });

  it('does as often as asked what it is asked', () => {
    const fates = draw(
      new LinkShape('s', 'l', {
        losses: [{ id: 'l', probability: 0.1 }],
        bursts: [],
        delays: [{ id: 'd', delayMs: 20, jitterMs: 5 }],
        reorders: [{ id: 'r', probability: 0.25, holdMs: 100 }],
        duplicates: [{ id: 'c', probability: 0.05 }],
        corrupts: [{ id: 'k', probability: 0.2 }],
      }),
      20_000,
    );
    const arrived = fates.filter((fate) => fate.copies > 0);
    expectShare(fates, (fate) => fate.copies === 0, 0.1);
    expectShare(arrived, (fate) => fate.copies === 2, 0.05);
    expectShare(arrived, (fate) => fate.corrupt, 0.2);
    expectShare(arrived, (fate) => fate.delayMs > 100, 0.25);
    expect(arrived.every(({ delayMs }) => (delayMs >= 15 && delayMs < 25) || (delayMs >= 115 && delayMs < 125))).toBe(
      true,
    );
  });

  it('loses in bursts of the length asked', () => {
    const parts = { ...NONE, bursts: [{ id: 'b', probability: 0.2, burst: 5 }] };
    const text = draw(new LinkShape('s', 'l', parts), 50_000)
      .map((fate) => (fate.copies === 0 ? 'x' : '.'))
      .join('');
    const runs = text.match(/x+/g) ?? [];
    const lost = text.split('x').length - 1;
    expect(lost / text.length).toBeGreaterThan(0.18);
    expect(lost / text.length).toBeLessThan(0.22);
    expect(lost / runs.length).toBeGreaterThan(4.5);
    expect(lost / runs.length).toBeLessThan(5.5);
  });

  it('keeps its burst and its place when other faults come', () => {
    const burst = { id: 'b', probability: 0.5, burst: 1000 };
    const parts = { ...NONE, bursts: [burst] };
    const whole = draw(new LinkShape('s', 'l', parts), 4000).map((fate) => fate.copies);
    const first = new LinkShape('s', 'l', parts);
    const cut = draw(first, 2000).map((fate) => fate.copies);
    const more = { ...parts, delays: [{ id: 'd', delayMs: 1, jitterMs: 0 }] };
    const rest = draw(new LinkShape('s', 'l', more, first), 2000).map((fate) => fate.copies);
    expect([...cut, ...rest]).toEqual(whole);
    expect(new Set(whole)).toEqual(new Set([0, 1]));
  });
});

it('gives out what is due by time, and equal times by arrival', () => {
  const queue = new DueQueue<string>();
  for (const [dueMs, name] of [
    [5, 'a'],
    [3, 'b'],
    [5, 'c'],
    [4, 'd'],
    [9, 'e'],
  ] as const)
    queue.add(dueMs, name);
  expect(queue.nextDueMs).toBe(3);
  expect(queue.takeDue(2)).toEqual([]);
  expect(queue.takeDue(5)).toEqual(['b', 'd', 'a', 'c']);
  expect(queue.nextDueMs).toBe(9);
  expect(queue.takeDue(100)).toEqual(['e']);
  expect(queue.nextDueMs).toBeUndefined();
});
