/**
 * A hash tree over a set of items, kept up to date item by item: 16 children a node, 4,096 leaves. Two sets whose roots
 * agree are equal (64 bits: a false match has a chance of 2^-64); where they differ, four levels lead to the few leaves
 * that do. A node's hash is the XOR of the hashes of its items, so adding and removing are the same O(1) step.
 *
 * Nodes are numbered as in a heap: 0 is the root, the children of `id` are `16 id + 1` to `16 id + 16`.
 */

export const FANOUT = 16;
const FIRST_LEAF = 1 + FANOUT + FANOUT * FANOUT;
const LEAVES = FANOUT * FANOUT * FANOUT;
export const ROOT = 0;
export const NODES = FIRST_LEAF + LEAVES;

/** 64 bits as two unsigned 32-bit numbers. */
export interface Hash {
  readonly high: number;
  readonly low: number;
}

export class HashTree {
  readonly #high = new Uint32Array(NODES);
  readonly #low = new Uint32Array(NODES);
  readonly #counts = new Uint32Array(NODES);

  add(leaf: number, hash: Hash): void {
    this.#toggle(leaf, hash, 1);
  }

  /** The item must have been added with this hash. */
  remove(leaf: number, hash: Hash): void {
    this.#toggle(leaf, hash, -1);
  }

  #toggle(leaf: number, hash: Hash, change: number): void {
    for (let node = leaf; ; node = parent(node)) {
      this.#high[node] = ((this.#high[node] ?? 0) ^ hash.high) >>> 0;
      this.#low[node] = ((this.#low[node] ?? 0) ^ hash.low) >>> 0;
      this.#counts[node] = (this.#counts[node] ?? 0) + change;
      if (node === ROOT) return;
    }
  }

  high(node: number): number {
    return this.#high[node] ?? 0;
  }

  low(node: number): number {
    return this.#low[node] ?? 0;
  }

  /** Items below the node. */
  count(node: number): number {
    return this.#counts[node] ?? 0;
  }
}

function parent(node: number): number {
  return (node - 1) >> 4;
}

export function isNode(id: unknown): id is number {
  return typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < NODES;
}

export function isLeaf(node: number): boolean {
  return node >= FIRST_LEAF;
}

/** The first of a node's children, whose numbers follow each other. The node must not be a leaf. */
export function firstChild(node: number): number {
  return FANOUT * node + 1;
}

export function childrenOf(node: number): number[] {
  if (isLeaf(node)) return [];
  return Array.from({ length: FANOUT }, (_, index) => firstChild(node) + index);
}

/** The leaf that holds a key. */
export function leafOf(key: string): number {
  return FIRST_LEAF + (hashText(key, '').low & (LEAVES - 1));
}

/** Two lanes of multiply and rotate over both texts, each lane finished as in murmur3. */
export function hashText(first: string, second: string): Hash {
  let high = 0x9e3779b9 ^ first.length;
  let low = 0x85ebca6b ^ second.length;
  for (let part = 0; part < 2; part++) {
    const text = part === 0 ? first : second;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      high = Math.imul(high ^ unit, 0x01000193);
      high ^= high >>> 15;
      low = Math.imul(low ^ unit, 0xc2b2ae3d);
      low = (low << 13) | (low >>> 19);
    }
  }
  return { high: finish(high ^ Math.imul(low, 5)), low: finish(low ^ Math.imul(high, 3)) };
}

function finish(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
