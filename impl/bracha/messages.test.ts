import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameBytes, MAX_DATAGRAM_BYTES, messageBytes } from '../wire/frame.ts';
import { bracha } from './bracha.ts';
import { type BrachaMessage, decodeMessage, kindOfMessage, MAX_VALUE_BYTES, refuseValue } from './messages.ts';
import { createScenario } from './test-scenario.ts';

const good: BrachaMessage = { votes: [[1, 0, 1, 1, 'x']], acks: [[2, 3, 1, 9]], ackedLife: 1 };

describe('decode', () => {
  it('takes what it should', () => {
    expect(decodeMessage(good)).toBe(good);
    expect(decodeMessage({ votes: [], acks: [], ackedLife: 0 })).toBeDefined();
  });

  it('refuses everything else', () => {
    const bad: unknown[] = [
      null,
      1,
      'x',
      [],
      {},
      { ...good, extra: 1 },
      { votes: [], acks: [] },
      { ...good, ackedLife: -1 },
      { ...good, ackedLife: 1.5 },
      { ...good, votes: 'x' },
      { ...good, acks: {} },
      ...[
        [3, 0, 1, 1, 'x'],
        [1, -1, 1, 1, 'x'],
        [1, 0, 0, 1, 'x'],
        [1, 0, 1, 0, 'x'],
        [1, 0, 1, 1.5, 'x'],
        [1, 0, 1, 1],
        [1, 0, 1, 1, 5],
        [1, 0, 1, 1, 'x', 1],
        [1, 0, 1, 1, 'x'.repeat(MAX_VALUE_BYTES)],
        [1, 0, 1, 1, '\udc00'],
        ['1', 0, 1, 1, 'x'],
        [1, 0, 2 ** 32, 1, 'x'],
        null,
      ].map((vote) => ({ ...good, votes: [vote] })),
      ...[[2, 0, 1], [2, 0, 1, 1, 1], [2, 70_000, 1, 1], 7].map((ack) => ({ ...good, acks: [ack] })),
    ];
    for (const raw of bad) expect(decodeMessage(raw), JSON.stringify(raw)).toBeUndefined();
  });

  it('never throws, and what it lets through neither throws nor delivers at a member', () => {
    const number = fc.oneof(fc.integer({ min: -1, max: 9 }), fc.constantFrom(0.5, 2 ** 32, 2 ** 53 - 1, Number.NaN));
    const vote = fc.oneof(
      fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 6 }), fc.constant(1), number, fc.string()),
      fc.array(fc.oneof(number, fc.string(), fc.anything()), { maxLength: 6 }),
    );
    const raw = fc.oneof(
      fc.anything(),
      fc.record({ votes: fc.array(vote), acks: fc.array(fc.array(number, { maxLength: 5 })), ackedLife: number }),
      fc.record({ votes: fc.array(vote), acks: fc.constant([]), ackedLife: fc.constant(1) }),
    );
    const { world } = createScenario(4);
    world.latency = () => undefined;
    let accepted = 0;
    fc.assert(
      fc.property(raw, (value) => {
        if (decodeMessage(value) !== undefined) accepted++;
        // All from one member, a liar: nothing it says alone may be delivered, but what it broadcasts itself.
        world.inject('n1', 'n4', 1, value);
        world.sent.length = 0;
      }),
      { seed: 3, numRuns: 20_000 },
    );
    expect(accepted).toBeGreaterThan(1000);
    expect(world.view('n1')).toEqual([]);
  });
});

describe('values and kinds', () => {
  it('takes text up to 512 bytes as encoded', () => {
    expect(refuseValue('x'.repeat(MAX_VALUE_BYTES - 3))).toBeUndefined();
    expect(refuseValue('x'.repeat(MAX_VALUE_BYTES - 2))).toMatch(/512/);
    expect(refuseValue('ü'.repeat(300))).toMatch(/512/);
    expect(refuseValue('\u{1f600}')).toBeUndefined();
  });

  it('names a message after its earliest step', () => {
    expect(kindOfMessage(good)).toBe('echo');
    expect(kindOfMessage({ ...good, votes: [] })).toBe('ack');
    expect(
      kindOfMessage({
        ...good,
        votes: [
          [2, 0, 1, 1, 'x'],
          [0, 0, 1, 1, 'x'],
        ],
      }),
    ).toBe('send');
  });

  it('keeps every message within a datagram, tag and long names included, however much there is to say', () => {
    const scenario = createScenario(4);
    for (let i = 0; i < 60; i++) scenario.broadcast('n1', 'v'.repeat(1 + ((i * 37) % (MAX_VALUE_BYTES - 3))));
    scenario.world.run(3000);
    const sizes = scenario.world.sent.map((sent) =>
      frameBytes('a-member-of-a-long-name', bracha.name, sent.message, 32),
    );
    expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_DATAGRAM_BYTES);
    expect(Math.max(...scenario.world.sent.map((sent) => messageBytes(sent.message)))).toBeGreaterThan(1000);
  });
});
