/**
 * What the relay does to one datagram: the same models as everywhere in this harness (uniform jitter, Gilbert-Elliott
 * bursts, copies that share their datagram's delay), with draws that are a pure function of (seed, fault, link, index).
 */
import { drawAt, hash32 } from '../../../harness/model/rng.ts';
import type { RelayParts } from '../placement.ts';

export interface RelayFate {
  /** 0: lost. */
  readonly copies: number;
  readonly delayMs: number;
  readonly corrupt: boolean;
}

const LOST: RelayFate = { copies: 0, delayMs: 0, corrupt: false };

export class LinkShape {
  readonly #parts: RelayParts;
  readonly #places: ReadonlyMap<string, number>;
  readonly #inBurst = new Set<string>();
  #index: number;

  /** `before`: the link's shape until now; what goes on keeps its state, and no draw is made twice. */
  constructor(seed: string, link: string, parts: RelayParts, before?: LinkShape) {
    this.#parts = parts;
    const ids = [parts.losses, parts.bursts, parts.delays, parts.reorders, parts.duplicates, parts.corrupts].flatMap(
      (list) => list.map((part) => part.id),
    );
    this.#places = new Map(ids.map((id) => [id, hash32(seed, 'relay', id, link)]));
    this.#index = before === undefined ? 0 : before.#index;
    if (before !== undefined) for (const id of before.#inBurst) if (this.#places.has(id)) this.#inBurst.add(id);
  }

  /** To be called once for each datagram, in the order of arrival. */
  next(): RelayFate {
    const index = this.#index++;
    const draw = (part: { readonly id: string }): number => drawAt(this.#places.get(part.id) ?? 0, index);
    const { losses, bursts, delays, reorders, duplicates, corrupts } = this.#parts;
    // Every chain of bursts goes on, whatever another loss did.
    const inBurst = bursts.map((part) => this.#burst(part.id, part.probability, part.burst, draw(part))).includes(true);
    if (inBurst || losses.some((part) => draw(part) < part.probability)) return LOST;
    let delayMs = 0;
    for (const part of delays) delayMs += part.delayMs + part.jitterMs * (2 * draw(part) - 1);
    for (const part of reorders) if (draw(part) < part.probability) delayMs += part.holdMs;
    return {
      copies: 1 + duplicates.filter((part) => draw(part) < part.probability).length,
      delayMs,
      corrupt: corrupts.some((part) => draw(part) < part.probability),
    };
  }

  /** Entered so often that the long-run share of bad datagrams is `probability`, left with probability 1/burst. */
  #burst(id: string, probability: number, burst: number, draw: number): boolean {
    const leave = 1 / burst;
    const enter = Math.min(1, (leave * probability) / (1 - probability));
    const inside = this.#inBurst.has(id) ? draw >= leave : draw < enter;
    if (inside) this.#inBurst.add(id);
    else this.#inBurst.delete(id);
    return inside;
  }
}
