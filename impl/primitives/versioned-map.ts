/**
 * A map in which the larger version of a key wins (Demers et al. 1987, section 1.1, and death certificates, section 2):
 * deletions are entries too, so that a deleted key does not come back from a member that still has the value. Merging
 * is commutative, associative and idempotent, because versions are unique per write and totally ordered.
 *
 * The digest covers keys and versions; a version stands for its value.
 */
import { FANOUT, firstChild, type Hash, HashTree, hashText, isLeaf, leafOf, ROOT } from './digest.ts';

export type StoredValue = string | number;

export interface Entry {
  readonly key: string;
  /** As in hybrid-clock.ts: ordered as texts. */
  readonly version: string;
  /** null: deleted. */
  readonly value: StoredValue | null;
}

interface Slot {
  readonly entry: Entry;
  readonly hash: Hash;
}

export class VersionedMap {
  readonly #slots = new Map<string, Slot>();
  /** Keys by leaf of the tree, in the order in which they came. */
  readonly #leaves = new Map<number, Set<string>>();
  readonly tree = new HashTree();
  #sorted: Entry[] | undefined;

  get size(): number {
    return this.#slots.size;
  }

  get(key: string): Entry | undefined {
    return this.#slots.get(key)?.entry;
  }

  /** The rule of a merge: whether the entry's version is larger than what is held of its key. */
  wins(entry: Entry): boolean {
    const held = this.#slots.get(entry.key);
    return held === undefined || held.entry.version < entry.version;
  }

  /** Takes the entry whatever is held. */
  put(entry: Entry): void {
    const leaf = leafOf(entry.key);
    const held = this.#slots.get(entry.key);
    if (held !== undefined) this.tree.remove(leaf, held.hash);
    const hash = hashText(entry.key, entry.version);
    this.tree.add(leaf, hash);
    this.#slots.set(entry.key, { entry, hash });
    if (held === undefined) {
      const keys = this.#leaves.get(leaf);
      if (keys === undefined) this.#leaves.set(leaf, new Set([entry.key]));
      else keys.add(entry.key);
    }
    this.#sorted = undefined;
  }

  /** Forgets a key altogether: for tombstones that have served their time. */
  drop(key: string): void {
    const held = this.#slots.get(key);
    if (held === undefined) return;
    const leaf = leafOf(key);
    this.tree.remove(leaf, held.hash);
    this.#slots.delete(key);
    const keys = this.#leaves.get(leaf);
    keys?.delete(key);
    if (keys?.size === 0) this.#leaves.delete(leaf);
    this.#sorted = undefined;
  }

  /** Every entry whose key lies below a node of the tree. */
  below(node: number): Entry[] {
    const out: Entry[] = [];
    if (this.tree.count(node) === 0) return out;
    if (node === ROOT) {
      for (const slot of this.#slots.values()) out.push(slot.entry);
      return out;
    }
    this.#collect(node, out);
    return out;
  }

  /** Passes over empty parts of the tree. */
  #collect(node: number, out: Entry[]): void {
    if (this.tree.count(node) === 0) return;
    if (!isLeaf(node)) {
      const first = firstChild(node);
      for (let child = first; child < first + FANOUT; child++) this.#collect(child, out);
      return;
    }
    for (const key of this.#leaves.get(node) ?? []) {
      const slot = this.#slots.get(key);
      if (slot !== undefined) out.push(slot.entry);
    }
  }

  /** In order of keys (UTF-16 units). The array is kept until the map changes: not to be altered. */
  sorted(): readonly Entry[] {
    this.#sorted ??= this.below(ROOT).sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    return this.#sorted;
  }
}
