/**
 * A map that forgets: it keeps at least the `limit` entries that were added last, and at most twice as many. Two
 * generations, because taking single entries from the front of a long-lived map costs ever more.
 */
export class Generations<V> {
  readonly #limit: number;
  readonly #forgotten: (value: V) => void;
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  /** `forgotten` is called for each entry that has to go, in the order in which they came. */
  constructor(limit: number, forgotten: (value: V) => void) {
    this.#limit = limit;
    this.#forgotten = forgotten;
  }

  get(key: string): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  add(key: string, value: V): void {
    if (this.#young.size >= this.#limit) {
      for (const old of this.#old.values()) this.#forgotten(old);
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  delete(key: string): void {
    if (!this.#young.delete(key)) this.#old.delete(key);
  }

  /** Forgets everything. */
  clear(): void {
    for (const generation of [this.#old, this.#young]) for (const value of generation.values()) this.#forgotten(value);
    this.#old = new Map();
    this.#young = new Map();
  }
}
