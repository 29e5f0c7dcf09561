/**
 * Peers that know four others each, on a sparse random graph: rumours spread news over it, and anti-entropy keeps a map
 * equal. On long ways a rumour needs more patience than where all know all.
 */
import type { Scenario } from '../../harness/model/scenario.ts';

/** Rings that all peers are strung on, each time in another order: two neighbours of each, and always connected. */
const RINGS = 2;

export const peerToPeer: Scenario = {
  name: 'peer-to-peer',
  summary: 'peers that know at most four others of a sparse random graph; rumours and anti-entropy over it',
  nodes: { usual: 12, least: 5, most: 200 },
  timeMs: 30_000,
  protocols: ['rumor', 'anti-entropy'],
  settings: { rumor: { k: 24, maxRounds: 96 } },
  members: (count) => Array.from({ length: count }, (_, i) => `peer-${i + 1}`),
  overlay(members, random) {
    const known = new Map(members.map((member) => [member, new Set<string>()]));
    for (let ring = 0; ring < RINGS; ring++) {
      const order = random.shuffle([...members]);
      order.forEach((member, i) => {
        const next = order[(i + 1) % order.length] ?? member;
        known.get(member)?.add(next);
        known.get(next)?.add(member);
      });
    }
    return [...known].map(([member, knows]) => ({ member, knows: members.filter((name) => knows.has(name)) }));
  },
};
