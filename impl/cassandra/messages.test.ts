import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodingConformance, expectToBear } from '../wire/conformance.ts';
import { cassandra } from './cassandra.ts';
import {
  decode,
  kindOf,
  MAX_GENERATION,
  MAX_MESSAGE_BYTES,
  MAX_NUMBER,
  type Message,
  messageBytes,
  splitMessage,
} from './messages.ts';

const d: Extract<Message, { k: 'syn' }>['d'] = [
  ['n1', 1, 1_700_000_000, 7],
  ['n2', 2, 1_700_000_001, 0],
];
const s: Extract<Message, { k: 'ack2' }>['s'] = [
  ['n2', 1, 1_700_000_000, 9, [['STATUS', 'NORMAL', 3]]],
  ['n3', 1, 1, MAX_NUMBER, []],
];
const good: readonly Message[] = [
  { k: 'syn', d },
  { k: 'syn', d: [] },
  { k: 'ack', w: d, s, b: false },
  { k: 'ack2', s },
  { k: 'echo', g: MAX_GENERATION },
  { k: 'here', g: 1 },
  { k: 'bye', s },
];

describe('decode', () => {
  decodingConformance({
    decode,
    kindOf,
    good,
    bad: [
      ['nothing', undefined],
      ['null', null],
      ['a list', [1]],
      ['an unknown kind', { k: 'nack', d: [] }],
      ['a kind out of the prototype', { k: 'constructor' }],
      ['a field missing', { k: 'ack', w: [], s: [] }],
      ['a field too many', { k: 'syn', d: [], x: 1 }],
      ['a field of another kind', { k: 'syn', s: [] }],
      ['digests that are no list', { k: 'syn', d: {} }],
      ['a short digest', { k: 'syn', d: [['n1', 1, 1]] }],
      ['a negative version', { k: 'syn', d: [['n1', 1, 1, -1]] }],
      ['a fraction', { k: 'syn', d: [['n1', 1, 0.5, 1]] }],
      ['a generation out of range', { k: 'echo', g: MAX_GENERATION + 1 }],
      ['a long name', { k: 'syn', d: [['x'.repeat(65), 1, 1, 1]] }],
      ['a delta without states', { k: 'ack2', s: [['n1', 1, 1, 1]] }],
      ['a state that is none', { k: 'ack2', s: [['n1', 1, 1, 1, [['STATUS', 3, 1]]]] }],
      ['a long value', { k: 'ack2', s: [['n1', 1, 1, 1, [['K', 'x'.repeat(257), 1]]]] }],
      ['a flag that is none', { k: 'ack', w: [], s: [], b: 1 }],
    ],
  });

  it('what passes never makes a member throw, nor send what would be refused', () => {
    const name = fc.constantFrom('n1', 'n2', 'n3', 'stranger');
    const number = fc.oneof(fc.nat(3), fc.constantFrom(MAX_NUMBER, 1_700_000_000));
    const generation = fc.oneof(number, fc.constantFrom(MAX_GENERATION));
    const digest = fc.tuple(name, number, generation, number);
    const value = fc.constantFrom('NORMAL', 'LEFT,1', 'LEFT,x', 'LEFT,1e99', '');
    const state = fc.tuple(fc.constantFrom('STATUS', 'LOAD', 'DC'), value, number);
    const delta = fc.tuple(name, number, generation, number, fc.array(state, { maxLength: 3 }));
    const message = fc.oneof(
      fc.record({ k: fc.constant('syn'), d: fc.array(digest, { maxLength: 4 }) }),
      fc.record({
        k: fc.constant('ack'),
        w: fc.array(digest, { maxLength: 4 }),
        s: fc.array(delta, { maxLength: 4 }),
        b: fc.boolean(),
      }),
      fc.record({ k: fc.constantFrom('ack2', 'bye'), s: fc.array(delta, { maxLength: 4 }) }),
      fc.record({ k: fc.constantFrom('echo', 'here'), g: generation }),
    );
    const waits = { beforeMs: 2000, afterMs: 2000 };
    expectToBear({ protocol: cassandra, messages: message, ...waits, runs: 200, least: 500 });
  });
});

it('messageBytes is at least the encoded size', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
  const number = fc.nat(MAX_NUMBER);
  const generation = fc.integer({ min: 0, max: MAX_GENERATION });
  const digest = fc.tuple(name, number, generation, number);
  const delta = fc.tuple(name, number, generation, number, fc.array(fc.tuple(name, name, number), { maxLength: 5 }));
  fc.assert(
    fc.property(fc.array(digest), fc.array(delta), (w, deltas) => {
      for (const message of [
        { k: 'syn', d: w },
        { k: 'ack', w, s: deltas, b: true },
        { k: 'ack2', s: deltas },
      ] as const) {
        expect(messageBytes(message)).toBeGreaterThanOrEqual(encode(message).byteLength);
      }
    }),
  );
});

describe('splitMessage', () => {
  const many = Array.from({ length: 300 }, (_, i) => [`n${i}`, 1, 1_700_000_000, i] as const);
  const deltas = many.map(([name, life, generation, version]) => [name, life, generation, version, []] as const);

  it('leaves small ones alone', () => {
    for (const message of good) expect(splitMessage(message)).toEqual([message]);
  });

  it('says the same in messages that fit, in the same order', () => {
    const parts = splitMessage({ k: 'ack', w: many, s: deltas, b: true });
    expect(parts.length).toBeGreaterThan(5);
    for (const part of parts) {
      expect(encode(part).byteLength).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
      expect(decode(part)).toBe(part);
      expect(part).toMatchObject({ k: 'ack', b: true });
    }
    const acks = parts as Extract<Message, { k: 'ack' }>[];
    expect(acks.flatMap(({ w }) => w)).toEqual(many);
    expect(acks.flatMap(({ s: list }) => list)).toEqual(deltas);
    const syns = splitMessage({ k: 'syn', d: many }) as Extract<Message, { k: 'syn' }>[];
    expect(syns.flatMap((syn) => syn.d)).toEqual(many);
    // An empty digest asks for everything: none of the parts may be one.
    expect(syns.every((syn) => syn.d.length > 0)).toBe(true);
  });
});
