/**
 * Round-robin over a changing set of names (SWIM, section 4.3): a shuffled list is gone through in order and shuffled
 * again at its end; a new name enters at a random place. With n-1 names that stay, two turns of one name are at most
 * 2(n-1)-1 steps apart.
 */
import type { Random } from '../protocol.ts';

export class Rotation {
  readonly #names: string[] = [];
  #next = 0;

  get size(): number {
    return this.#names.length;
  }

  /** `name` must not be in it. */
  add(name: string, random: Random): void {
    const at = random.int(this.#names.length + 1);
    this.#names.splice(at, 0, name);
    if (at < this.#next) this.#next++;
  }

  remove(name: string): void {
    const at = this.#names.indexOf(name);
    if (at < 0) return;
    this.#names.splice(at, 1);
    if (at < this.#next) this.#next--;
  }

  /** Whose turn it is; undefined where there is nobody. */
  next(random: Random): string | undefined {
    if (this.#next >= this.#names.length) {
      random.shuffle(this.#names);
      this.#next = 0;
    }
    return this.#names[this.#next++];
  }
}
