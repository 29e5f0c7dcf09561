import { describe, expect, it } from 'vitest';
import { textbookCassandra } from './cassandra.ts';
import { createWorld, NAMES, NOTHING } from './test-scenario.ts';

describe('flaws of textbook/cassandra', () => {
  it('versions stand still while heartbeats go on', () => {
    const world = createWorld(textbookCassandra);
    world.run(20_000);
    const versions = world.sent.flatMap(({ message }) => {
      const { d } = message as { d?: readonly (readonly [string, number, number, number])[] };
      return (d ?? []).map((digest) => digest[3]);
    });
    expect(new Set(versions)).toEqual(new Set([5]));
    // Nobody has anything to tell anybody any more.
    expect(world.sent.slice(-50).map(({ message }) => (message as { k: string }).k)).not.toContain('ack');
  });

  it('what an ACK asks for is not sent', () => {
    const world = createWorld(textbookCassandra, { latency: NOTHING });
    const { sent } = world;
    world.inject('n2', 'n1', 1, { k: 'syn', d: [['n1', 1, 7, 5]] });
    const answer = sent.at(-1)?.message;
    expect(answer).toMatchObject({ k: 'ack', w: [['n1', 1, 7, 0]] });
    const before = sent.length;
    world.inject('n1', 'n2', 1, answer);
    expect(sent.length).toBe(before);
  });

  it('the dead stay alive', () => {
    const world = createWorld(textbookCassandra);
    world.run(10_000);
    world.kill('n7');
    world.run(120_000);
    for (const name of NAMES.slice(0, 6)) {
      expect((world.view(name) as { alive: string[] }).alive).toContain('n7/1');
    }
  });
});
