import { describe, expect, it } from 'vitest';
import type { Data } from '../protocol.ts';
import { textbookConsensus } from './consensus.ts';
import { createWorld, NOTHING } from './test-scenario.ts';

describe('flaws of textbook/consensus', () => {
  const proposal = (value: string): Data => ({ instance: 1, value });

  it('whoever knows only itself decides at once, and two of them differ', () => {
    const world = createWorld(textbookConsensus);
    world.operate('n1', 'it', 1, 'propose', proposal('a'));
    world.operate('n2', 'it', 2, 'propose', proposal('b'));
    expect(world.replies.get(1)).toEqual({ type: 'ok', value: { decided: 'a' } });
    expect(world.replies.get(2)).toEqual({ type: 'ok', value: { decided: 'b' } });
    world.run(5000);
    expect([world.view('n1'), world.view('n2')]).toEqual([[[1, 'a']], [[1, 'b']]]);
  });

  it('two values that are held by equally many are never decided between', () => {
    const world = createWorld(textbookConsensus, { latency: NOTHING });
    const values = [
      [1, 'n1', 1, 'a'],
      [1, 'n2', 1, 'b'],
    ];
    world.inject('n3', 'n1', 1, { type: 'values', values });
    world.inject('n4', 'n1', 1, { type: 'values', values: [...values, [1, 'n5', 1, 'b']] });
    world.run(5000);
    expect([world.view('n3'), world.view('n4')]).toEqual([[], [[1, 'b']]]);
  });
});
