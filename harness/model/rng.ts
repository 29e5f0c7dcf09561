/**
 * One seed, split by name. Every source of randomness in a run is `split(seed, ...names)`, so that a draw in one place
 * never shifts the draws in another. Draws on a link are a pure function of (seed, link, message index, purpose): taking
 * one fault out of a plan does not reshuffle the rest.
 */
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { Random } from '../../impl/protocol.ts';

/** 128 bits from a string: four lanes of multiply-xorshift (cyrb128), all state words well mixed. */
export function hash128(text: string): [number, number, number, number] {
  let h1 = 1779033703;
  let h2 = 3144134277;
  let h3 = 1013904242;
  let h4 = 2773480762;
  for (let i = 0; i < text.length; i++) {
    const k = text.charCodeAt(i);
    h1 = h2 ^ Math.imul(h1 ^ k, 597399067);
    h2 = h3 ^ Math.imul(h2 ^ k, 2869860233);
    h3 = h4 ^ Math.imul(h3 ^ k, 951274213);
    h4 = h1 ^ Math.imul(h4 ^ k, 2716044179);
  }
  h1 = Math.imul(h3 ^ (h1 >>> 18), 597399067);
  h2 = Math.imul(h4 ^ (h2 >>> 22), 2869860233);
  h3 = Math.imul(h1 ^ (h3 >>> 17), 951274213);
  h4 = Math.imul(h2 ^ (h4 >>> 19), 2716044179);
  h1 ^= h2 ^ h3 ^ h4;
  return [h1 | 0, (h2 ^ h1) | 0, (h3 ^ h1) | 0, (h4 ^ h1) | 0];
}

/** Joins names so that no two lists of names give the same text. */
function label(seed: string, names: readonly (string | number)[]): string {
  let text = `${seed.length}:${seed}`;
  for (const name of names) {
    const part = String(name);
    text += `/${part.length}:${part}`;
  }
  return text;
}

/** A generator for the given names under the seed. The same names give the same sequence. */
export function split(seed: string, ...names: readonly (string | number)[]): Random {
  const state = hash128(label(seed, names));
  // An all-zero state would stay zero for ever.
  if ((state[0] | state[1] | state[2] | state[3]) === 0) state[0] = 1;
  const generator = xoroshiro128plusFromState(state);
  const next = (): number => (generator.next() >>> 0) / 4294967296;
  const int = (bound: number): number => Math.floor(next() * bound);
  return {
    next,
    int,
    sample<T>(items: readonly T[], count: number): T[] {
      const rest = items.slice();
      const size = Math.min(count, rest.length);
      for (let i = 0; i < size; i++) {
        const j = i + int(rest.length - i);
        const swap = rest[i] as T;
        rest[i] = rest[j] as T;
        rest[j] = swap;
      }
      rest.length = size;
      return rest;
    },
    shuffle<T>(items: T[]): T[] {
      for (let i = items.length - 1; i > 0; i--) {
        const j = int(i + 1);
        const swap = items[i] as T;
        items[i] = items[j] as T;
        items[j] = swap;
      }
      return items;
    },
  };
}

/** 32 bits that name a place to draw from: feed them to `drawAt`. */
export function hash32(seed: string, ...names: readonly (string | number)[]): number {
  return hash128(label(seed, names))[0] >>> 0;
}

/** Uniform in [0, 1), a pure function of the place and the index (murmur3's finalizer, twice). */
export function drawAt(place: number, index: number): number {
  let h = Math.imul(place ^ (index | 0), 0x9e3779b1) ^ Math.imul((index / 4294967296) | 0, 0x85ebca77);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  h ^= h >>> 16;
  h = (h + place) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  h ^= h >>> 15;
  return (h >>> 0) / 4294967296;
}
