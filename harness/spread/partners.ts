/** Whom a member may contact in a cycle, and the draw of distinct ones among them. */
import type { FastRandom } from './fast-random.ts';

export interface Partners {
  readonly n: number;
  /** Fills `out` with distinct partners of the member, uniformly drawn, and returns how many there were to fill in. */
  pick(member: number, out: Int32Array, random: FastRandom): number;
}

function holds(out: Int32Array, count: number, target: number): boolean {
  for (let i = 0; i < count; i++) if (out[i] === target) return true;
  return false;
}

/** Everybody may contact everybody else. */
export class CompletePartners implements Partners {
  readonly n: number;

  constructor(n: number) {
    this.n = n;
  }

  pick(member: number, out: Int32Array, random: FastRandom): number {
    const others = this.n - 1;
    const count = Math.min(out.length, others);
    for (let i = 0; i < count; i++) {
      let target: number;
      do {
        const draw = random.int(others);
        target = draw < member ? draw : draw + 1;
      } while (i > 0 && holds(out, i, target));
      out[i] = target;
    }
    return count;
  }
}

/** A fixed graph: the neighbours of member i stand in `neighbours` from `offsets[i]` up to `offsets[i + 1]`. */
export class GraphPartners implements Partners {
  readonly n: number;
  readonly offsets: Int32Array;
  readonly neighbours: Int32Array;

  constructor(offsets: Int32Array, neighbours: Int32Array) {
    this.n = offsets.length - 1;
    this.offsets = offsets;
    this.neighbours = neighbours;
  }

  pick(member: number, out: Int32Array, random: FastRandom): number {
    const start = this.offsets[member] ?? 0;
    const degree = (this.offsets[member + 1] ?? 0) - start;
    if (degree <= out.length) {
      for (let i = 0; i < degree; i++) out[i] = this.neighbours[start + i] ?? 0;
      return degree;
    }
    for (let i = 0; i < out.length; i++) {
      let target: number;
      do target = this.neighbours[start + random.int(degree)] ?? 0;
      while (i > 0 && holds(out, i, target));
      out[i] = target;
    }
    return out.length;
  }
}

/** The first half and the rest of the members: each contact goes to the other zone with chance `crossing`. */
export class ZonePartners implements Partners {
  readonly n: number;
  readonly #border: number;
  readonly #crossing: number;

  /** `n` of at least 2; `crossing` above 0. */
  constructor(n: number, crossing: number) {
    this.n = n;
    this.#border = Math.ceil(n / 2);
    this.#crossing = crossing;
  }

  pick(member: number, out: Int32Array, random: FastRandom): number {
    const count = Math.min(out.length, this.n - 1);
    for (let i = 0; i < count; i++) {
      let target: number;
      do target = this.#draw(member, random);
      while (target === member || holds(out, i, target));
      out[i] = target;
    }
    return count;
  }

  #draw(member: number, random: FastRandom): number {
    const first = member < this.#border !== random.next() < this.#crossing;
    return first ? random.int(this.#border) : this.#border + random.int(this.n - this.#border);
  }
}
