import { describe, expect, it } from 'vitest';
import type { World } from '../testkit.ts';
import { textbookAkka } from './akka.ts';
import { createWorld, NOTHING } from './test-scenario.ts';

interface Gossip {
  readonly k: string;
  readonly f: string;
  readonly o: string;
  readonly at: number;
  readonly g: { readonly m: readonly (readonly [string, number])[]; readonly s: readonly string[] };
}

describe('flaws of textbook/akka', () => {
  /** A cluster that has come to rest, cut off; and the last state that n1 told n2. */
  function rested(): { world: World; told: Gossip } {
    const world = createWorld(textbookAkka, { latency: ({ from, to }) => 1 + (from < to ? 0 : 1) });
    world.run(30_000);
    const told = world.sent.filter(({ from, to }) => from === 'n1' && to === 'n2').at(-1)?.message as Gossip;
    expect(told.k).toBe('gossip');
    world.latency = NOTHING;
    return { world, told };
  }

  const aliveAt = (world: World, name: string) => (world.view(name) as { alive: string[] }).alive;

  it('the later timestamp wins, whatever the clock says', () => {
    const { world, told } = rested();
    const without = { ...told.g, m: told.g.m.filter(([id]) => !id.startsWith('n2/')), c: [] };
    expect(aliveAt(world, 'n2')).toContain('n2/1');
    world.inject('n2', 'n1', 1, { ...told, g: without, at: told.at - 1 });
    expect(aliveAt(world, 'n2')).toContain('n2/1');
    world.inject('n2', 'n1', 1, { ...told, g: without, at: told.at + 1 });
    expect(aliveAt(world, 'n2')).not.toContain('n2/1');
  });

  it('those who have seen an earlier state count for the present one', () => {
    const { world, told } = rested();
    world.inject('n2', 'n7', 2, { k: 'join', f: 'n7/2.1' });
    expect(world.sent.at(-1)?.message).toMatchObject({ k: 'welcome', g: { s: ['n2/1.1'] } });
    world.inject('n2', 'n1', 1, { ...told, g: { ...told.g, s: ['n1/1.1', 'n3/1.1', 'n4/1.1'] } });
    world.run(1000);
    const now = world.sent.filter(({ from }) => from === 'n2').at(-1)?.message as Gossip;
    expect(now.g.m.map(([id]) => id)).toContain('n7/2.1');
    expect(now.g.s).toEqual(['n1/1.1', 'n2/1.1', 'n3/1.1', 'n4/1.1']);
  });

  it('nobody leads: several bring members up', () => {
    const { world } = rested();
    const leaders = world.seen.flatMap(({ member, observation }) =>
      observation.kind === 'lifecycle' && observation.status === 'up' && observation.made ? [member] : [],
    );
    expect(new Set(leaders).size).toBeGreaterThan(1);
  });
});
