/** What the charts over time share: the time axis, shaded fault windows, the line at the heal. */
import type { FaultWindow } from '../../harness/model/checker.ts';
import { faultColour } from '../palette.ts';
import { plain, shorten } from '../text.ts';

export interface RunFrame {
  /** End of the time axis, s. */
  readonly endS: number;
  readonly healS: number | undefined;
  readonly faults: readonly FaultWindow[];
  readonly colours: ReadonlyMap<string, string>;
  /** Members that lie, as the plan has it. */
  readonly liars: ReadonlySet<string>;
}

export type Layer = { readonly [key: string]: unknown };

/** The kind of fault that makes members lie. */
export const LYING = 'byzantine';

/** More windows than these are not shaded. */
export const MOST_SHADED = 150;

export function timeAxis(frame: RunFrame, title = 'seconds since the start'): Layer {
  return {
    field: 't',
    type: 'quantitative',
    scale: { domain: [0, frame.endS], nice: false },
    axis: { title, grid: false, tickCount: 12, labelFlush: false },
  };
}

export interface Shade {
  readonly kind: string;
  /** Times in ns. */
  readonly from: number;
  until: number;
  readonly ids: string[];
}

/**
 * What stands behind charts over time, in order of its start. Faults of one kind that overlap are one shade: laid over
 * each other they would look like another colour. Liars who lie to the end, beyond the heal (ns; undefined: there was
 * none), would paint the chart over: their names carry a word instead.
 */
export function shadesOf(faults: readonly FaultWindow[], healedAt: number | undefined): readonly Shade[] {
  const shades: Shade[] = [];
  const latest = new Map<string, Shade>();
  for (const { id, kind, from, until } of [...faults].sort((a, b) => a.from - b.from)) {
    if (kind === LYING && until > (healedAt ?? 0)) continue;
    const open = latest.get(kind);
    if (open !== undefined && from <= open.until) {
      open.until = Math.max(open.until, until);
      open.ids.push(id);
      continue;
    }
    const shade = { kind, from, until, ids: [id] };
    latest.set(kind, shade);
    shades.push(shade);
  }
  return shades;
}

/** `n6 (lies)` for a member that does. */
export function memberLabel(frame: RunFrame, name: string): string {
  return frame.liars.has(name) ? `${shorten(plain(name), 14 - LIES.length)}${LIES}` : name;
}

const LIES = ' (lies)';

/** Behind everything: the windows in which faults were on, and the heal. */
export function background(frame: RunFrame): Layer[] {
  const windows = shadesOf(frame.faults, frame.healS === undefined ? undefined : frame.healS * 1e9)
    .slice(0, MOST_SHADED)
    .map(({ kind, from, until, ids }) => ({
      t: round(from / 1e9),
      u: round(Math.min(frame.endS, until / 1e9)),
      colour: faultColour(frame.colours, kind),
      d: plain(`${kind} (${shorten(ids.join(', '), 80)})`),
    }));
  const layers: Layer[] = [
    {
      data: { values: windows },
      mark: { type: 'rect', opacity: 0.13 },
      encoding: {
        x: timeAxis(frame),
        x2: { field: 'u' },
        color: { field: 'colour', type: 'nominal', scale: null },
        description: { field: 'd' },
      },
    },
  ];
  if (frame.healS !== undefined) {
    layers.push({
      data: { values: [{ t: round(frame.healS) }] },
      mark: { type: 'rule', color: '#009e73', strokeWidth: 1.5, strokeDash: [5, 3] },
      encoding: { x: timeAxis(frame) },
    });
  }
  return layers;
}

/** Milliseconds are enough for any picture, and keep the page small. */
export function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** Lanes go by index, so that equal or hostile names cannot fall together. */
export function lanes(count: number): Layer {
  const domain = Array.from({ length: count }, (_, index) => `${index}`);
  return { field: 'lane', type: 'nominal', scale: { domain, paddingInner: 0, paddingOuter: 0 }, axis: null };
}

/** Names left of their lanes, as marks: a name is data, never part of an expression. */
export function laneLabels(names: readonly string[]): Layer {
  return {
    data: { values: names.map((name, index) => ({ lane: `${index}`, name: shorten(plain(name), 14) })) },
    mark: { type: 'text', align: 'right', baseline: 'middle', fontSize: names.length > 40 ? 8 : 12 },
    encoding: {
      x: { value: -6 },
      y: lanes(names.length),
      text: { field: 'name' },
      color: { value: '#1b1b1b' },
    },
  };
}
