/** Bounds on overlays against what really happens on them: simulated spreading, and averaging in every order there is. */
import { expect, test } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import type { Overlay, Random } from '../protocol.ts';
import {
  longestWay,
  missedOnWay,
  mostNeighbours,
  overlayProblem,
  overlayVarianceFactor,
  roundsUnder,
} from './overlay.ts';
import { roundsToAll, type SpreadMode } from './spread.ts';

type Edges = readonly (readonly number[])[];

const overlayOf = (edges: Edges): Overlay =>
  new Map(edges.map((targets, i) => [`m${i}`, targets.map((to) => `m${to}`)]));
const conditions = (edges: Edges, livesLost: readonly string[] = []) => ({
  n: edges.length,
  livesLost,
  overlay: overlayOf(edges),
});
const circle = (n: number, steps: readonly number[]): Edges =>
  Array.from({ length: n }, (_, i) => steps.map((step) => (i + step + n) % n));
const complete = (n: number): Edges =>
  circle(
    n,
    Array.from({ length: n - 1 }, (_, i) => i + 1),
  );
const star = (n: number): Edges =>
  Array.from({ length: n }, (_, i) => (i === 0 ? Array.from({ length: n - 1 }, (_v, j) => j + 1) : [0]));
const path = (n: number): Edges =>
  Array.from({ length: n }, (_, i) => [i - 1, i + 1].filter((other) => other >= 0 && other < n));

/** Rounds until all know, from one member that does. */
function spread(mode: SpreadMode, edges: Edges, start: number, random: Random, absent = new Set<number>()): number {
  const knows = new Set([start]);
  let rounds = 0;
  for (; knows.size < edges.length - absent.size; rounds++) {
    const before = new Set(knows);
    edges.forEach((targets, from) => {
      const to = targets[random.int(targets.length)] ?? 0;
      if (absent.has(from) || absent.has(to)) return;
      if (mode !== 'pull' && before.has(from)) knows.add(to);
      if (mode !== 'push' && before.has(to)) knows.add(from);
    });
  }
  return rounds;
}

const GRAPHS: readonly (readonly [string, Edges])[] = [
  ['a ring of three neighbours', circle(8, [1, 2, 3])],
  ['a one-way ring', circle(6, [1])],
  ['a star', star(7)],
  ['a path', path(5)],
  ['a ring of more than are looked at as sets', circle(20, [-2, -1, 1, 2])],
];

for (const mode of ['push', 'pull', 'push-pull'] as const) {
  test.each(GRAPHS)(`no more spreadings by ${mode} are late than the bound says: %s`, (_name, edges) => {
    const runs = 2000;
    const failure = 0.02;
    const bound = roundsUnder(mode, conditions(edges), 1, failure) ?? 0;
    const random = split('overlay', mode);
    let late = 0;
    for (let run = 0; run < runs; run++) {
      if (spread(mode, edges, random.int(edges.length), random) > bound) late++;
    }
    // Four standard deviations above what the bound allows.
    expect(late).toBeLessThan(runs * failure + 4 * Math.sqrt(runs * failure));
    expect(bound).toBeGreaterThan(0);
    expect(bound).toBeLessThanOrEqual(roundsUnder(mode, conditions(edges), 1, 1e-9) ?? 0);
  });
}

test('where nothing is left to chance the bound is exact', () => {
  // Each knows one other: the news takes one step in every round.
  expect(roundsUnder('push', conditions(circle(6, [1])), 1, 1e-9)).toBe(5);
  expect(roundsUnder('push-pull', conditions([[1], [0]]), 1, 1e-9)).toBe(1);
  expect(roundsUnder('push', conditions(complete(5)), 4, 1e-9)).toBe(1);
});

test('on an overlay of all it is never below the exact figure for a complete graph', () => {
  for (const mode of ['push', 'pull', 'push-pull'] as const) {
    const exact = roundsToAll(mode, 8, 1, 1e-9);
    const bound = roundsUnder(mode, conditions(complete(8)), 1, 1e-9) ?? 0;
    expect(bound).toBeGreaterThanOrEqual(exact);
    expect(bound).toBeLessThan(3 * exact);
  }
  expect(roundsUnder('push', { n: 8, livesLost: ['m1'] }, 1, 1e-9)).toBe(roundsToAll('push', 8, 1, 1e-9, 1));
  // Where all have lost a life, two that meet among absent ones take longest.
  const all = Array.from({ length: 8 }, (_, i) => `m${i}`);
  expect(roundsUnder('push', { n: 8, livesLost: all }, 1, 1e-9)).toBe(roundsToAll('push', 8, 1, 1e-9, 6));
});

test('who may be down is counted with, and where without them it falls apart nothing is promised', () => {
  const ring = circle(8, [-1, 1]);
  expect(overlayProblem(conditions(ring))).toBeUndefined();
  expect(overlayProblem(conditions(ring, ['m3']))).toBeUndefined();
  expect(roundsUnder('push-pull', conditions(ring, ['m3']), 1, 1e-9)).toBeGreaterThan(
    roundsUnder('push-pull', conditions(ring), 1, 1e-9) ?? 0,
  );
  expect(overlayProblem(conditions(ring, ['m3', 'm6']))).toContain('without m3, m6');
  expect(roundsUnder('push-pull', conditions(ring, ['m3', 'm6']), 1, 1e-9)).toBeUndefined();
  // Those who are sure to be back are no gap.
  expect(overlayProblem({ ...conditions(ring, ['m3', 'm6']), stayDown: [] })).toBeUndefined();
  expect(overlayProblem(conditions(complete(12), ['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7']))).toContain(
    'no more than 6',
  );
  // One way only.
  expect(overlayProblem(conditions([[1], [2], [1]]))).toContain('not connected');
});

test('the longest way and the most neighbours', () => {
  expect(longestWay(overlayOf(circle(8, [1, 2, 3])))).toBe(3);
  expect(longestWay(overlayOf(path(5)))).toBe(4);
  expect(mostNeighbours(overlayOf(star(7)))).toBe(6);
});

test('a member that stops misses a neighbour as often as stated', () => {
  const random = split('stops');
  const runs = 20_000;
  for (const rule of [
    { stop: 'counter', k: 6 },
    { stop: 'coin', k: 6 },
  ] as const) {
    let missed = 0;
    for (let run = 0; run < runs; run++) {
      let hit = false;
      for (let contacts = 1; ; contacts++) {
        if (random.int(4) === 0) hit = true;
        if (rule.stop === 'counter' ? contacts === rule.k : random.int(rule.k) === 0) break;
      }
      if (!hit) missed++;
    }
    const expected = missedOnWay(1, 4, rule);
    expect(Math.abs(missed / runs - expected)).toBeLessThan(4 * Math.sqrt(expected / runs));
    expect(missedOnWay(3, 4, rule)).toBeCloseTo(3 * expected);
  }
});

// --- averaging ------------------------------------------------------------------------------------------------------

/** The form that the expected variance after member i's exchange has in the values before it. */
function before(form: readonly Float64Array[], i: number, targets: readonly number[]): Float64Array[] {
  const out = form.map((row) => new Float64Array(row.length));
  for (const j of targets) {
    const mixed = form.map((row) => Float64Array.from(row));
    for (const row of mixed) {
      const mean = ((row[i] ?? 0) + (row[j] ?? 0)) / 2;
      row[i] = mean;
      row[j] = mean;
    }
    const mean = Float64Array.from(mixed[i] ?? [], (value, c) => (value + (mixed[j]?.[c] ?? 0)) / 2);
    mixed[i] = mean;
    mixed[j] = mean;
    mixed.forEach((row, r) => {
      row.forEach((value, c) => {
        const target = out[r] ?? new Float64Array();
        target[c] = (target[c] ?? 0) + value / targets.length;
      });
    });
  }
  return out;
}

/** The largest eigenvalue, by so many steps that what is missing of it does not matter here. */
function norm(form: readonly Float64Array[]): number {
  let vector = Float64Array.from(form, (_, i) => Math.sin(i + 1));
  let length = 0;
  for (let step = 0; step < 60; step++) {
    const next = Float64Array.from(form, (row) => row.reduce((sum, value, c) => sum + value * (vector[c] ?? 0), 0));
    length = Math.hypot(...next);
    vector = next.map((value) => value / length);
  }
  return length;
}

function worstOrder(edges: Edges): number {
  const n = edges.length;
  const start = Array.from({ length: n }, (_, r) =>
    Float64Array.from({ length: n }, (_v, c) => (r === c ? 1 : 0) - 1 / n),
  );
  let worst = 0;
  const go = (form: Float64Array[], left: readonly number[]): void => {
    if (left.length === 0) worst = Math.max(worst, norm(form));
    for (const i of left)
      go(
        before(form, i, edges[i] ?? []),
        left.filter((other) => other !== i),
      );
  };
  go(start, [...edges.keys()]);
  return worst;
}

test.each<readonly [string, Edges]>([
  ['a complete graph', complete(5)],
  ['a ring', circle(6, [-1, 1])],
  ['a one-way ring', circle(6, [1])],
  ['a one-way ring of two neighbours', circle(6, [1, 2])],
  ['a path', path(5)],
  ['a star', star(6)],
  ['a kite', [[1, 2], [0, 2], [0, 1, 3], [2, 4], [3]]],
])('in no order of turns does a cycle of averaging take longer than is counted: %s', (_name, edges) => {
  const factor = overlayVarianceFactor(conditions(edges)) ?? 0;
  const worst = worstOrder(edges);
  expect(worst).toBeGreaterThan(0.1);
  expect(worst).toBeLessThanOrEqual(factor);
  expect(factor).toBeLessThan(1);
});

test('the same for the ring of sensors, from any first turn', () => {
  const edges = circle(8, [1, 2, 3]);
  const factor = overlayVarianceFactor(conditions(edges)) ?? 0;
  const n = 8;
  const start = Array.from({ length: n }, (_, r) =>
    Float64Array.from({ length: n }, (_v, c) => (r === c ? 1 : 0) - 1 / n),
  );
  const random = split('orders');
  let worst = 0;
  // All orders are 5,040 up to the ring's symmetry; a few hundred of them take a second.
  for (let draw = 0; draw < 300; draw++) {
    const order = random.shuffle([...edges.keys()]);
    worst = Math.max(worst, norm(order.reduce<Float64Array[]>((form, i) => before(form, i, edges[i] ?? []), start)));
  }
  expect(worst).toBeLessThan(factor);
});
