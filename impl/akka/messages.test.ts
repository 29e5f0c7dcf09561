import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodingConformance, expectToBear } from '../wire/conformance.ts';
import { akka } from './akka.ts';
import type { Gossip } from './gossip.ts';
import { decode, kindOf, type Message, messageBytes } from './messages.ts';

const f = 'n2/1.1';
const o = 'n1/1.1';
const g: Gossip = {
  m: [
    [o, 2],
    [f, 5],
  ],
  s: [o],
  r: [[o, 3, [f]]],
  c: [[o, 7]],
  t: ['n3/1.1'],
};
const good: readonly Message[] = [
  { k: 'init', f },
  { k: 'yes', f },
  { k: 'no', f },
  { k: 'join', f },
  { k: 'welcome', f, o, g },
  { k: 'gossip', f, o, g },
  { k: 'status', f, o, c: g.c, t: 1 },
  { k: 'beat', f, o },
  { k: 'pulse', f, o },
];

describe('decode', () => {
  decodingConformance({
    decode,
    kindOf,
    good,
    bad: [
      ['nothing', undefined],
      ['a list', []],
      ['an unknown kind', { k: 'leave', f }],
      ['a kind out of the prototype', { k: 'valueOf', f }],
      ['a field missing', { k: 'beat', f }],
      ['a field too many', { k: 'join', f, o }],
      ['a sender that is no address', { k: 'join', f: 'n2' }],
      ['an address with a sign', { k: 'join', f: 'n2/1.-1' }],
      ['members out of order', { k: 'gossip', f, o, g: { ...g, m: [...g.m].reverse() } }],
      ['a status that is none', { k: 'gossip', f, o, g: { ...g, m: [[o, 6]] } }],
      ['a removed status', { k: 'gossip', f, o, g: { ...g, m: [[o, -1]] } }],
      ['somebody who has seen it twice', { k: 'gossip', f, o, g: { ...g, s: [o, o] } }],
      ['a row without subjects', { k: 'gossip', f, o, g: { ...g, r: [[o, 3]] } }],
      ['a clock of strangers', { k: 'gossip', f, o, g: { ...g, c: [['x', 1]] } }],
      ['a state with more', { k: 'gossip', f, o, g: { ...g, x: 1 } }],
    ],
  });

  it.each(['off', 'keep-majority'] as const)(
    'what passes never makes a member throw, nor send what would be refused; downing %s',
    (downing) => {
      const id = fc.constantFrom('n1/1.1', 'n1/1.2', 'n1/2.1', 'n2/1.1', 'n2/1.9', 'n3/1.1', 'x/1.1');
      const ids = fc.uniqueArray(id, { maxLength: 4 }).map((list) => [...list].sort());
      const rows = <T>(value: fc.Arbitrary<T>) =>
        ids.chain((list) => fc.tuple(...list.map((one) => value.map((rest) => [one, ...(rest as unknown[])]))));
      const gossip = fc.record({
        m: rows(fc.tuple(fc.nat(5))),
        s: ids,
        r: rows(fc.tuple(fc.nat(5), ids)),
        c: rows(fc.tuple(fc.integer({ min: 1, max: 9 }))),
        t: ids,
      });
      const message = fc.oneof(
        fc.record({ k: fc.constantFrom('init', 'yes', 'no', 'join'), f: id }),
        fc.record({ k: fc.constantFrom('welcome', 'gossip'), f: id, o: id, g: gossip }),
        fc.record({ k: fc.constantFrom('beat', 'pulse'), f: id, o: id }),
        fc.record({
          k: fc.constant('status'),
          f: id,
          o: id,
          c: rows(fc.tuple(fc.integer({ min: 1, max: 9 }))),
          t: fc.nat(3),
        }),
      );
      const settings = { downing };
      expectToBear({
        protocol: akka,
        settings,
        messages: message,
        beforeMs: 2000,
        afterMs: 4000,
        runs: 100,
        least: 300,
      });
    },
  );
});

it('messageBytes is at least the encoded size', () => {
  for (const message of good) expect(messageBytes(message)).toBeGreaterThanOrEqual(encode(message).byteLength);
  const names = Array.from({ length: 200 }, (_, i) => `member-${i}/1.${i}`).sort();
  const big: Message = {
    k: 'gossip',
    f,
    o,
    g: {
      m: names.map((name) => [name, 2]),
      s: names,
      r: names.map((name) => [name, 2 ** 39, names.slice(0, 5)]),
      c: names.map((name) => [name, 2 ** 39]),
      t: names,
    },
  };
  expect(messageBytes(big)).toBeGreaterThanOrEqual(encode(big).byteLength);
});
