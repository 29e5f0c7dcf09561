/** The rumours that a member still spreads: what is kept of each, and which of them go into the datagrams of a round. */
import { groupsThatFit } from '../primitives/datagram-groups.ts';
import { DATAGRAM_BYTES, type Rumor, rumorBytes } from './messages.ts';

export interface HotRumor {
  readonly id: string;
  readonly rumor: Rumor;
  readonly bytes: number;
  counter: number;
  /** Own rounds since it became hot. */
  rounds: number;
  /** Rounds and answers in which it was told. */
  told: number;
  /** Who told it, as `name/life`: they need no telling. Kept only where members push and pull. */
  readonly tellers: Set<string>;
  /** Since the last own round: how many pulled it, and how many of those needed it. */
  answered: number;
  needed: number;
}

/** By id. Among those told equally often, those told longest ago come first. */
export type HotRumors = Map<string, HotRumor>;

interface Facts {
  readonly id: string;
  readonly bytes: number;
}

/** Worked out once: in the simulator all members hold the same rumour. */
const facts = new WeakMap<Rumor, Facts>();

function factsOf(rumor: Rumor): Facts {
  let known = facts.get(rumor);
  if (known === undefined) {
    known = { id: `${rumor[0]}/${rumor[1]}/${rumor[2]}`, bytes: rumorBytes(rumor) };
    facts.set(rumor, known);
  }
  return known;
}

/** The rumour where it is still hot. */
export function findHot(rumors: HotRumors, rumor: Rumor): HotRumor | undefined {
  return rumors.size === 0 ? undefined : rumors.get(factsOf(rumor).id);
}

export function heat(rumors: HotRumors, rumor: Rumor): void {
  const { id, bytes } = factsOf(rumor);
  rumors.set(id, { id, rumor, bytes, counter: 0, rounds: 0, told: 0, tellers: new Set(), answered: 0, needed: 0 });
}

/**
 * The hot rumours, as many as fit into `most` datagrams, and whether that is not all of them. Where not all fit, those
 * told least often come first, so that a new one is never held up by those that most members know already; among equals
 * the one told longest ago. `to`, as `name/life`: what that one told is left out.
 */
export function nextBatches(
  rumors: HotRumors,
  to: string | undefined,
  most: number,
): { readonly batches: readonly (readonly HotRumor[])[]; readonly waiting: boolean } {
  const eligible: HotRumor[] = [];
  for (const hot of rumors.values()) if (to === undefined || !hot.tellers.has(to)) eligible.push(hot);
  const all = packed(eligible);
  const waiting = all.length > most;
  const batches = waiting
    ? packed(
        eligible.sort((a, b) => a.told - b.told),
        most,
      )
    : all;
  for (const batch of batches) {
    for (const hot of batch) {
      hot.told++;
      if (!waiting) continue;
      rumors.delete(hot.id);
      rumors.set(hot.id, hot);
    }
  }
  return { batches, waiting };
}

function packed(rumors: readonly HotRumor[], most?: number): HotRumor[][] {
  return groupsThatFit(rumors, (hot) => hot.bytes, DATAGRAM_BYTES, most);
}
