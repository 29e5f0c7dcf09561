/**
 * From a vega-lite spec to SVG text, on Node and at once. The page needs no script for it, so its policy can forbid
 * every script. Expressions go through vega's interpreter: nothing a spec says is ever evaluated as code.
 */
import * as vega from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import { compile, type TopLevelSpec } from 'vega-lite';
import { escapeText, plain } from './text.ts';

/** A vega-lite unit or layer without its size and frame, which `drawChart` sets alike for all charts. */
export type Layers = readonly { readonly [key: string]: unknown }[];

export interface Chart {
  readonly id: string;
  /** Read out in place of the picture. */
  readonly label: string;
  readonly heightPx: number;
  readonly layers: Layers;
}

/** All charts share left and right edge, so that equal times stand below each other. px of the viewBox. */
export const FRAME = { width: 960, left: 108, right: 14, top: 8, bottom: 38 } as const;
const PLOT_WIDTH = FRAME.width - FRAME.left - FRAME.right;

interface StringRenderer {
  initialize(element: null, width: number, height: number, origin: readonly [number, number], scale: number): void;
  render(scene: unknown): void;
  svg(): string;
}
// vega exports it; its types leave it out. Unlike `view.toSVG` it needs no promise.
const { SVGStringRenderer } = vega as unknown as { SVGStringRenderer: new () => StringRenderer };

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

/** The complete vega-lite spec, as `report.json` carries it. */
export function specOf(chart: Chart): TopLevelSpec {
  const spec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description: plain(chart.label),
    width: PLOT_WIDTH,
    height: chart.heightPx,
    autosize: { type: 'none' },
    padding: { left: FRAME.left, right: FRAME.right, top: FRAME.top, bottom: FRAME.bottom },
    layer: chart.layers,
    config: {
      font: FONT,
      view: { stroke: null },
      axis: {
        labelFont: FONT,
        titleFont: FONT,
        labelFontSize: 12,
        titleFontSize: 12,
        titleFontWeight: 'normal',
        gridColor: '#e4e4e4',
        domainColor: '#999999',
        tickColor: '#999999',
        labelLimit: FRAME.left - 12,
        labelOverlap: true,
      },
      legend: { disable: true },
      text: { font: FONT, fontSize: 12 },
    },
  };
  return spec as unknown as TopLevelSpec;
}

/** SVG text with a role and a label, and ids that are unique in the page. */
export function drawChart(chart: Chart): string {
  const compiled = compile(specOf(chart)).spec;
  const view = new vega.View(vega.parse(compiled, undefined, { ast: true }), {
    renderer: 'none',
    expr: expressionInterpreter,
    logLevel: vega.Error,
  });
  view.initialize().run();
  const renderer = new SVGStringRenderer();
  const height = FRAME.top + chart.heightPx + FRAME.bottom;
  renderer.initialize(null, FRAME.width, height, [FRAME.left, FRAME.top], 1);
  renderer.render((view.scenegraph() as unknown as { root: unknown }).root);
  const svg = renderer.svg();
  view.finalize();
  return tidy(svg, chart, height);
}

/**
 * Drops what is not seen (empty frames, hidden labels, per-mark roles) and turns the descriptions of marks into
 * titles, which browsers show on hovering. `<` and `>` are escaped in text and attributes, so tags are told apart
 * safely, and no text is touched.
 */
function tidy(svg: string, chart: Chart, height: number): string {
  const head = `<svg viewBox="0 0 ${FRAME.width} ${height}" role="img" aria-label="${escapeText(chart.label)}">`;
  return svg
    .replace(/<text [^>]*opacity="0"[^>]*>[^<]*<\/text>/g, '')
    .replace(/<[^>]+>/g, (tag) => tidyTag(tag, chart.id))
    .replace('<svg>', () => head);
}

function tidyTag(tag: string, id: string): string {
  if (tag.startsWith('<svg')) return '<svg>';
  if (/^<path class="(?:background|foreground)"/.test(tag)) return '';
  const title = tag.startsWith('<path') ? / aria-label="([^"]*)"/.exec(tag)?.[1] : undefined;
  const bare = tag
    .replace(/ (?:role|aria-[a-z]+|pointer-events|font-family)="[^"]*"/g, '')
    .replace(/ opacity="1"/g, '')
    .replace(/ (?:d|transform|x2|y2)="[^"]*"/g, (found) => found.replace(/(\d\.\d)\d+/g, '$1'))
    .replace(/ id="clip(\d+)"/, (_, number: string) => ` id="${id}-clip${number}"`)
    .replace(/url\(#clip(\d+)\)/, (_, number: string) => `url(#${id}-clip${number})`);
  return title === undefined ? bare : bare.replace(/\/>$/, `><title>${title}</title></path>`);
}
