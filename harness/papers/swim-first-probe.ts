/** When a crashed member is first probed, by the very class that picks SWIM's targets. */
import { Rotation } from '../../impl/primitives/rotation.ts';
import { split } from '../model/rng.ts';
import { FastRandom } from '../spread/fast-random.ts';
import { CompletePartners } from '../spread/partners.ts';

export interface FirstProbe {
  /** Periods from a crash at the end of any period to the first probe of the crashed member, on average. */
  readonly meanPeriods: number;
  /** Periods between two probes of one target by one member, at most. 0 where targets are drawn at random. */
  readonly longestGap: number;
}

/** Every member is taken to crash after every period; what the crashed one itself would have probed does not matter. */
export function playFirstProbes(
  n: number,
  selection: 'random' | 'rotation',
  periods: number,
  seed: string,
): FirstProbe {
  return selection === 'random' ? randomTargets(n, periods, seed) : rotatedTargets(n, periods, seed);
}

function randomTargets(n: number, periods: number, seed: string): FirstProbe {
  const random = new FastRandom(seed, 'swim', 'random targets', n);
  const partners = new CompletePartners(n);
  const out = new Int32Array(1);
  const waits = new Waits(n, periods);
  for (let period = 0; period < periods; period++) {
    for (let member = 0; member < n; member++) {
      partners.pick(member, out, random);
      waits.probed(out[0] as number, period);
    }
  }
  return { meanPeriods: waits.mean(), longestGap: 0 };
}

function rotatedTargets(n: number, periods: number, seed: string): FirstProbe {
  const names = Array.from({ length: n }, (_, index) => `${index}`);
  const waits = new Waits(n, periods);
  let longestGap = 0;
  const members = names.map((name) => {
    const random = split(seed, 'swim', 'rotation', n, name);
    const rotation = new Rotation();
    for (const other of names) if (other !== name) rotation.add(other, random);
    // Members are anywhere in their lists when the crash comes.
    for (let step = random.int(n - 1); step > 0; step--) rotation.next(random);
    return { random, rotation, last: new Int32Array(n).fill(-1) };
  });
  for (let period = 0; period < periods; period++) {
    for (const { random, rotation, last } of members) {
      const target = Number(rotation.next(random));
      waits.probed(target, period);
      const before = last[target] as number;
      if (before >= 0) longestGap = Math.max(longestGap, period - before);
      last[target] = period;
    }
  }
  return { meanPeriods: waits.mean(), longestGap };
}

/** From every period to the next one in which a target is probed. */
class Waits {
  readonly #last: Int32Array;
  #sum = 0;
  #count = 0;

  constructor(n: number, periods: number) {
    this.#last = new Int32Array(n).fill(-1);
    if (periods < 1) throw new RangeError('at least one period');
  }

  probed(target: number, period: number): void {
    const gap = period - (this.#last[target] as number);
    // Crashes just after each of the periods since the last probe wait gap, gap - 1, .. 1 periods.
    this.#sum += (gap * (gap + 1)) / 2;
    this.#count += gap;
    this.#last[target] = period;
  }

  mean(): number {
    return this.#sum / this.#count;
  }
}
