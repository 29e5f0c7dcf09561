/** Faults, one lane each; and below, members with their ups, downs and pauses, and their operations as ticks. */
import type { Stay } from '../../harness/model/checker.ts';
import type { Chart } from '../chart.ts';
import type { OperationFold } from '../folds/operation-fold.ts';
import { faultColour, INK } from '../palette.ts';
import { plain } from '../text.ts';
import { background, type Layer, laneLabels, lanes, memberLabel, type RunFrame, round, timeAxis } from './frame.ts';

/** Lanes of faults drawn at most. */
export const MOST_FAULT_LANES = 60;

export function faultChart(frame: RunFrame, describe: (id: string) => string): Chart | undefined {
  const faults = frame.faults.slice(0, MOST_FAULT_LANES);
  if (faults.length === 0) return undefined;
  const values = faults.map((fault, index) => ({
    lane: `${index}`,
    t: round(fault.from / 1e9),
    u: round(Math.max(fault.from / 1e9 + 0.02, Math.min(frame.endS, fault.until / 1e9))),
    colour: faultColour(frame.colours, fault.kind),
    // An id that begins with its kind needs no second word, and has room for its number.
    name: fault.id.startsWith(fault.kind) ? fault.id : `${fault.kind} ${fault.id}`,
    d: plain(describe(fault.id)),
  }));
  // A label on the right half of the chart would run out of it: it stands before the window's end instead.
  const left = values.filter((value) => value.t < frame.endS * 0.6);
  const right = values.filter((value) => value.t >= frame.endS * 0.6);
  const y = lanes(values.length);
  const text = (rows: readonly Layer[], align: 'left' | 'right', field: 't' | 'u'): Layer => ({
    data: { values: rows },
    mark: { type: 'text', align, baseline: 'middle', dx: align === 'left' ? 5 : -5, limit: 420, fontSize: 11 },
    encoding: { x: { ...timeAxis(frame), field }, y, text: { field: 'd' }, color: { value: '#1b1b1b' } },
  });
  return {
    id: 'faults',
    label: `Fault windows over time: ${values.map((value) => `${value.d} from ${value.t} to ${value.u} s`).join('; ')}`,
    heightPx: faults.length * 20,
    layers: [
      {
        data: { values },
        mark: { type: 'rect', opacity: 0.4 },
        encoding: {
          x: { ...timeAxis(frame), axis: { title: null, grid: false, tickCount: 12 } },
          x2: { field: 'u' },
          y,
          color: { field: 'colour', type: 'nominal', scale: null },
          description: { field: 'd' },
        },
      },
      laneLabels(values.map((value) => value.name)),
      text(left, 'left', 't'),
      text(right, 'right', 'u'),
    ],
  };
}

export function operationChart(
  frame: RunFrame,
  operations: OperationFold,
  stays: ReadonlyMap<string, readonly Stay[]>,
): Chart {
  const rows = operations.rows;
  const lane = new Map(rows.map((name, index) => [name, `${index}`] as const));
  const rowPx = rows.length > 40 ? 8 : rows.length > 16 ? 14 : 24;
  const bars: Layer[] = [];
  const pauses: Layer[] = [];
  for (const name of rows) {
    for (const stay of (stays.get(name) ?? []).slice(0, 500)) {
      const until = Math.min(frame.endS, stay.until / 1e9);
      const d = plain(
        `${name}, life ${stay.life}, boot ${stay.boot}: up from ${round(stay.from / 1e9)} to ${round(until)} s`,
      );
      bars.push({ lane: lane.get(name), t: round(stay.from / 1e9), u: round(until), d });
      for (const pause of stay.pauses.slice(0, 500)) {
        const end = round(Math.min(frame.endS, pause.until / 1e9));
        pauses.push({ lane: lane.get(name), t: round(pause.from / 1e9), u: end, d: plain(`${name} paused`) });
      }
    }
  }
  const cells = operations.cells();
  const most = Math.max(1, ...cells.map((cell) => cell.count));
  const width = operations.grid.width / 1e9;
  const ticks = cells.map((cell) => ({
    lane: lane.get(cell.member),
    t: round(operations.grid.start(cell.bin) + width * 0.1),
    u: round(operations.grid.start(cell.bin) + width * 0.9),
    e: cell.ending,
    // The rarest cell is still seen.
    o: cell.ending === 'ok' ? round(0.35 + 0.65 * Math.sqrt(cell.count / most)) : 1,
  }));
  const y = lanes(rows.length);
  const rect = (values: readonly Layer[], color: string, height: number, extra: Layer = {}): Layer => ({
    data: { values },
    mark: { type: 'rect', color, height: { band: height } },
    encoding: { x: timeAxis(frame), x2: { field: 'u' }, y, ...extra },
  });
  const endings: readonly ['ok' | 'fail' | 'info', number][] = [
    ['ok', 0.42],
    ['fail', 0.9],
    ['info', 0.66],
  ];
  return {
    id: 'operations',
    label: `Operations and lives of ${rows.length} members over time, with fault windows shaded`,
    heightPx: Math.max(60, rows.length * rowPx),
    layers: [
      ...background(frame),
      {
        data: { values: bars },
        mark: { type: 'rect', color: INK.up, height: { band: 0.76 } },
        encoding: {
          x: timeAxis(frame),
          x2: { field: 'u' },
          y,
          description: { field: 'd' },
        },
      },
      laneLabels(rows.map((name) => memberLabel(frame, name))),
      rect(pauses, INK.paused, 0.76, { description: { field: 'd' } }),
      ...endings.map(([ending, height]) =>
        rect(
          ticks.filter((tick) => tick.e === ending),
          INK[ending],
          height,
          { opacity: { field: 'o', type: 'quantitative', scale: null } },
        ),
      ),
    ],
  };
}
