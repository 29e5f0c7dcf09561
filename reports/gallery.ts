/** Draws charts for the page and keeps their specs for `report.json`. */
import { type Chart, drawChart, specOf } from './chart.ts';
import { html, type Markup, trusted } from './text.ts';

export interface LegendEntry {
  readonly colour: string;
  readonly text: string;
  /** A line (with dashes, in px) or, by default, a block. */
  readonly line?: readonly number[];
  /** As pale as the shades behind a chart. */
  readonly pale?: true;
}

export class Gallery {
  readonly specs: { readonly id: string; readonly label: string; readonly spec: unknown }[] = [];

  figure(chart: Chart, legend: readonly LegendEntry[], caption: Markup | string): Markup {
    this.specs.push({ id: chart.id, label: chart.label, spec: specOf(chart) });
    const svg = trusted(drawChart(chart));
    return html`<figure id="${chart.id}">${legendOf(legend)}<div class="chart" tabindex="0" role="group" aria-label="Chart, may be scrolled sideways">${svg}</div><figcaption>${caption}</figcaption></figure>`;
  }
}

export function legendOf(entries: readonly LegendEntry[]): Markup | undefined {
  if (entries.length === 0) return undefined;
  return html`<ul class="legend">${entries.map((entry) => html`<li>${swatch(entry)}${entry.text}</li>`)}</ul>`;
}

/** Colours stand in attributes of SVG, which the page's policy allows; style attributes it does not. */
export function swatch(entry: LegendEntry): Markup {
  const colour = /^#[0-9a-fA-F]{6}$/.test(entry.colour) ? entry.colour : '#8a8a8a';
  if (entry.line === undefined)
    return html`<svg class="swatch" viewBox="0 0 14 10" aria-hidden="true"><rect width="14" height="10" rx="1" fill="${colour}"${entry.pale === true && trusted(' fill-opacity="0.3"')}/></svg>`;
  return html`<svg class="swatch" viewBox="0 0 22 10" aria-hidden="true"><line x1="0" x2="22" y1="5" y2="5" stroke="${colour}" stroke-width="2.5" stroke-dasharray="${entry.line.join(' ')}"/></svg>`;
}
