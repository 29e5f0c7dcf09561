/** The pictures of `hearsay spread`. */
import type { Chart } from '../../reports/chart.ts';
import type { FloodPoint } from '../spread/floods.ts';
import type { CoveragePoint } from '../spread/monte-carlo.ts';
import type { Moments } from '../spread/statistics.ts';

type Layer = { readonly [key: string]: unknown };

const INK = { runs: '#0072b2', theory: '#000000' } as const;
/** A curve of more points than these is thinned out. */
const MOST_POINTS = 2000;

/** Mean coverage with the band that holds four of five runs, and what theory expects. */
export function coverageChart(coverage: readonly CoveragePoint[], label: string): Chart {
  const stride = Math.ceil(coverage.length / MOST_POINTS);
  const points = coverage
    .map((point, cycle) => ({ cycle, ...point }))
    .filter(({ cycle }) => cycle % stride === 0 || cycle === coverage.length - 1);
  const x = cycleAxis([0, Math.max(1, coverage.length - 1)]);
  return shareChart(x, points, label);
}

/** The same against time. */
export function floodChart(coverage: readonly FloodPoint[], label: string): Chart {
  const x = axis('ms', 'ms since the origin knew', [0, Math.max(1, coverage.at(-1)?.ms ?? 1)]);
  const points = coverage.map((point) => ({ ...point, theory: null }));
  return shareChart(x, points, label);
}

function shareChart(x: Layer, points: readonly CoveragePoint[], label: string): Chart {
  const y = (field: string): Layer => ({ ...axis(field, 'members that know', [0, 1]), axis: PERCENT });
  return {
    id: 'coverage',
    label,
    heightPx: 320,
    layers: [
      {
        data: { values: points },
        mark: { type: 'area', color: INK.runs, opacity: 0.18, interpolate: 'linear' },
        encoding: { x, y: y('p10'), y2: { field: 'p90' } },
      },
      {
        data: { values: points },
        mark: { type: 'line', color: INK.runs, strokeWidth: 2.5, point: points.length <= 80 },
        encoding: { x, y: y('mean') },
      },
      {
        data: { values: points.filter((point) => point.theory !== null) },
        mark: { type: 'line', color: INK.theory, strokeWidth: 1.8, strokeDash: [6, 4] },
        encoding: { x, y: y('theory') },
      },
    ],
  };
}

/** The factor in each cycle, with one standard deviation to either side, and theory's. */
export function factorChart(byCycle: readonly Moments[], theory: number, label: string): Chart {
  const points = byCycle.map(({ mean, sd }, index) => ({
    cycle: index + 1,
    mean,
    low: Math.max(0, (mean ?? 0) - (sd ?? 0)),
    high: (mean ?? 0) + (sd ?? 0),
  }));
  const x = cycleAxis([0.5, byCycle.length + 0.5]);
  const y = (field: string): Layer => axis(field, 'factor', [0, Math.max(0.6, ...points.map(({ high }) => high))]);
  return {
    id: 'factor',
    label,
    heightPx: 320,
    layers: [
      {
        data: { values: points },
        mark: { type: 'rule', color: INK.runs, opacity: 0.4, strokeWidth: 3 },
        encoding: { x, y: y('low'), y2: { field: 'high' } },
      },
      {
        data: { values: points },
        mark: { type: 'point', color: INK.runs, filled: true, size: 60, opacity: 1 },
        encoding: { x, y: y('mean') },
      },
      {
        data: { values: [{ theory }] },
        mark: { type: 'rule', color: INK.theory, strokeWidth: 1.8, strokeDash: [6, 4] },
        encoding: { y: y('theory') },
      },
    ],
  };
}

const PERCENT = { title: 'members that know', format: '%', tickCount: 5 };

function axis(field: string, title: string, domain: readonly [number, number]): Layer {
  return { field, type: 'quantitative', scale: { domain, nice: false }, axis: { title } };
}

function cycleAxis(domain: readonly [number, number]): Layer {
  return { ...axis('cycle', 'cycle', domain), axis: { title: 'cycle', tickMinStep: 1, format: 'd' } };
}
