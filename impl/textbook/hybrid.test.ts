/** The flaw of textbook/hybrid: what it costs, where the real protocol on the same work is the measure. */
import { describe, expect, it } from 'vitest';
import { hybrid } from '../hybrid/hybrid.ts';
import { hybridSettings } from '../hybrid/settings.ts';
import { type AnyProtocol, settingsOf } from '../protocol.ts';
import { World } from '../testkit.ts';
import { textbookHybrid } from './hybrid.ts';

const NAMES = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'];
const QUICK = settingsOf(hybridSettings, 'quick');

interface Course {
  readonly messages: number;
  /** Means over all members' changes in the second half. */
  readonly pushProbability: number;
  readonly fanout: number;
  readonly agreed: boolean;
}

/** Every member writes a few keys in each of 100 rounds: most of what a push tells is known, some of it is not. */
function busy(protocol: AnyProtocol, seed: string): Course {
  const world = new World({ names: NAMES, channels: [{ protocol, settings: QUICK, name: 'it' }], seed });
  world.startAll();
  let operation = 0;
  for (let round = 0; round < 100; round++) {
    for (const name of NAMES) {
      for (let key = 0; key < 3; key++) {
        world.operate(name, 'it', operation++, 'write', { key: `${name}-${key}`, value: round });
      }
    }
    world.run(QUICK.intervalMs);
  }
  const messages = world.sent.length;
  const late = world.seen.flatMap(({ at, observation }) =>
    observation.kind === 'adapt' && at > 50 * QUICK.intervalMs ? [observation] : [],
  );
  expect(late.length).toBeGreaterThan(0);
  const mean = (of: (each: (typeof late)[number]) => number): number =>
    late.reduce((sum, each) => sum + of(each), 0) / late.length;
  const agree = (): boolean => new Set(NAMES.map((name) => JSON.stringify(world.view(name)))).size === 1;
  return {
    messages,
    pushProbability: mean((each) => each.pushProbability),
    fanout: mean((each) => each.fanout),
    agreed: world.runUntil(agree, 100 * QUICK.intervalMs),
  };
}

describe('usefulness as a count', () => {
  it.each(['a', 'b', 'c'])(
    'is no rate: it drives chances and fanout up where the real one sees waste, seed %s',
    (seed) => {
      const [naive, real] = [busy(textbookHybrid, seed), busy(hybrid, seed)];
      expect(naive.fanout).toBe(5);
      expect(real.fanout).toBeLessThan(4.5);
      // The largest chance is 0.8, the smallest 0.3.
      expect(naive.pushProbability).toBeGreaterThan(0.7);
      expect(real.pushProbability).toBeLessThan(0.35);
      expect(naive.messages).toBeGreaterThan(1.5 * real.messages);
      // Its maps come together all the same: the flaw is one of cost.
      expect([naive.agreed, real.agreed]).toEqual([true, true]);
    },
  );

  it('makes one big exchange look like many good ones: the fanout stays up long after it', () => {
    const fanouts = [textbookHybrid, hybrid].map((protocol) => {
      const world = new World({ names: NAMES, channels: [{ protocol, settings: QUICK, name: 'it' }], seed: 'burst' });
      world.startAll();
      for (let i = 0; i < 100; i++) world.operate('n1', 'it', i, 'write', { key: `k${i}`, value: i });
      world.run(30 * QUICK.intervalMs);
      const steps = world.seen.flatMap(({ member, observation }) =>
        member === 'n1' && observation.kind === 'adapt' ? [observation] : [],
      );
      return steps.at(-1);
    });
    expect(fanouts[0]?.usefulness).toBeGreaterThan(1);
    expect(fanouts[1]?.usefulness).toBeLessThan(0.3);
    expect(fanouts.map((last) => last?.fanout)).toEqual([5, 3]);
  });
});
