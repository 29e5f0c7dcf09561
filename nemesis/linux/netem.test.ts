import { describe, expect, it } from 'vitest';
import { netemArguments, stageArguments } from './netem.ts';

describe('netem as text', () => {
  it.each([
    [{}, 'netem limit 100000'],
    [{ limit: 50, delayMs: 20 }, 'netem limit 50 delay 20000us'],
    [{ delayMs: 20, jitterMs: 5 }, 'netem limit 100000 delay 20000us 5000us'],
    [
      { delayMs: 0.25, jitterMs: 0.1, distribution: 'pareto' as const },
      'netem limit 100000 delay 250us 100us distribution pareto',
    ],
    [{ delayMs: 20, jitterMs: 0, distribution: 'normal' as const }, 'netem limit 100000 delay 20000us'],
    [{ loss: 0.1 }, 'netem limit 100000 loss random 10%'],
    [{ loss: 0.00001 }, 'netem limit 100000 loss random 0.001%'],
    [{ burstLoss: { probability: 0.2, burst: 5 } }, 'netem limit 100000 loss gemodel 5% 20% 100% 0%'],
    [{ burstLoss: { probability: 0.9, burst: 1 } }, 'netem limit 100000 loss gemodel 100% 100% 100% 0%'],
    [{ corrupt: 0.05, duplicate: 0.01 }, 'netem limit 100000 corrupt 5% duplicate 1%'],
    [{ delayMs: 30, heldBack: 0.25 }, 'netem limit 100000 delay 30000us reorder 75%'],
    [{ bitsPerSecond: 1e6 }, 'netem limit 100000 rate 1000000bit'],
    [{ slot: { minMs: 1, maxMs: 2, packets: 8 } }, 'netem limit 100000 slot 1000us 2000us packets 8'],
  ])('%o', (options, text) => {
    expect(netemArguments(options)).toBe(text);
  });

  it('never asks for a correlated loss', () => {
    expect(netemArguments({ loss: 0.1, delayMs: 5, jitterMs: 1 })).toMatch(/loss random 10%$/);
  });

  it('makes a stage of each part', () => {
    expect(stageArguments({ delay: { id: 'd', delayMs: 20, jitterMs: 5 }, loss: 0.3 })).toBe(
      'netem limit 100000 delay 20000us 5000us loss random 30%',
    );
    expect(stageArguments({ reorder: { id: 'r', probability: 0.1, holdMs: 40 } })).toBe(
      'netem limit 100000 delay 40000us reorder 90%',
    );
    expect(stageArguments({ burst: { id: 'b', probability: 0.5, burst: 2 } })).toBe(
      'netem limit 100000 loss gemodel 50% 50% 100% 0%',
    );
  });
});
