/** Growable columns of numbers: what a checker keeps of a million operations, without an object for each. */

const FIRST_SIZE = 64;

/** 32-bit integers; -1 where nothing was set. */
export class IntColumn {
  #items = new Int32Array(FIRST_SIZE).fill(-1);

  get(at: number): number {
    return this.#items[at] ?? -1;
  }

  set(at: number, value: number): void {
    if (at >= this.#items.length) {
      const grown = new Int32Array(sizeFor(at, this.#items.length)).fill(-1, this.#items.length);
      grown.set(this.#items);
      this.#items = grown;
    }
    this.#items[at] = value;
  }

  clear(): void {
    this.#items.fill(-1);
  }
}

/** Times and other numbers; NaN where nothing was set. */
export class NumberColumn {
  #items = new Float64Array(FIRST_SIZE).fill(Number.NaN);

  get(at: number): number {
    return this.#items[at] ?? Number.NaN;
  }

  set(at: number, value: number): void {
    if (at >= this.#items.length) {
      const grown = new Float64Array(sizeFor(at, this.#items.length)).fill(Number.NaN, this.#items.length);
      grown.set(this.#items);
      this.#items = grown;
    }
    this.#items[at] = value;
  }
}

function sizeFor(at: number, size: number): number {
  let wanted = size;
  while (wanted <= at) wanted *= 2;
  return wanted;
}

/** Numbers for texts, from 0 in the order in which they come. */
export class Names {
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];

  get size(): number {
    return this.#texts.length;
  }

  /** The text's number, given on its first use. */
  number(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#texts.length);
    this.#texts.push(text);
    return this.#texts.length - 1;
  }

  /** -1 for a text that was never used. */
  find(text: string): number {
    return this.#numbers.get(text) ?? -1;
  }

  text(number: number): string {
    return this.#texts[number] ?? '';
  }
}
