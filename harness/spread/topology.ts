/** Topologies by name, with the parameters that they are drawn with. */
import type { FastRandom } from './fast-random.ts';
import { regularGraph, ringGraph, scaleFreeGraph, smallWorldGraph } from './graphs.ts';
import { CompletePartners, type Partners, ZonePartners } from './partners.ts';

export const TOPOLOGIES = ['complete', 'random-regular', 'ring', 'small-world', 'scale-free', 'two-zones'] as const;
export type Topology = (typeof TOPOLOGIES)[number];

/** Neighbours of a member: exactly (random-regular), or on average (small-world, scale-free). */
const DEGREE = 8;
/** Watts and Strogatz' middle ground: short paths, and still clusters. */
const REWIRING = 0.1;
/** Share of contacts that go to the other zone. */
const CROSSING = 0.05;

/** What each stands for, for a reader. */
export const TOPOLOGY_DOCS: Readonly<Record<Topology, string>> = {
  complete: 'everybody may contact everybody',
  'random-regular': `every member has ${DEGREE} neighbours, the graph uniformly drawn`,
  ring: 'every member has two neighbours',
  'small-world': `Watts-Strogatz: a ring of ${DEGREE} neighbours, each edge rewired with chance ${REWIRING}`,
  'scale-free': `Barabási-Albert: every newcomer links to ${DEGREE / 2}, by their degrees`,
  'two-zones': `two halves; ${CROSSING * 100} % of contacts go to the other one`,
};

/** Only graphs differ from run to run; the others need no draw. Small n: whatever is too small for its graph is complete. */
export function createPartners(topology: Topology, n: number, random: FastRandom): Partners {
  if (topology === 'two-zones' && n >= 2) return new ZonePartners(n, CROSSING);
  if (topology === 'ring' && n >= 3) return ringGraph(n);
  if (n <= DEGREE + 1) return new CompletePartners(n);
  if (topology === 'random-regular') return regularGraph(n, DEGREE, random);
  if (topology === 'small-world') return smallWorldGraph(n, DEGREE, REWIRING, random);
  if (topology === 'scale-free') return scaleFreeGraph(n, DEGREE / 2, random);
  return new CompletePartners(n);
}

/** Whether every run needs a graph of its own. */
export function isDrawn(topology: Topology): boolean {
  return topology === 'random-regular' || topology === 'small-world' || topology === 'scale-free';
}
