import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameBytes, MAX_DATAGRAM_BYTES } from '../wire/frame.ts';
import { type ConsensusMessage, decodeMessage, kindOfMessage, MAX_INSTANCE, MAX_VALUE_BYTES } from './messages.ts';
import { createScenario, unsafe } from './test-scenario.ts';

const good: ConsensusMessage = {
  items: [
    [0, 1, [1, 0, 1], 'x', null],
    [0, 2, [9, 3, 2], 'x', 'y'],
    [1, 2, 3, [9, 3, 2], [8, 1, 1], 'z'],
    [1, 2, 3, [9, 3, 2], null, null],
    [2, MAX_INSTANCE, ''],
  ],
  digest: { since: 1, until: MAX_INSTANCE, ranges: [1, 1, 3, 9] },
};

describe('decode', () => {
  it('takes what it should', () => {
    expect(decodeMessage(good)).toBe(good);
    expect(decodeMessage({ items: [], digest: null })).toBeDefined();
  });

  it('refuses everything else', () => {
    const items: unknown[] = [
      null,
      [3, 1, 'x'],
      [2, 0, 'x'],
      [2, MAX_INSTANCE + 1, 'x'],
      [2, 1, 5],
      [2, 1, 'x', 1],
      [2, 1, 'x'.repeat(MAX_VALUE_BYTES)],
      [2, 1, '\udc00'],
      [0, 1, [0, 0, 1], 'x', null],
      [0, 1, [1, 0, 0], 'x', null],
      [0, 1, [1, 0], 'x', null],
      [0, 1, [1.5, 0, 1], 'x', null],
      [0, 1, [1, 0, 1], null, null],
      [0, 1, [1, 0, 1], 'x'],
      [1, 1, -1, [1, 0, 1], null, null],
      [1, 1, 0, [1, 0, 1], [1, 0, 1], null],
      [1, 1, 0, [1, 0, 1], null, 'x'],
      // Accepted above what was promised.
      [1, 1, 0, [1, 0, 1], [2, 0, 1], 'x'],
    ];
    const digests: unknown[] = [
      1,
      {},
      { since: 0, until: 9, ranges: [] },
      { since: 5, until: 4, ranges: [] },
      { since: 1, until: 9, ranges: [1] },
      { since: 1, until: 9, ranges: [3, 2] },
      { since: 1, until: 9, ranges: [1, 2, 3, 4] },
      { since: 2, until: 9, ranges: [1, 3] },
      { since: 1, until: 9, ranges: [1, 10] },
      { since: 1, until: 999, ranges: Array.from({ length: 82 }, (_, i) => 3 * i + (i % 2)) },
    ];
    const bad: unknown[] = [
      null,
      1,
      'x',
      [],
      {},
      { ...good, extra: 1 },
      { items: [] },
      { items: {}, digest: null },
      ...items.map((item) => ({ items: [item], digest: null })),
      ...digests.map((digest) => ({ items: [], digest })),
    ];
    for (const raw of bad) expect(decodeMessage(raw), JSON.stringify(raw)).toBeUndefined();
  });

  it('never throws, and what it lets through never throws at a member', () => {
    const number = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom(0.5, 2 ** 32 - 1, 2 ** 53, Number.NaN));
    const small = fc.integer({ min: 1, max: 6 });
    const ballot = fc.oneof(
      fc.tuple(small, fc.integer({ min: 0, max: 4 }), fc.constant(1)),
      fc.tuple(number, number, number),
    );
    const text = fc.constantFrom('a', 'b', 'c');
    const maybe = fc.oneof(fc.constant(null), text);
    const item = fc.oneof(
      fc.tuple(fc.constant(0), small, ballot, text, maybe),
      fc.tuple(
        fc.constant(1),
        small,
        fc.integer({ min: 0, max: 4 }),
        ballot,
        fc.oneof(fc.constant(null), ballot),
        maybe,
      ),
      fc.tuple(fc.constant(2), fc.integer({ min: 7, max: 60 }), text),
      fc.array(fc.oneof(number, fc.string(), fc.anything()), { maxLength: 6 }),
    );
    const digest = fc.oneof(
      fc.constant(null),
      fc.record({ since: number, until: number, ranges: fc.array(number, { maxLength: 6 }) }),
      fc.constant({ since: 1, until: MAX_INSTANCE, ranges: [2, 4] }),
    );
    const raw = fc.oneof(fc.anything(), fc.record({ items: fc.array(item, { maxLength: 4 }), digest }));
    const { world } = createScenario(4);
    world.latency = () => undefined;
    let accepted = 0;
    fc.assert(
      fc.property(raw, (value) => {
        if (decodeMessage(value) !== undefined) accepted++;
        world.inject('n1', 'n4', 1, value);
        world.sent.length = 0;
      }),
      { seed: 3, numRuns: 10_000 },
    );
    world.run(1000);
    expect(accepted).toBeGreaterThan(1000);
  });
});

describe('messages', () => {
  it('are named after what they carry', () => {
    expect(kindOfMessage(good)).toBe('state');
    expect(kindOfMessage({ ...good, items: [[2, 1, 'x']] })).toBe('decided');
    expect(kindOfMessage({ ...good, items: [] })).toBe('digest');
  });

  it('stay within a datagram, however much there is to say', () => {
    const scenario = createScenario(5);
    const { world } = scenario;
    world.latency = () => undefined;
    for (let i = 1; i <= 60; i++) {
      for (const name of scenario.names) scenario.propose(name, i * 30_000_000, name.padEnd(MAX_VALUE_BYTES - 3, 'x'));
    }
    world.run(100);
    world.latency = () => 1;
    world.run(2000);
    expect(unsafe(scenario)).toEqual([]);
    const sizes = world.sent.map((sent) => frameBytes('a-member-of-a-long-name', 'consensus', sent.message, 32));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_DATAGRAM_BYTES);
    expect(Math.max(...sizes)).toBeGreaterThan(800);
  });
});
