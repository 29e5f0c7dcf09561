/** The pictures of `hearsay capacity`: one figure against the number of members. */
import type { Chart, Layers } from '../../reports/chart.ts';
import type { CapacityRow } from '../capacity/capacity.ts';

type Layer = Layers[number];

export interface CapacitySeries {
  readonly colour: string;
  readonly rows: readonly CapacityRow[];
}

export interface CapacityChart {
  readonly id: string;
  readonly label: string;
  readonly yTitle: string;
  readonly series: readonly CapacitySeries[];
}

/** Line: medians. Bars: from the least to the most of the runs. Dashed, in the series' colour: theory. */
export function capacityChart({ id, label, yTitle, series }: CapacityChart): Chart {
  const all = series.flatMap(({ rows }) => rows);
  const members = [...new Set(all.map((row) => row.members))].sort((a, b) => a - b);
  const [least = 2, most = least] = [members[0], members.at(-1)];
  const top = Math.max(...all.map((row) => Math.max(row.max, row.expected ?? 0)), 1e-9);
  const x = {
    field: 'members',
    type: 'quantitative',
    // Room at the ends, and a width even for a single size.
    scale: { type: 'log', domain: [least / 1.15, most * 1.15], nice: false },
    axis: { title: 'members (logarithmic)', values: members, format: 'd', grid: false, labelOverlap: false },
  };
  const y = (field: string): Layer => ({
    field,
    type: 'quantitative',
    scale: { domain: [0, top * 1.05], nice: false },
    axis: { title: yTitle, tickCount: 5, format: ',~f' },
  });
  const layers = series.flatMap(({ colour, rows }): Layer[] => {
    const values = rows.map((row) => ({ ...row }));
    const theory = values.filter((row) => row.expected !== null);
    return [
      {
        data: { values },
        mark: { type: 'rule', color: colour, opacity: 0.4, strokeWidth: 3 },
        encoding: { x, y: y('min'), y2: { field: 'max' } },
      },
      {
        data: { values },
        mark: { type: 'line', color: colour, strokeWidth: 2 },
        encoding: { x, y: y('median') },
      },
      {
        data: { values },
        mark: { type: 'point', color: colour, filled: true, size: 40, opacity: 1 },
        encoding: { x, y: y('median') },
      },
      {
        data: { values: theory },
        mark: { type: 'line', color: colour, strokeWidth: 1.8, strokeDash: [6, 4] },
        encoding: { x, y: y('expected') },
      },
      {
        data: { values: theory },
        mark: { type: 'point', color: colour, filled: false, size: 40, opacity: 1 },
        encoding: { x, y: y('expected') },
      },
    ];
  });
  return { id, label, heightPx: 200, layers };
}
