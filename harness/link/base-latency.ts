/**
 * The latency that a plan's links have for the whole run. It stands apart from the shaper, because it is no fault: it is
 * neither switched on nor healed, and its draws do not move those of the faults.
 */
import { touches } from '../model/fault.ts';
import type { BaseLink } from '../model/plan.ts';
import { drawAt, hash32 } from '../model/rng.ts';

const MS = 1e6;

/** One block's latency on one link. ns. */
interface Part {
  readonly latencyNs: number;
  readonly jitterNs: number;
  readonly place: number;
}

const NONE: readonly Part[] = [];

export class BaseLatency {
  readonly #seed: string;
  readonly #blocks: readonly BaseLink[];
  readonly #links = new Map<string, Map<string, readonly Part[]>>();

  constructor(seed: string, blocks: readonly BaseLink[] | undefined) {
    this.#seed = seed;
    this.#blocks = blocks ?? [];
  }

  /** One-way latency of the datagram with this index on its directed link, ns; 0 where no block has the link. */
  drawNs(from: string, to: string, index: number): number {
    if (this.#blocks.length === 0) return 0;
    let total = 0;
    for (const { latencyNs, jitterNs, place } of this.#parts(from, to)) {
      total += latencyNs + (jitterNs === 0 ? 0 : Math.floor(drawAt(place, index) * jitterNs));
    }
    return total;
  }

  #parts(from: string, to: string): readonly Part[] {
    let row = this.#links.get(from);
    if (row === undefined) {
      row = new Map();
      this.#links.set(from, row);
    }
    let parts = row.get(to);
    if (parts === undefined) {
      parts = this.#blocks.flatMap((block, i) =>
        touches([block], from, to)
          ? [
              {
                latencyNs: Math.round(block.latencyMs * MS),
                jitterNs: Math.round(block.jitterMs * MS),
                place: hash32(this.#seed, 'base-link', i, from, to),
              },
            ]
          : NONE,
      );
      row.set(to, parts);
    }
    return parts;
  }
}
