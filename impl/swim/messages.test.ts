import { encode, decode as unpack } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_NUMBER } from '../primitives/membership-claims.ts';
import { ALIVE, SUSPECT, type Update } from '../primitives/membership-order.ts';
import { settingsOf } from '../protocol.ts';
import { World } from '../testkit.ts';
import { decode, kindOf, type Message } from './messages.ts';
import { swimSettings } from './settings.ts';
import { swim } from './swim.ts';

const u: readonly Update[] = [
  ['n1', 1, 0, ALIVE],
  ['n2', 3, 7, SUSPECT, 'n1'],
];
const good: readonly Message[] = [
  { k: 'ping', s: 1, i: 0, u },
  { k: 'req', s: 1, t: 'n3', i: 0, u },
  { k: 'ack', s: MAX_NUMBER, i: 0, u: [] },
  { k: 'iack', s: 1, t: 'n3', l: 1, j: 4, i: 0, u },
  { k: 'sync', q: true, i: 0, u },
  { k: 'news', i: 0, u },
];

describe('decode', () => {
  it('lets every kind of message through, also after encoding', () => {
    for (const message of good) {
      expect(decode(unpack(encode(message)))).toEqual(message);
      expect(kindOf(message)).toMatch(/^[a-z-]+$/);
    }
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['a list', [1, 2]],
    ['an unknown kind', { k: 'pong', s: 1, i: 0, u: [] }],
    ['a kind out of the prototype', { k: 'toString', i: 0, u: [] }],
    ['a field missing', { k: 'ping', i: 0, u: [] }],
    ['a field too many', { k: 'ping', s: 1, i: 0, u: [], x: 1 }],
    ['a field of another kind', { k: 'ping', t: 'n1', i: 0, u: [] }],
    ['a negative sequence', { k: 'ping', s: -1, i: 0, u: [] }],
    ['a fraction', { k: 'ping', s: 0.5, i: 0, u: [] }],
    ['NaN', { k: 'ping', s: Number.NaN, i: 0, u: [] }],
    ['an incarnation out of range', { k: 'news', i: MAX_NUMBER + 1, u: [] }],
    ['updates that are no list', { k: 'news', i: 0, u: {} }],
    ['an update that is no list', { k: 'news', i: 0, u: [7] }],
    ['a short update', { k: 'news', i: 0, u: [['n1', 1, 0]] }],
    ['a long update', { k: 'news', i: 0, u: [['n1', 1, 0, 0, 'n2', 1]] }],
    ['an unknown status', { k: 'news', i: 0, u: [['n1', 1, 0, 4]] }],
    ['an empty name', { k: 'news', i: 0, u: [['', 1, 0, 0]] }],
    ['a long name', { k: 'news', i: 0, u: [['x'.repeat(65), 1, 0, 0]] }],
    ['an accuser that is no name', { k: 'news', i: 0, u: [['n1', 1, 0, 1, 5]] }],
    ['a flag that is none', { k: 'sync', q: 1, i: 0, u: [] }],
    ['a target that is no name', { k: 'req', s: 1, t: 3, i: 0, u: [] }],
  ])('refuses %s', (_, raw) => {
    expect(decode(raw)).toBeUndefined();
  });

  it('never throws, whatever arrives', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true }), (raw) => {
        expect(decode(raw)).toBeUndefined();
      }),
      { numRuns: 3000 },
    );
  });

  it('what passes after a mutation never makes a member throw, nor send what would be refused', () => {
    const field = fc.constantFrom('k', 's', 't', 'l', 'j', 'q', 'i', 'u');
    const name = fc.constantFrom('n1', 'n2', 'n3', 'stranger');
    const number = fc.oneof(fc.nat(3), fc.constantFrom(MAX_NUMBER, MAX_NUMBER - 1));
    const claim = fc.tuple(name, number, number, fc.nat(3));
    const value = fc.oneof(name, number, fc.boolean(), fc.array(claim, { maxLength: 5 }), fc.anything());
    const mutated = fc
      .tuple(fc.constantFrom(...good), fc.array(fc.tuple(field, value), { maxLength: 2 }))
      .map(([message, changes]) => ({ ...message, ...Object.fromEntries(changes) }));
    const from = fc.constantFrom('n2', 'n3');
    let passed = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(from, mutated), { minLength: 1, maxLength: 20 }), (messages) => {
        const channels = [{ protocol: swim, settings: settingsOf(swimSettings, 'quick') }];
        const world = new World({ names: ['n1', 'n2', 'n3'], channels });
        world.startAll();
        for (const [sender, message] of messages) {
          if (decode(message) !== undefined) passed++;
          world.inject('n1', sender, 1, message);
        }
        // The world throws where a member sends what decode refuses.
        world.run(3000);
      }),
      { numRuns: 300 },
    );
    expect(passed).toBeGreaterThan(300);
  });
});
