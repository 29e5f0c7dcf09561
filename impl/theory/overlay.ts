/**
 * Spreading and averaging where members draw their peers from a few neighbours only. On a complete graph only the number
 * of those who know counts (spread.ts); here it matters who they are, so these are bounds over the worst case and no
 * exact figures. They are computed from the graph itself, with additions, multiplications and roots only.
 */
import type { Conditions, Overlay } from '../protocol.ts';
import { roundsToAll, type SpreadMode } from './spread.ts';

/** All sets of members are looked at up to this many, 2^n of them. */
const MOST_FOR_SETS = 16;
/** Any of the members that lost a life may be down; all their subsets are looked at up to this many. */
const MOST_ABSENT = 6;
/** Matrices are multiplied up to this many members, at n^3 each. */
const MOST_FOR_MATRIX = 100;

type Setting = Pick<Conditions, 'n' | 'livesLost' | 'stayDown' | 'overlay'>;

/** A graph of those who are there, by index. `degrees` count the neighbours that are away, too: contacts with them are wasted. */
interface Graph {
  readonly knows: readonly (readonly number[])[];
  readonly degrees: readonly number[];
}

/**
 * Rounds after which what one member knew is known by all that are up, but for a chance of at most `failure`, whoever of
 * those that may stay down is down: nobody need know it, and contacts with them are wasted. In each round every member
 * contacts `fanout` of its neighbours, or of all others where there is no overlay. undefined: no bound, and why is what
 * `overlayProblem` says.
 */
export function roundsUnder(
  mode: SpreadMode,
  conditions: Setting,
  fanout: number,
  failure: number,
): number | undefined {
  const { n, livesLost, overlay } = conditions;
  if (overlay === undefined) {
    return roundsToAll(mode, n, fanout, failure, mostAbsent(n, livesLost));
  }
  if (overlayProblem(conditions) !== undefined) return undefined;
  const graphs = presences(overlay, mayBeDown(conditions));
  return Math.max(...graphs.map((graph) => roundsOnGraph(mode, graph, fanout, failure)));
}

/**
 * How many of those that lost a life are down at worst: spreading takes the longer the more there are, as long as two are
 * left.
 */
export function mostAbsent(n: number, livesLost: readonly string[]): number {
  return Math.max(0, Math.min(livesLost.length, n - 2));
}

function mayBeDown({ livesLost, stayDown }: Setting): readonly string[] {
  return stayDown ?? livesLost;
}

/** Why nothing can be promised on this overlay; undefined where something can, and where there is none. */
export function overlayProblem(conditions: Setting): string | undefined {
  const { overlay } = conditions;
  if (overlay === undefined) return undefined;
  const down = mayBeDown(conditions);
  if (down.length > MOST_ABSENT) {
    return `${down.length} members may be down, and on an overlay no more than ${MOST_ABSENT} are counted with`;
  }
  if (presences(overlay, down).every(isStronglyConnected)) return undefined;
  return down.length === 0 ? 'the overlay is not connected' : `without ${down.join(', ')} the overlay may fall apart`;
}

/** The graph of those who are up, for each set of those that may be down. */
function presences(overlay: Overlay, livesLost: readonly string[]): Graph[] {
  const lost = livesLost.filter((name) => overlay.has(name));
  return Array.from({ length: 2 ** lost.length }, (_, set) => {
    const absent = new Set(lost.filter((_name, i) => ((set >> i) & 1) === 1));
    const present = [...overlay.keys()].filter((name) => !absent.has(name));
    const index = new Map(present.map((name, i) => [name, i]));
    return {
      knows: present.map((name) => (overlay.get(name) ?? []).flatMap((other) => index.get(other) ?? [])),
      degrees: present.map((name) => overlay.get(name)?.length ?? 0),
    };
  });
}

function isStronglyConnected({ knows }: Graph): boolean {
  return longestFrom(knows, 0) !== undefined && longestFrom(reversed(knows), 0) !== undefined;
}

function reversed(edges: readonly (readonly number[])[]): number[][] {
  const out: number[][] = edges.map(() => []);
  edges.forEach((targets, from) => {
    for (const to of targets) out[to]?.push(from);
  });
  return out;
}

/** Steps to the farthest; undefined where somebody is not reached. */
function longestFrom(edges: readonly (readonly number[])[], start: number): number | undefined {
  const steps = new Map([[start, 0]]);
  let most = 0;
  for (const [at, step] of steps) {
    most = step;
    for (const to of edges[at] ?? []) if (!steps.has(to)) steps.set(to, step + 1);
  }
  return steps.size < edges.length ? undefined : most;
}

/** Of all shortest ways from one member to another along who may draw whom, the longest, in steps. */
export function longestWay(overlay: Overlay): number {
  const [graph] = presences(overlay, []);
  const edges = graph?.knows ?? [];
  return Math.max(0, ...edges.map((_, start) => longestFrom(edges, start) ?? Number.POSITIVE_INFINITY));
}

export function mostNeighbours(overlay: Overlay): number {
  return Math.max(0, ...[...overlay.values()].map((knows) => knows.length));
}

// --- spreading ------------------------------------------------------------------------------------------------------

function roundsOnGraph(mode: SpreadMode, graph: Graph, fanout: number, failure: number): number {
  const m = graph.knows.length;
  if (m <= 1) return 0;
  const along = roundsAlongWays(mode, graph, fanout, failure / m);
  return m > MOST_FOR_SETS ? along : Math.min(along, roundsBySets(mode, graph, fanout, failure));
}

/**
 * As long as not all know, a round tells at least one more with at least the chance that the worst set of so many members
 * has; choices of different rounds are independent. So the rounds are at most a sum of geometric waiting times, one for
 * each size of the set.
 */
function roundsBySets(mode: SpreadMode, { knows, degrees }: Graph, fanout: number, failure: number): number {
  const m = knows.length;
  const masks = knows.map((targets) => targets.reduce((mask, to) => mask | (1 << to), 0));
  // [member][neighbours among those that count]: the chance that it contacts none of these.
  const missing = degrees.map((degree) =>
    Array.from({ length: degree + 1 }, (_, hits) => missAll(degree, fanout, hits)),
  );
  const worst = new Array<number>(m).fill(1);
  for (let set = 1; set < 2 ** m - 1; set++) {
    let none = 1;
    for (let i = 0; i < m; i++) {
      const inside = ((set >> i) & 1) === 1;
      if (inside ? mode === 'pull' : mode === 'push') continue;
      const across = (masks[i] ?? 0) & (inside ? ~set : set);
      if (across !== 0) none *= missing[i]?.[ones(across)] ?? 1;
    }
    const size = ones(set);
    worst[size] = Math.min(worst[size] ?? 1, 1 - none);
  }
  return waitForAll(worst.slice(1), failure);
}

/**
 * News takes each step of a shortest way with at least the chance that its least likely step has, in every round anew: at
 * most so many geometric waiting times one after the other. `failure` is for one member to be reached.
 */
function roundsAlongWays(mode: SpreadMode, { knows, degrees }: Graph, fanout: number, failure: number): number {
  const draws = knows.map((targets) => new Set(targets));
  const chanceTo = (from: number, to: number): number => {
    const degree = degrees[from] ?? 0;
    return draws[from]?.has(to) ? Math.min(1, fanout / degree) : 0;
  };
  const tells: number[][] = knows.map(() => []);
  let least = 1;
  for (let from = 0; from < knows.length; from++) {
    for (let to = 0; to < knows.length; to++) {
      const pushed = mode === 'pull' ? 0 : chanceTo(from, to);
      const pulled = mode === 'push' ? 0 : chanceTo(to, from);
      const chance = 1 - (1 - pushed) * (1 - pulled);
      if (chance <= 0) continue;
      tells[from]?.push(to);
      least = Math.min(least, chance);
    }
  }
  const steps = Math.max(...tells.map((_, start) => longestFrom(tells, start) ?? Number.POSITIVE_INFINITY));
  return waitForAll(new Array<number>(steps).fill(least), failure);
}

/** Rounds after which events that come one after the other, each with its chance in every round, have all come. */
function waitForAll(chances: readonly number[], failure: number): number {
  const waiting = new Float64Array(chances.length);
  if (chances.length > 0) waiting[0] = 1;
  let rounds = 0;
  for (let left = chances.length > 0 ? 1 : 0; left > failure; ) {
    rounds++;
    left = 0;
    for (let i = chances.length - 1; i >= 0; i--) {
      const chance = chances[i] ?? 1;
      const before = i > 0 ? (waiting[i - 1] ?? 0) * (chances[i - 1] ?? 1) : 0;
      waiting[i] = (waiting[i] ?? 0) * (1 - chance) + before;
      left += waiting[i] ?? 0;
    }
  }
  return rounds;
}

/** Chance that `fanout` distinct ones of `degree` neighbours hold none of `hits` among them. */
function missAll(degree: number, fanout: number, hits: number): number {
  let chance = 1;
  for (let j = 0; j < Math.min(fanout, degree); j++) chance *= Math.max(0, degree - hits - j) / (degree - j);
  return chance;
}

function ones(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/**
 * Chance at most that a rumour that members stop telling never takes a way of `steps` steps: somebody on it stopped before
 * it drew the next one. A counter allows at least k contacts; a coin ends with chance 1/k after each.
 */
export function missedOnWay(
  steps: number,
  neighbours: number,
  { stop, k }: { readonly stop: 'coin' | 'counter'; readonly k: number },
): number {
  const past = 1 - 1 / neighbours;
  const missed = stop === 'counter' ? past ** k : past / k / (1 - past * (1 - 1 / k));
  return Math.min(1, steps * missed);
}

// --- averaging ------------------------------------------------------------------------------------------------------

/**
 * By what a cycle multiplies the expected variance of estimates at least as slowly as it really does, when in it each
 * member averages with one random neighbour; undefined without an overlay. One exchange of a random initiator multiplies
 * it by at most the second eigenvalue of the mean averaging matrix (Boyd, Ghosh, Prabhakar, Shah 2006, section II). Members
 * take turns in a fixed order, which may be an unlucky one, so a cycle is counted as half as many exchanges: own, and
 * compared with the worst of all orders on small graphs by a test.
 */
export function overlayVarianceFactor(conditions: Setting): number | undefined {
  const { overlay } = conditions;
  if (overlay === undefined) return undefined;
  // Who is away is not asked twice: it drops out of the neighbours.
  return Math.max(...presences(overlay, mayBeDown(conditions)).map(({ knows }) => factorOf(knows)));
}

function factorOf(knows: readonly (readonly number[])[]): number {
  const m = knows.length;
  if (m <= 1) return 0;
  if (m > MOST_FOR_MATRIX) return 1;
  // The mean averaging matrix, the mean itself taken out of it.
  const matrix = Array.from({ length: m }, (_, i) =>
    Float64Array.from({ length: m }, (_v, j) => (i === j ? 1 : 0) - 1 / m),
  );
  const put = (i: number, j: number, amount: number): void => {
    const row = matrix[i];
    if (row !== undefined) row[j] = (row[j] ?? 0) + amount;
  };
  knows.forEach((targets, i) => {
    const weight = 1 / (2 * m * targets.length);
    for (const j of targets) {
      put(i, i, -weight);
      put(j, j, -weight);
      put(i, j, weight);
      put(j, i, weight);
    }
  });
  return Math.min(1, largestEigenvalue(matrix) ** (m / 2));
}

const MOST_POWER = 1024;
/** Powers are taken no further, so that nothing is lost to the least number there is. */
const LEAST_TRACE = 1e-60;

/** An upper bound, close: of a matrix without negative eigenvalues the trace of a power is at least that of the largest. */
function largestEigenvalue(matrix: readonly Float64Array[]): number {
  let power = 1;
  let raised = matrix;
  while (power < MOST_POWER && traceOf(raised) > LEAST_TRACE) {
    raised = squared(raised);
    power *= 2;
  }
  return Math.max(0, traceOf(raised)) ** (1 / power);
}

function traceOf(matrix: readonly Float64Array[]): number {
  return matrix.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
}

/** Of a symmetric matrix. */
function squared(matrix: readonly Float64Array[]): Float64Array[] {
  return matrix.map((row) =>
    Float64Array.from(matrix, (other) => row.reduce((sum, value, k) => sum + value * (other[k] ?? 0), 0)),
  );
}
