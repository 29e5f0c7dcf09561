import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settingsOf } from '../protocol.ts';
import { Adaptation, type Direction } from './adaptation.ts';
import { hybridSettings } from './settings.ts';

const SETTINGS = settingsOf(hybridSettings, 'default');

/** The state after a round in which exchanges of these usefulnesses ended. */
function round(adaptation: Adaptation, direction: Direction, ...usefulnesses: number[]): number {
  for (const usefulness of usefulnesses) adaptation.record(direction, usefulness);
  adaptation.adjust();
  return adaptation.probability(direction);
}

describe('the probabilities', () => {
  it('rise by 0.1 while a direction is useful and fall by 0.05 while it is not, between 0.3 and 0.8', () => {
    const adaptation = new Adaptation(SETTINGS);
    expect(adaptation.probability('pull')).toBe(0.5);
    expect(Array.from({ length: 5 }, () => round(adaptation, 'pull', 1))).toEqual([0.6, 0.7, 0.8, 0.8, 0.8]);
    // Ten in a row fill the short window.
    expect(round(adaptation, 'pull', ...Array.from({ length: 10 }, () => 0))).toBe(0.75);
    const falling = Array.from({ length: 12 }, () => round(adaptation, 'pull', 0));
    expect(falling).toEqual([0.7, 0.65, 0.6, 0.55, 0.5, 0.45, 0.4, 0.35, 0.3, 0.3, 0.3, 0.3]);
    expect(adaptation.probability('push')).toBe(0.5);
  });

  it('stay between the two thresholds, and where no exchange ended', () => {
    const adaptation = new Adaptation(SETTINGS);
    expect(round(adaptation, 'push', 0.3, 0.7, 0.5)).toBe(0.5);
    expect(round(adaptation, 'push', 1, 1, 1, 1)).toBe(0.6);
    expect(adaptation.adjust()).toBe(false);
    expect(adaptation.probability('push')).toBe(0.6);
  });

  it('forget what lies behind the short window', () => {
    const adaptation = new Adaptation(SETTINGS);
    round(adaptation, 'push', ...Array.from({ length: 50 }, () => 0));
    expect(round(adaptation, 'push', ...Array.from({ length: 10 }, () => 1))).toBe(0.55);
  });
});

describe('the fanout', () => {
  it('is 3, 4 or 5 by the mean usefulness of the last 100 exchanges of both directions', () => {
    const adaptation = new Adaptation(SETTINGS);
    expect(adaptation.fanout).toBe(3);
    round(adaptation, 'push', ...Array.from({ length: 70 }, () => 1));
    expect(adaptation.fanout).toBe(5);
    round(adaptation, 'pull', ...Array.from({ length: 30 }, () => 0));
    expect([adaptation.usefulness, adaptation.fanout]).toEqual([0.7, 5]);
    round(adaptation, 'pull', ...Array.from({ length: 20 }, () => 0));
    expect([adaptation.usefulness, adaptation.fanout]).toEqual([0.5, 4]);
    round(adaptation, 'pull', ...Array.from({ length: 30 }, () => 0));
    expect([adaptation.usefulness, adaptation.fanout]).toEqual([0.2, 3]);
  });
});

it('stays inside its limits whatever the exchanges, and says when it changed', () => {
  const exchange = fc.record({
    direction: fc.constantFrom<Direction>('push', 'pull'),
    usefulness: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(fc.array(exchange, { maxLength: 8 }), { maxLength: 60 }), (rounds) => {
      const adaptation = new Adaptation(SETTINGS);
      const shown = () => [adaptation.probability('push'), adaptation.probability('pull'), adaptation.fanout];
      for (const ended of rounds) {
        const before = shown();
        for (const { direction, usefulness } of ended) adaptation.record(direction, usefulness);
        expect(adaptation.adjust()).toBe(String(shown()) !== String(before));
        for (const direction of ['push', 'pull'] as const) {
          expect(adaptation.probability(direction)).toBeGreaterThanOrEqual(SETTINGS.minProbability);
          expect(adaptation.probability(direction)).toBeLessThanOrEqual(SETTINGS.maxProbability);
        }
        expect([3, 4, 5]).toContain(adaptation.fanout);
        expect(adaptation.usefulness).toBeGreaterThanOrEqual(0);
        expect(adaptation.usefulness).toBeLessThanOrEqual(1);
      }
    }),
  );
});
