/**
 * The generator of the lock-step models: sfc32 (Doty-Humphrey, PractRand), four words of state and a dozen integer
 * operations a draw. Members draw some hundred million times here, which the run's own generator is too slow for; it is
 * seeded from the same split of the seed by name.
 */
import { hash32 } from '../model/rng.ts';

const UNIT = 1 / 4294967296;
/** Rounds after which every word of the seed has reached every word of the state. */
const WARM_UP = 15;

export class FastRandom {
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  /** The same names under the same seed give the same sequence. */
  constructor(seed: string, ...names: readonly (string | number)[]) {
    this.#a = hash32(seed, ...names, 'a') | 0;
    this.#b = hash32(seed, ...names, 'b') | 0;
    this.#c = hash32(seed, ...names, 'c') | 0;
    for (let i = 0; i < WARM_UP; i++) this.#word();
  }

  #word(): number {
    const word = (((this.#a + this.#b) | 0) + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + word) | 0;
    return word;
  }

  /** Uniform in [0, 1), 32 bits of resolution. */
  next(): number {
    return (this.#word() >>> 0) * UNIT;
  }

  /** Uniform integer in [0, bound); the bias is below bound / 2^32. `bound`: 1 to 2^21, so that the product is exact. */
  int(bound: number): number {
    return ((this.#word() >>> 0) * bound * UNIT) | 0;
  }
}
