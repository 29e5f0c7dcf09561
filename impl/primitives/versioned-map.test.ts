import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { childrenOf, HashTree, hashText, isLeaf, leafOf, NODES, ROOT } from './digest.ts';
import { encodeVersion } from './hybrid-clock.ts';
import { type Entry, VersionedMap } from './versioned-map.ts';

const entry: fc.Arbitrary<Entry> = fc
  .record({
    key: fc.integer({ min: 0, max: 9 }),
    wallMs: fc.integer({ min: 0, max: 6 }),
    writer: fc.constantFrom('a', 'b'),
  })
  .map(({ key, wallMs, writer }) => {
    const version = encodeVersion({ wallMs, counter: 0 }, writer, 1);
    // A version is unique per write, so it decides the value.
    return { key: `k${key}`, version, value: wallMs % 3 === 0 ? null : `${version} k${key}` };
  });
const entries = fc.array(entry, { maxLength: 40 });

function merged(...lists: readonly (readonly Entry[])[]): VersionedMap {
  const map = new VersionedMap();
  for (const list of lists) for (const each of list) if (map.wins(each)) map.put(each);
  return map;
}

function root(map: VersionedMap): string {
  return `${map.tree.high(ROOT)} ${map.tree.low(ROOT)} ${map.tree.count(ROOT)}`;
}

describe('merging versioned maps', () => {
  it('is commutative, associative and idempotent, entry by entry', () => {
    fc.assert(
      fc.property(entries, entries, entries, (a, b, c) => {
        const all = merged(a, b, c).sorted();
        expect(merged(c, b, a).sorted()).toEqual(all);
        expect(merged(merged(a, b).sorted(), c).sorted()).toEqual(all);
        expect(merged(a, merged(b, c).sorted()).sorted()).toEqual(all);
        expect(merged(a, b, c, a, b, c).sorted()).toEqual(all);
      }),
    );
  });

  it('keeps a deletion against an older value, and gives it up for a newer one', () => {
    const at = (wallMs: number): string => encodeVersion({ wallMs, counter: 0 }, 'a', 1);
    const map = merged([{ key: 'k', version: at(2), value: null }], [{ key: 'k', version: at(1), value: 'old' }]);
    expect(map.get('k')?.value).toBeNull();
    expect(merged(map.sorted(), [{ key: 'k', version: at(3), value: 'new' }]).get('k')?.value).toBe('new');
  });
});

describe('the hash tree of a map', () => {
  it('depends on what is held, not on how it came', () => {
    fc.assert(
      fc.property(entries, entries, (a, b) => {
        expect(root(merged(a, b))).toBe(root(merged(b, a)));
      }),
    );
  });

  it('differs wherever maps differ', () => {
    fc.assert(
      fc.property(entries, entries, (a, b) => {
        const first = merged(a);
        const second = merged(b);
        const equal = JSON.stringify(first.sorted()) === JSON.stringify(second.sorted());
        expect(root(first) === root(second)).toBe(equal);
      }),
    );
  });

  it('is empty again when all is dropped', () => {
    const map = merged([
      { key: 'a', version: 'v1', value: 1 },
      { key: 'b', version: 'v2', value: 2 },
    ]);
    map.drop('a');
    map.drop('b');
    map.drop('c');
    expect(root(map)).toBe('0 0 0');
    expect(map.below(ROOT)).toEqual([]);
    expect(map.size).toBe(0);
  });

  it('has every key below exactly one child of every node on its way', () => {
    const map = new VersionedMap();
    for (let i = 0; i < 3000; i++) map.put({ key: `key-${i}`, version: `v${i}`, value: i });
    for (const node of [ROOT, 3, 40]) {
      const below = childrenOf(node).flatMap((child) => map.below(child));
      expect(below.length).toBe(map.tree.count(node));
      expect(new Set(below.map((each) => each.key))).toEqual(new Set(map.below(node).map((each) => each.key)));
    }
    // Leaves are used evenly: 3,000 keys over 4,096 leaves hit about 2,130 of them.
    expect(new Set(map.sorted().map((each) => leafOf(each.key))).size).toBeGreaterThan(1900);
  });
});

describe('node numbers', () => {
  it('are those of a heap with sixteen children', () => {
    expect(childrenOf(1).at(0)).toBe(17);
    expect(childrenOf(272).at(-1)).toBe(NODES - 1);
    expect(childrenOf(NODES - 1)).toEqual([]);
    expect(isLeaf(272)).toBe(false);
  });

  it('lead an added hash to the root only on its own way', () => {
    const tree = new HashTree();
    const hash = hashText('key', 'version');
    tree.add(273, hash);
    expect([ROOT, 1, 17, 273].map((node) => tree.low(node))).toEqual([hash.low, hash.low, hash.low, hash.low]);
    expect([2, 18, 274].map((node) => tree.count(node))).toEqual([0, 0, 0]);
  });
});
