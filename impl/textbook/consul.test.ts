import { describe, expect, it } from 'vitest';
import type { World } from '../testkit.ts';
import { textbookConsul } from './consul.ts';
import { textbookSwim } from './swim.ts';
import { createWorld, NAMES } from './test-scenario.ts';

describe('flaws of textbook/consul', () => {
  it('incarnations inflate though nothing is wrong; those of textbook/swim stay', () => {
    const reached = (world: World): number =>
      world.seen.reduce(
        (most, { observation }) => (observation.kind === 'status' ? Math.max(most, observation.incarnation) : most),
        0,
      );
    const world = createWorld(textbookConsul);
    world.run(10_000);
    const first = reached(world);
    expect(first).toBeGreaterThan(10);
    world.run(10_000);
    expect(reached(world)).toBeGreaterThan(first + 10);
    expect(world.seen.filter(({ observation }) => observation.kind === 'refute')).toEqual([]);
    const swim = createWorld(textbookSwim);
    swim.run(20_000);
    expect(reached(swim)).toBe(0);
  });

  it('a suspicion lasts 4 log10(n+1) intervals, and the death that follows is passed on', () => {
    const world = createWorld(textbookConsul);
    world.run(5000);
    world.kill('n7');
    const of7 = () =>
      world.seen.flatMap(({ at, member, observation }) =>
        observation.kind === 'status' && observation.subject === 'n7' && observation.status !== 'alive'
          ? [{ at, member, status: observation.status, by: observation.by }]
          : [],
      );
    expect(world.runUntil(() => of7().filter(({ status }) => status === 'dead').length === 6, 20_000)).toBe(true);
    const dead = of7().find(({ status }) => status === 'dead');
    const suspect = of7().find(({ status, member }) => status === 'suspect' && member === dead?.member);
    expect((dead?.at ?? 0) - (suspect?.at ?? 0)).toBeCloseTo(4 * Math.log10(8) * 200, 0);
    expect(of7().some(({ status, by, member }) => status === 'dead' && by !== member)).toBe(true);
  });

  it('tells the round-trip times', () => {
    const world = createWorld(textbookConsul, { latency: () => 15 });
    world.run(10_000);
    world.operate('n1', 'it', 1, 'members', null);
    expect(world.replies.get(1)).toMatchObject({
      type: 'ok',
      value: { roundTripsMs: NAMES.slice(1).map((name) => [name, 30]) },
    });
  });
});
