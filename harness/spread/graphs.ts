/** Random graphs, connected and simple, as adjacency in typed arrays. */
import type { FastRandom } from './fast-random.ts';
import { GraphPartners } from './partners.ts';

/** A member and its two neighbours. `n` of at least 3. */
export function ringGraph(n: number): GraphPartners {
  return fromRows(circulant(n, 2), 2);
}

/**
 * Every member has `degree` neighbours: a lattice whose edges are swapped, two at a time, until nothing of it is left
 * (the switching chain; its stationary distribution is uniform over the simple regular graphs). `degree` even and
 * below n.
 */
export function regularGraph(n: number, degree: number, random: FastRandom): GraphPartners {
  const rows = circulant(n, degree);
  // A graph of degree 4 or more is hardly ever in pieces; should it be, it is swapped on.
  do for (let swap = 0; swap < 4 * n * degree; swap++) trySwap(rows, n, degree, random);
  while (!isConnected(rows, n, degree));
  return fromRows(rows, degree);
}

/** Watts and Strogatz 1998: a ring lattice of `degree` neighbours, each edge led elsewhere with chance `rewiring`. */
export function smallWorldGraph(n: number, degree: number, rewiring: number, random: FastRandom): GraphPartners {
  for (;;) {
    const lists = latticeLists(n, degree);
    for (let member = 0; member < n; member++) {
      for (let step = 1; step <= degree / 2; step++) {
        if (random.next() >= rewiring) continue;
        const mine = lists[member] as number[];
        const target = random.int(n);
        if (target === member || mine.includes(target)) continue;
        const old = (member + step) % n;
        unlink(lists, member, old);
        mine.push(target);
        lists[target]?.push(member);
      }
    }
    const graph = fromLists(lists);
    if (reachable(graph) === n) return graph;
  }
}

/**
 * Barabási and Albert 1999: members come one by one and link to `links` that are there, drawn in proportion to how many
 * links those have. Starts from `links` + 1 that are all linked. `n` above `links`.
 */
export function scaleFreeGraph(n: number, links: number, random: FastRandom): GraphPartners {
  const lists: number[][] = Array.from({ length: n }, () => []);
  // Every end of every edge: a draw from here is a draw in proportion to degree.
  const ends: number[] = [];
  const link = (a: number, b: number): void => {
    lists[a]?.push(b);
    lists[b]?.push(a);
    ends.push(a, b);
  };
  for (let a = 0; a <= links; a++) for (let b = 0; b < a; b++) link(a, b);
  for (let member = links + 1; member < n; member++) {
    const chosen: number[] = [];
    const there = ends.length;
    while (chosen.length < links) {
      const target = ends[random.int(there)] as number;
      if (!chosen.includes(target)) chosen.push(target);
    }
    for (const target of chosen) link(member, target);
  }
  return fromLists(lists);
}

/** Row by row, `degree` neighbours each: half of them on either side. */
function circulant(n: number, degree: number): Int32Array {
  const rows = new Int32Array(n * degree);
  for (let member = 0; member < n; member++) {
    for (let step = 1; step <= degree / 2; step++) {
      rows[member * degree + 2 * step - 2] = (member + step) % n;
      rows[member * degree + 2 * step - 1] = (member + n - step) % n;
    }
  }
  return rows;
}

/** Edges a-b and c-d become a-d and c-b, unless that made a loop or a double edge. */
function trySwap(rows: Int32Array, n: number, degree: number, random: FastRandom): void {
  const ab = random.int(n * degree);
  const cd = random.int(n * degree);
  const a = Math.floor(ab / degree);
  const c = Math.floor(cd / degree);
  const b = rows[ab] as number;
  const d = rows[cd] as number;
  if (a === c || a === d || b === c || b === d) return;
  if (slotOf(rows, degree, a, d) >= 0 || slotOf(rows, degree, c, b) >= 0) return;
  rows[slotOf(rows, degree, b, a)] = c;
  rows[slotOf(rows, degree, d, c)] = a;
  rows[ab] = d;
  rows[cd] = b;
}

function slotOf(rows: Int32Array, degree: number, member: number, neighbour: number): number {
  for (let slot = member * degree; slot < (member + 1) * degree; slot++) if (rows[slot] === neighbour) return slot;
  return -1;
}

function isConnected(rows: Int32Array, n: number, degree: number): boolean {
  return reachable(fromRows(rows, degree)) === n;
}

function latticeLists(n: number, degree: number): number[][] {
  const rows = circulant(n, degree);
  return Array.from({ length: n }, (_, member) => [...rows.subarray(member * degree, (member + 1) * degree)]);
}

function unlink(lists: number[][], a: number, b: number): void {
  lists[a]?.splice(lists[a].indexOf(b), 1);
  lists[b]?.splice(lists[b].indexOf(a), 1);
}

function fromRows(rows: Int32Array, degree: number): GraphPartners {
  return new GraphPartners(
    Int32Array.from({ length: rows.length / degree + 1 }, (_, member) => member * degree),
    rows,
  );
}

function fromLists(lists: readonly number[][]): GraphPartners {
  const offsets = new Int32Array(lists.length + 1);
  lists.forEach((list, member) => {
    offsets[member + 1] = (offsets[member] ?? 0) + list.length;
  });
  return new GraphPartners(offsets, Int32Array.from(lists.flat()));
}

/** Members that can be reached from the first one, itself counted. */
export function reachable(graph: GraphPartners): number {
  const seen = new Uint8Array(graph.n);
  const stack = [0];
  seen[0] = 1;
  let count = 0;
  for (let member = stack.pop(); member !== undefined; member = stack.pop()) {
    count++;
    for (let slot = graph.offsets[member] ?? 0; slot < (graph.offsets[member + 1] ?? 0); slot++) {
      const neighbour = graph.neighbours[slot] as number;
      if (seen[neighbour] === 1) continue;
      seen[neighbour] = 1;
      stack.push(neighbour);
    }
  }
  return count;
}
