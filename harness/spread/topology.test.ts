import { describe, expect, it } from 'vitest';
import { FastRandom } from './fast-random.ts';
import { reachable } from './graphs.ts';
import { GraphPartners, type Partners } from './partners.ts';
import { createPartners, TOPOLOGIES, type Topology } from './topology.ts';

function neighboursOf(graph: GraphPartners, member: number): number[] {
  return [...graph.neighbours.subarray(graph.offsets[member], graph.offsets[member + 1])];
}

function graphOf(topology: Topology, n: number): GraphPartners {
  const partners = createPartners(topology, n, new FastRandom('graph', topology, n));
  expect(partners).toBeInstanceOf(GraphPartners);
  return partners as GraphPartners;
}

describe('graphs', () => {
  it.each(['random-regular', 'ring', 'small-world', 'scale-free'] as const)(
    '%s is simple, mutual and connected',
    (topology) => {
      for (const n of [10, 50, 400]) {
        const graph = graphOf(topology, n);
        for (let member = 0; member < n; member++) {
          const neighbours = neighboursOf(graph, member);
          expect(new Set(neighbours).size).toBe(neighbours.length);
          expect(neighbours).not.toContain(member);
          for (const neighbour of neighbours) expect(neighboursOf(graph, neighbour)).toContain(member);
        }
        expect(reachable(graph)).toBe(n);
      }
    },
  );

  it('finds a graph in pieces', () => {
    expect(reachable(new GraphPartners(Int32Array.of(0, 1, 2, 3, 4), Int32Array.of(1, 0, 3, 2)))).toBe(2);
  });

  it('have the degrees that their names promise', () => {
    const degrees = (topology: Topology): number[] => {
      const graph = graphOf(topology, 600);
      return Array.from({ length: 600 }, (_, member) => neighboursOf(graph, member).length).sort((a, b) => a - b);
    };
    expect(new Set(degrees('random-regular'))).toEqual(new Set([8]));
    expect(new Set(degrees('ring'))).toEqual(new Set([2]));
    const smallWorld = degrees('small-world');
    expect(smallWorld.reduce((sum, degree) => sum + degree, 0)).toBe(600 * 8);
    expect(smallWorld.at(-1)).toBeLessThan(20);
    // A few hubs, and most members with little more than the links they came with.
    const scaleFree = degrees('scale-free');
    expect(scaleFree[300]).toBeLessThan(8);
    expect(scaleFree.at(-1)).toBeGreaterThan(40);
  });

  it('random-regular has lost the lattice that it was made from', () => {
    const graph = graphOf('random-regular', 1000);
    let near = 0;
    for (let member = 0; member < 1000; member++) {
      for (const neighbour of neighboursOf(graph, member)) {
        const distance = Math.abs(neighbour - member);
        if (Math.min(distance, 1000 - distance) <= 4) near++;
      }
    }
    // Of 8,000 ends some 64 are near by chance.
    expect(near).toBeLessThan(150);
  });
});

describe('partners', () => {
  it.each(TOPOLOGIES)('%s: distinct others, each possible one drawn', (topology) => {
    const n = 12;
    const partners = createPartners(topology, n, new FastRandom('partners', topology));
    const random = new FastRandom('draw');
    const out = new Int32Array(3);
    const seen = new Set<number>();
    for (let draw = 0; draw < 600; draw++) {
      const count = partners.pick(5, out, random);
      const picked = [...out.subarray(0, count)];
      expect(count).toBe(topology === 'ring' ? 2 : 3);
      expect(new Set(picked).size).toBe(count);
      expect(picked).not.toContain(5);
      for (const target of picked) seen.add(target);
    }
    const possible = partners instanceof GraphPartners ? neighboursOf(partners, 5).length : n - 1;
    expect(seen.size).toBe(possible);
  });

  it('complete draws uniformly', () => {
    const counts = drawsOf(createPartners('complete', 6, new FastRandom('x')), 2, 50_000);
    expect(counts[2]).toBe(0);
    for (const [member, count] of counts.entries())
      if (member !== 2) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  it('two zones: one contact in twenty crosses', () => {
    const counts = drawsOf(createPartners('two-zones', 100, new FastRandom('x')), 3, 50_000);
    const across = counts.slice(50).reduce((sum, count) => sum + count, 0);
    expect(Math.abs(across / 50_000 - 0.05)).toBeLessThan(0.005);
  });

  it('takes all there are where more are asked for', () => {
    const out = new Int32Array(9);
    const partners = createPartners('complete', 4, new FastRandom('x'));
    expect(partners.pick(1, out, new FastRandom('y'))).toBe(3);
    expect([...out.subarray(0, 3)].sort()).toEqual([0, 2, 3]);
  });
});

function drawsOf(partners: Partners, member: number, count: number): number[] {
  const random = new FastRandom('draws');
  const out = new Int32Array(1);
  const counts = new Array<number>(partners.n).fill(0);
  for (let draw = 0; draw < count; draw++) {
    partners.pick(member, out, random);
    counts[out[0] as number] = (counts[out[0] as number] ?? 0) + 1;
  }
  return counts;
}
