import { describe, expect, it } from 'vitest';
import type { World, WorldOptions } from '../testkit.ts';
import { textbookAveraging } from './averaging.ts';
import { createWorld, NAMES } from './test-scenario.ts';

describe('flaws of textbook/averaging', () => {
  /** What all exchanges together made of the value; 0 where each took from one what it gave the other. */
  function made(world: World): number {
    return world.seen.reduce(
      (sum, { observation }) => (observation.kind === 'transfer' ? sum + observation.value : sum),
      0,
    );
  }

  function set(world: World, value: number): void {
    world.operate('n1', 'it', value, 'set', value);
    world.run(20_000);
  }

  it('a lost answer loses mass; where none is lost and nothing comes in between, none is', () => {
    const sound = createWorld(textbookAveraging, { latency: () => 0 });
    set(sound, 700);
    expect(Math.abs(made(sound))).toBeLessThan(1e-6);
    let answers = 0;
    const latency: WorldOptions['latency'] = ({ message }) =>
      (message as { type: string }).type === 'mean' && ++answers % 5 === 0 ? undefined : 0;
    const world = createWorld(textbookAveraging, { latency });
    set(world, 700);
    expect(Math.abs(made(world))).toBeGreaterThan(1);
  });

  it('another exchange in between makes or loses mass, though no message is lost', () => {
    const world = createWorld(textbookAveraging, { latency: () => 40 });
    set(world, 700);
    expect(Math.abs(made(world))).toBeGreaterThan(1);
  });

  it('sum and maximum cannot follow a value that falls', () => {
    const world = createWorld(textbookAveraging);
    set(world, 100);
    set(world, 40);
    for (const name of NAMES) expect(world.view(name)).toMatchObject({ sum: 100, max: 100, count: 7 });
  });

  it('every message names every member', () => {
    const world = createWorld(textbookAveraging);
    world.run(10_000);
    const last = world.sent.at(-1)?.message as { parts: unknown[] };
    expect(last.parts.length).toBe(NAMES.length);
  });
});
