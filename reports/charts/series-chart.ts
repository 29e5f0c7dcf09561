/** Lines over the run's time: quantiles of latency, bytes per second. */
import type { Chart } from '../chart.ts';
import { background, type Layer, type RunFrame, round, timeAxis } from './frame.ts';

export interface LineSeries {
  readonly name: string;
  readonly colour: string;
  readonly strokeDash?: readonly number[];
  readonly strokeWidth?: number;
  /** Neighbours further apart than this, s, are not joined. */
  readonly gapS?: number;
  readonly points: readonly { readonly t: number; readonly y: number; readonly d?: string }[];
}

export interface SeriesOptions {
  readonly id: string;
  readonly label: string;
  readonly yTitle: string;
  readonly log?: boolean;
  readonly heightPx?: number;
  /** vega's number format on the y axis. */
  readonly format?: string;
  readonly dots?: boolean;
}

export function seriesChart(frame: RunFrame, series: readonly LineSeries[], options: SeriesOptions): Chart {
  const all = series.flatMap((one) => one.points.map((point) => point.y)).filter((y) => !options.log || y > 0);
  const low = options.log ? all.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY) : 0;
  const high = all.reduce((a, b) => Math.max(a, b), low);
  // A logarithmic axis needs at least two labelled powers of ten to be read.
  const domain = options.log
    ? [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(Math.max(high, low * 1.01)))]
    : [0, Math.max(high * 1.05, 1e-9)];
  const powers = options.log ? powersOfTen(domain[0] ?? 1, domain[1] ?? 10) : undefined;
  const y: Layer = {
    field: 'y',
    type: 'quantitative',
    scale: options.log ? { type: 'log', domain, nice: false } : { domain, nice: false },
    axis: { title: options.yTitle, format: options.format ?? ',', tickCount: 5, ...(powers && { values: powers }) },
  };
  const layers = series.map((one): Layer => {
    const values = segments(one).filter((point) => !options.log || (point.y as number) > 0);
    return {
      data: { values },
      mark: {
        type: 'line',
        color: one.colour,
        strokeWidth: one.strokeWidth ?? 1.8,
        ...(one.strokeDash && { strokeDash: one.strokeDash }),
      },
      encoding: { x: timeAxis(frame), y, detail: { field: 'i', type: 'nominal' } },
    };
  });
  const dots = series.map((one): Layer => {
    const values = segments(one).filter((point) => !options.log || (point.y as number) > 0);
    return {
      data: { values },
      mark: { type: 'point', filled: true, size: 18, color: one.colour, opacity: 0.9 },
      encoding: { x: timeAxis(frame), y, description: { field: 'd' } },
    };
  });
  return {
    id: options.id,
    label: options.label,
    heightPx: options.heightPx ?? 170,
    layers: [...background(frame), ...layers, ...(options.dots ? dots : [])],
  };
}

function segments(series: LineSeries): Layer[] {
  let segment = 0;
  let before: number | undefined;
  return series.points.map((point) => {
    if (before !== undefined && series.gapS !== undefined && point.t - before > series.gapS) segment++;
    before = point.t;
    return { t: round(point.t), y: Number(point.y.toPrecision(4)), i: segment, ...(point.d && { d: point.d }) };
  });
}

function powersOfTen(from: number, to: number): number[] {
  const out: number[] = [];
  for (let power = Math.round(Math.log10(from)); power <= Math.round(Math.log10(to)); power++) out.push(10 ** power);
  return out;
}
