import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeVersion } from '../primitives/hybrid-clock.ts';
import { Delivered, instanceOf, keyOf } from './delivered.ts';
import { decodeMessage, type Item, itemsIn, kindOf, type Message, pushGroups, pushMessage } from './messages.ts';

const VERSION = encodeVersion({ wallMs: 1, counter: 0 }, 'n2', 1);

const item: fc.Arbitrary<Item> = fc
  .record({
    shelf: fc.constantFrom('map', 'broadcasts'),
    key: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    value: fc.string({ unit: 'binary', maxLength: 100 }),
  })
  .map(({ shelf, key, value }) => ({
    shelf: shelf as Item['shelf'],
    entry: { key: `k${key}`, version: VERSION, value },
  }));

describe('pushes', () => {
  it('hold their items in order, in datagrams that fit, up to a limit of them', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 80 }), fc.integer({ min: 1, max: 20 }), (items, limit) => {
        const groups = pushGroups(items, limit);
        expect(groups.length).toBeLessThanOrEqual(limit);
        expect(groups.flat()).toEqual(items.slice(0, groups.flat().length));
        if (groups.length < limit) expect(groups.flat().length).toBe(items.length);
        for (const group of groups) {
          const message = pushMessage(4294967295, group) as Message & { type: 'push' };
          expect(encode(message).length).toBeLessThanOrEqual(1200);
          const sorted = [...group].sort((a, b) => (a.shelf === b.shelf ? 0 : a.shelf === 'map' ? -1 : 1));
          expect([...itemsIn(message)]).toEqual(sorted);
        }
      }),
    );
  });

  it('of the largest entries take a datagram each', () => {
    const entry = { key: 'ä'.repeat(64), version: VERSION, value: 'ä'.repeat(256) };
    const groups = pushGroups(
      Array.from({ length: 5 }, () => ({ shelf: 'map' as const, entry })),
      10,
    );
    expect(groups.map((group) => group.length)).toEqual([1, 1, 1, 1, 1]);
  });
});

describe('messages from outside', () => {
  it('that are none are refused without an exception', () => {
    fc.assert(fc.property(fc.anything(), (raw) => decodeMessage(raw) === undefined));
  });

  it.each<[Message, string]>([
    [{ type: 'push', contact: 1, map: ['k', VERSION, 'v', 'l', VERSION, null], broadcasts: [] }, 'push'],
    [{ type: 'push', contact: 1, map: [], broadcasts: ['n2/1/1', VERSION, 'v'] }, 'push'],
    [{ type: 'taken', contact: 1, fresh: 1, of: 2 }, 'taken'],
    [{ type: 'pull', contact: 1, hashes: [0, 1, 2, 4294967295] }, 'pull'],
    [{ type: 'same', contact: 0 }, 'same'],
    [{ type: 'compare', contact: 1, shelf: 'broadcasts', part: { type: 'want', keys: ['n2/1/1'] } }, 'want'],
  ])('%j is one', (message, kind) => {
    expect(decodeMessage(structuredClone(message))).toEqual(message);
    expect(kindOf(message)).toBe(kind);
  });

  it.each([
    { type: 'push', contact: 1, map: [], broadcasts: [] },
    { type: 'push', contact: 1, map: ['k', 'v', 'v'], broadcasts: [] },
    { type: 'push', contact: -1, map: ['k', VERSION, 'v'], broadcasts: [] },
    { type: 'taken', contact: 1, fresh: 3, of: 2 },
    { type: 'taken', contact: 1, fresh: 0, of: 0 },
    { type: 'pull', contact: 1, hashes: [0, 1, 2] },
    { type: 'pull', contact: 1, hashes: [0, 1, 2, 4294967296] },
    { type: 'compare', contact: 1, shelf: 'other', part: { type: 'want', keys: [] } },
    { type: 'compare', contact: 1, shelf: 'map', part: { type: 'want' } },
    { type: 'same' },
  ])('%j is none', (raw) => {
    expect(decodeMessage(raw)).toBeUndefined();
  });
});

describe('broadcasts as entries', () => {
  const instance = { origin: 'n2', life: 1, sequence: 7 };

  it('name their instance, which their version must agree with', () => {
    const entry = { key: keyOf(instance), version: VERSION, value: 'v' };
    expect(instanceOf(entry)).toEqual(instance);
    for (const wrong of [{ value: null }, { value: 7 }, { key: 'n3/1/7' }, { key: 'n2/2/7' }, { key: 'n2/1/0' }]) {
      expect(instanceOf({ ...entry, ...wrong }), JSON.stringify(wrong)).toBeUndefined();
    }
  });

  it('are kept however many gaps there are, and shown as ranges', () => {
    const delivered = new Delivered();
    expect(delivered.view()).toBeUndefined();
    for (let i = 5000; i > 0; i -= 2) {
      const each = { ...instance, sequence: i };
      delivered.add(each, { key: keyOf(each), version: VERSION, value: 'v' });
    }
    expect(delivered.has({ ...instance, sequence: 3 })).toBe(false);
    expect(delivered.has({ ...instance, sequence: 4 })).toBe(true);
    expect(String(delivered.view()?.['n2/1']).split(',').length).toBe(2500);
  });
});
