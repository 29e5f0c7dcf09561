/** Coverage: share of the members that have an item, by the time since it was sent. */
import type { Chart } from '../chart.ts';
import type { CurvePoint } from '../coverage-curve.ts';
import type { Item } from '../folds/coverage-fold.ts';
import { INK, seriesColour } from '../palette.ts';
import type { Layer } from './frame.ts';

export interface CoverageGroup {
  /** Kinds of faults that were on; empty: none. */
  readonly faults: readonly string[];
  readonly items: readonly Item[];
  readonly colour: string;
}

/** Faint lines drawn at most in one chart. */
export const MOST_LINES = 90;
const MOST_GROUPS = 4;
const LEAST_MS = 0.5;

/** By the faults that were on meanwhile, the most frequent groups first; what is left over stands in the last. */
export function groupItems(items: readonly Item[]): readonly CoverageGroup[] {
  const groups = new Map<string, { faults: readonly string[]; items: Item[] }>();
  for (const item of items) {
    const key = item.faults.join('\u0000');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { faults: item.faults, items: [item] });
    else group.items.push(item);
  }
  const sorted = [...groups.values()].sort((a, b) => b.items.length - a.items.length);
  const rest = sorted.splice(MOST_GROUPS);
  sorted.sort((a, b) => a.faults.length - b.faults.length);
  const out = sorted.map((group, index): CoverageGroup => ({ ...group, colour: seriesColour(index) }));
  const left = rest.flatMap((group) => group.items);
  if (left.length > 0) out.push({ faults: ['other combinations'], items: left, colour: '#8a8a8a' });
  return out;
}

/** Median over the items of the share covered, at times spread evenly on a logarithmic axis. ms. */
export function medianCurve(items: readonly Item[], n: number, endMs: number): readonly CurvePoint[] {
  const points: CurvePoint[] = [];
  const steps = 70;
  for (let step = 0; step <= steps; step++) {
    const ms = LEAST_MS * (endMs / LEAST_MS) ** (step / steps);
    const shares = items.map((item) => covered(item, ms) / n).sort((a, b) => a - b);
    points.push({ ms, share: shares[Math.floor((shares.length - 1) / 2)] ?? 0 });
  }
  return points;
}

function covered(item: Item, ms: number): number {
  let low = 0;
  let high = item.arrivals.length;
  const until = item.start + ms * 1e6;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((item.arrivals[middle]?.time ?? 0) <= until) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** ms; a little beyond the latest arrival, so that the plateau is seen. */
export function lastArrivalMs(items: readonly Item[]): number {
  let last = 20;
  for (const item of items) {
    for (const arrival of item.arrivals) last = Math.max(last, (arrival.time - item.start) / 1e6);
  }
  return last * 1.25;
}

export function coverageChart(
  id: string,
  channel: string,
  groups: readonly CoverageGroup[],
  n: number,
  theory: readonly (readonly CurvePoint[])[],
): Chart {
  const endMs = lastArrivalMs(groups.flatMap((group) => group.items));
  const total = groups.reduce((sum, group) => sum + group.items.length, 0);
  const layers: Layer[] = [];
  for (const group of groups) {
    const share = Math.max(4, Math.floor((MOST_LINES * group.items.length) / Math.max(1, total)));
    const stride = Math.max(1, group.items.length / share);
    const lines: Layer[] = [];
    for (let at = 0; at < group.items.length; at += stride) {
      const item = group.items[Math.floor(at)];
      if (item !== undefined) lines.push(...pathOf(item, n, endMs));
    }
    layers.push(line(lines, endMs, { color: group.colour, opacity: 0.22, strokeWidth: 1, interpolate: 'step-after' }));
  }
  for (const group of groups) {
    const median = medianCurve(group.items, n, endMs).map(({ ms, share }) => ({
      x: digits(ms),
      y: digits(share),
      i: 0,
    }));
    layers.push(line(median, endMs, { color: group.colour, strokeWidth: 3, interpolate: 'step-after' }));
  }
  theory.forEach((curve, index) => {
    const values = resample(curve, endMs).map(({ ms, share }) => ({ x: digits(ms), y: digits(share), i: 0 }));
    const strokeDash = index === 0 ? [7, 4] : [2, 3];
    layers.push(line(values, endMs, { color: INK.theory, strokeWidth: 1.8, strokeDash }));
  });
  return {
    id,
    label: `Share of the ${n} members that had each item of ${channel}, by milliseconds since it was sent`,
    heightPx: 210,
    layers,
  };
}

/** Within a round members act at times spread evenly over it: straight in time, which a logarithmic axis bends. */
function resample(curve: readonly CurvePoint[], endMs: number): CurvePoint[] {
  const out: CurvePoint[] = [];
  const steps = 60;
  for (let step = 0; step <= steps; step++) {
    const ms = LEAST_MS * (endMs / LEAST_MS) ** (step / steps);
    const next = curve.findIndex((point) => point.ms >= ms);
    const b = curve[next];
    const a = curve[next - 1];
    if (b === undefined || a === undefined) {
      const last = curve.at(-1);
      if (last !== undefined) out.push({ ms, share: last.share });
    } else out.push({ ms, share: a.share + ((b.share - a.share) * (ms - a.ms)) / (b.ms - a.ms) });
  }
  return out;
}

function pathOf(item: Item, n: number, endMs: number): Layer[] {
  const points: { x: number; y: number; i: number }[] = [];
  let have = 0;
  for (const arrival of item.arrivals) {
    have++;
    const x = digits(Math.max(LEAST_MS, (arrival.time - item.start) / 1e6));
    const before = points.at(-1);
    // Arrivals that fall together on the picture are one step.
    if (before !== undefined && before.x === x) before.y = digits(have / n);
    else points.push({ x, y: digits(have / n), i: item.operation });
  }
  points.push({ x: digits(endMs), y: digits(have / n), i: item.operation });
  return points;
}

function line(values: readonly Layer[], endMs: number, mark: Layer): Layer {
  return {
    data: { values },
    mark: { type: 'line', ...mark },
    encoding: {
      x: {
        field: 'x',
        type: 'quantitative',
        scale: { type: 'log', domain: [LEAST_MS, endMs], nice: false },
        axis: {
          title: 'milliseconds since it was sent (logarithmic)',
          grid: true,
          values: [1, 10, 100, 1000, 10_000, 100_000, 1_000_000],
          format: ',',
        },
      },
      y: {
        field: 'y',
        type: 'quantitative',
        scale: { domain: [0, 1] },
        axis: { title: 'members that have it', format: '%', tickCount: 5 },
      },
      detail: { field: 'i', type: 'nominal' },
    },
  };
}

function digits(value: number): number {
  return Number(value.toPrecision(4));
}
