/** One chart as a file of its own: SVG, or an HTML page that needs no script. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { type Chart, drawChart } from '../../reports/chart.ts';
import { html, trusted } from '../../reports/text.ts';
import { UserError } from '../model/errors.ts';
import { fileError } from './files.ts';

export interface ChartPage {
  readonly title: string;
  /** What the lines stand for. */
  readonly caption: string;
  readonly chart: Chart;
}

/** A path that ends in .svg or .html. */
export function parseChartPath(text: string): string {
  if (['.svg', '.html'].includes(extname(text))) return text;
  throw new UserError('--chart is no .svg or .html file', text, 'write --chart spread.svg');
}

/** Throws a UserError where the file cannot be written. */
export function writeChart(path: string, page: ChartPage): void {
  const svg = drawChart(page.chart);
  // A file of its own needs the name space that a page does without, and a ground to stand on.
  const text =
    extname(path) === '.html'
      ? pageOf(page, svg)
      : `${svg.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" style="background:#fff" ')}\n`;
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw fileError(error, path, 'the chart file', 'name a file in a folder that exists and can be written');
  }
}

const STYLE =
  'body{max-width:1180px;margin:24px auto;padding:0 20px;font:15px/1.5 system-ui,sans-serif;background:#fff;color:#1b1b1b}svg{width:100%;height:auto}h1{font-size:20px}';

function pageOf({ title, caption }: ChartPage, svg: string): string {
  const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${trusted(STYLE)}</style></head>
<body><main><h1>${title}</h1><figure>${trusted(svg)}<figcaption>${caption}</figcaption></figure></main></body></html>
`.text;
}
