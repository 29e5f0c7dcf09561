/**
 * How often the statistical tests convict what is as it should be: thousands of runs drawn from the claim itself, with an
 * alarm so loose that its rate can be counted. The same tests at 1e-9 are then as rare as they say.
 */
import { describe, expect, it } from 'vitest';
import type { LinkFault } from '../../harness/model/fault.ts';
import { HostClocks } from '../../harness/model/host-clocks.ts';
import { split } from '../../harness/model/rng.ts';
import type { Random } from '../../impl/protocol.ts';
import { linkEffect } from './link-effects.ts';
import { control } from './link-evidence.ts';
import { chanceOfMean } from './tail-bound.ts';
import { TestHistory } from './test-history.ts';
import { type Drawn, linkSample } from './test-samples.ts';

const RUNS = 20_000;
const ALPHA = 0.02;
/** Alarms at most, four standard deviations above what is stated. */
const mostAlarms = (runs: number, alpha = ALPHA): number => runs * alpha + 4 * Math.sqrt(runs * alpha);

function count(runs: number, random: Random, once: (random: Random) => boolean): number {
  let alarms = 0;
  for (let run = 0; run < runs; run++) if (once(random)) alarms++;
  return alarms;
}

describe('the bound on a mean of broadcasts', () => {
  // Each spreads to all or to nobody, which is the wildest that the range allows, and `together` share one fate.
  it.each([
    { broadcasts: 100, together: 1, rate: 0.02 },
    { broadcasts: 100, together: 5, rate: 0.02 },
    { broadcasts: 30, together: 4, rate: 0.1 },
    { broadcasts: 10, together: 4, rate: 0.1 },
    { broadcasts: 3, together: 2, rate: 0.05 },
  ])('holds for $broadcasts of which $together hang together, at a rate of $rate', ({ broadcasts, together, rate }) => {
    const alarms = count(RUNS, split('mean', broadcasts, together), (random) => {
      let missed = 0;
      for (let at = 0; at < broadcasts; at += together) {
        if (random.next() < rate) missed += Math.min(together, broadcasts - at);
      }
      return chanceOfMean(missed / broadcasts, rate, broadcasts / together) < ALPHA;
    });
    expect(alarms).toBeLessThanOrEqual(mostAlarms(RUNS));
  });

  it('finds a member that hears nothing among few broadcasts', () => {
    expect(chanceOfMean(1, 0.0006, 4)).toBeLessThan(1e-9);
    expect(chanceOfMean(1, 0.0006, 1)).toBeGreaterThan(1e-9);
  });
});

const context = new TestHistory({ channels: [] }).context();
const window = { atMs: 0, untilMs: 10_000, id: 'f', links: 'all' } as const;

function isOff(fault: LinkFault, drawn: readonly Drawn[]): boolean {
  const samples = drawn.map((one) => linkSample([fault], one));
  const all = { context, samples, alpha: ALPHA, clocks: new HostClocks() };
  return linkEffect(all, fault, control(all)).outcome === 'off';
}

function trials(random: Random, messages: number, chance: number): number {
  let hits = 0;
  for (let i = 0; i < messages; i++) if (random.next() < chance) hits++;
  return hits;
}

/** Messages lost in the Gilbert-Elliott chain, begun in its long-run state. */
function burstLosses(random: Random, messages: number, probability: number, burst: number): number {
  const leave = 1 / burst;
  const enter = (leave * probability) / (1 - probability);
  let bad = random.next() < probability;
  let lost = 0;
  for (let i = 0; i < messages; i++) {
    if (bad) lost++;
    bad = bad ? random.next() >= leave : random.next() < enter;
  }
  return lost;
}

interface Null {
  readonly name: string;
  readonly fault: LinkFault;
  /** What a run brings when the strength is `factor` times what was asked; 1: as it should be. */
  readonly draw: (random: Random, factor: number) => readonly Drawn[];
  /** Alarms at least, of those that `ALPHA` allows: a test far too careful finds nothing. */
  readonly leastShare: number;
}

const LINKS = 6;
const MESSAGES = 60;
const perLink = (one: () => Drawn): Drawn[] => Array.from({ length: LINKS }, one);

const NULLS: readonly Null[] = [
  {
    name: 'loss',
    fault: { type: 'loss', probability: 0.2, ...window },
    draw: (random, factor) =>
      perLink(() => ({ sent: MESSAGES, received: MESSAGES - trials(random, MESSAGES, 0.2 * factor) })),
    leastShare: 0.3,
  },
  {
    name: 'loss in bursts',
    fault: { type: 'loss', probability: 0.2, burst: 5, ...window },
    draw: (random, factor) => perLink(() => ({ sent: 400, received: 400 - burstLosses(random, 400, 0.2 * factor, 5) })),
    leastShare: 0,
  },
  {
    name: 'duplication',
    fault: { type: 'duplicate', probability: 0.2, ...window },
    draw: (random, factor) =>
      perLink(() => ({ sent: MESSAGES, received: MESSAGES, duplicates: trials(random, MESSAGES, 0.2 * factor) })),
    leastShare: 0.3,
  },
  {
    name: 'corruption',
    fault: { type: 'corrupt', probability: 0.2, ...window },
    draw: (random, factor) =>
      perLink(() => {
        const corrupted = trials(random, MESSAGES, 0.2 * factor);
        return { sent: MESSAGES, received: MESSAGES - corrupted, corrupted };
      }),
    leastShare: 0.3,
  },
  {
    name: 'delay',
    fault: { type: 'delay', delayMs: 100, jitterMs: 100, ...window },
    draw: (random, factor) =>
      perLink(() => {
        let delaySum = 0;
        for (let i = 0; i < MESSAGES; i++) delaySum += 1 + 200 * factor * random.next();
        return { sent: MESSAGES, received: MESSAGES, delaySum };
      }),
    leastShare: 0,
  },
  {
    name: 'reordering',
    fault: { type: 'reorder', probability: 0.2, holdMs: 100, ...window },
    draw: (random, factor) =>
      perLink(() => ({
        sent: MESSAGES,
        received: MESSAGES,
        delaySum: MESSAGES + 100 * trials(random, MESSAGES, 0.2 * factor),
      })),
    leastShare: 0,
  },
];

describe.each(NULLS)('the test of $name', ({ name, fault, draw, leastShare }) => {
  const runs = fault.type === 'loss' && fault.burst !== undefined ? RUNS / 5 : RUNS / 2;

  it('raises no more false alarms than it says', () => {
    const alarms = count(runs, split('null', name), (random) => isOff(fault, draw(random, 1)));
    expect(alarms).toBeLessThanOrEqual(mostAlarms(runs));
    expect(alarms).toBeGreaterThanOrEqual(leastShare * runs * ALPHA);
  });

  it('finds half and twice of what was asked', () => {
    for (const factor of [0.5, 2]) {
      const found = count(100, split('off', name, factor), (random) => isOff(fault, draw(random, factor)));
      expect(found, String(factor)).toBeGreaterThanOrEqual(90);
    }
  });
});
