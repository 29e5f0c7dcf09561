/**
 * Push-sum (Kempe, Dobra and Gehrke 2003, section 2): in each cycle every member keeps one half of its sum and of its
 * weight and sends the other to a random partner. How well it mixes does not depend on the inputs: it is the potential
 * Φ, the sum over members i and origins j of (v_ij - w_i / n)², where v_ij is the part of j's input that i holds and
 * w_i = Σ_j v_ij its weight.
 */
import type { FastRandom } from './fast-random.ts';
import type { Partners } from './partners.ts';

/** By what Φ is multiplied in each cycle. Costs n² numbers and n² additions a cycle. */
export function pushSumFactors(partners: Partners, cycles: number, random: FastRandom): number[] {
  const { n } = partners;
  let held = new Float64Array(n * n);
  let next = new Float64Array(n * n);
  for (let member = 0; member < n; member++) held[member * n + member] = 1;
  const out = new Int32Array(1);
  const factors: number[] = [];
  let before = potential(held, n);
  for (let cycle = 0; cycle < cycles; cycle++) {
    for (let i = 0; i < held.length; i++) next[i] = (held[i] as number) / 2;
    for (let member = 0; member < n; member++) {
      const target = partners.pick(member, out, random) > 0 ? (out[0] as number) : member;
      for (let j = 0; j < n; j++) {
        const at = target * n + j;
        next[at] = (next[at] as number) + (held[member * n + j] as number) / 2;
      }
    }
    [held, next] = [next, held];
    const after = potential(held, n);
    factors.push(after / before);
    before = after;
  }
  return factors;
}

function potential(held: Float64Array, n: number): number {
  let sum = 0;
  for (let member = 0; member < n; member++) {
    const row = held.subarray(member * n, (member + 1) * n);
    let weight = 0;
    for (let j = 0; j < n; j++) weight += row[j] as number;
    const fair = weight / n;
    for (let j = 0; j < n; j++) sum += ((row[j] as number) - fair) ** 2;
  }
  return sum;
}
