/** The page of `hearsay capacity`: one file, no script, and the report's policy, which allows nothing but its style. */
import { figure, plural } from '../../reports/format.ts';
import { Gallery, type LegendEntry } from '../../reports/gallery.ts';
import { POLICY } from '../../reports/page.ts';
import { seriesColour } from '../../reports/palette.ts';
import { STYLE } from '../../reports/style.ts';
import { html, type Markup, SCROLLS, trusted } from '../../reports/text.ts';
import { CAPACITY_METRICS, type Capacity, type CapacityRow } from '../capacity/capacity.ts';
import { type CapacitySeries, capacityChart } from './capacity-chart.ts';
import { type CapacityCase, capacityCommand, describeCapacity, groupRows, scopeText } from './capacity-table.ts';
import { THEORY_NOTES } from './capacity-theory.ts';

const DASHES = [6, 4];
const ZERO =
  '0 in every run: operations were answered from the member’s own state, or all views agreed before the first poll.';

export function capacityPage(request: CapacityCase, capacity: Capacity): string {
  const title = `Capacity · ${request.protocols.join(', ')} · hearsay`;
  const gallery = new Gallery();
  const isSound = capacity.sizes.every(({ runs, valid }) => runs === valid);
  const word = isSound ? 'MEASURED' : 'NOT SOUND';
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${trusted(STYLE)}</style></head>
<body><main>
<div class="${isSound ? 'pass' : 'fail'}"><p class="brand">hearsay capacity</p>
<h1><span class="word">${word}</span></h1>
<p class="why">${describeCapacity(request)}. ${soundness(capacity)}</p>
<p class="repeat-label">Repeat these runs:</p><pre class="repeat"><code>${capacityCommand(request)}</code></pre></div>
<section id="runs"><h2>Runs</h2>${runsTable(capacity)}
<h3>Load, operations per second over all members</h3>${loadTable(capacity)}</section>
<section id="charts"><h2>Against the number of members</h2>
<p>Lines are medians of the runs, bars reach from the least to the most of them, dashed lines are theory.</p>
${capacity.rows.length === 0 ? html`<p>Nothing was measured.</p>` : charts(capacity.rows, gallery)}</section>
<section id="theory"><h2>What theory stands for</h2><ul class="story">${THEORY_NOTES.map((note) => html`<li>${note}</li>`)}</ul></section>
<section id="figures"><h2>Figures</h2>${figuresTable(capacity.rows)}</section>
</main><footer><p>The same figures are in capacity.csv beside this file.</p></footer></body></html>
`.text;
}

function runsTable({ sizes }: Capacity): Markup {
  const rows = sizes.map(({ members, runs, valid, invalid, unknown }) => {
    const cells = [runs, valid, invalid, unknown].map((count) => html`<td class="number">${count}</td>`);
    return html`<tr><th scope="row">${members}</th>${cells}</tr>`;
  });
  return html`<div class="scroll" ${SCROLLS}><table class="narrow"><thead><tr><th scope="col">members</th>${['runs', 'valid', 'invalid', 'unknown'].map((name) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** A row for each load, a column for each size: sizes are few, and names of loads are long. */
function loadTable({ sizes }: Capacity): Markup {
  const loads = [...new Set(sizes.flatMap(({ rates }) => Object.keys(rates)))];
  const rows = loads.map((load) => {
    const cells = sizes.map(({ rates }) => html`<td class="number">${figure(rates[load] ?? 0)}</td>`);
    // A channel's name may hold a slash too: the last one parts it from the workload.
    return html`<tr><th scope="row">${load.replace(/\/([^/]+)$/, ': $1')}</th>${cells}</tr>`;
  });
  const head = sizes.map(({ members }) => html`<th scope="col" class="number">${members} members</th>`);
  return html`<div class="scroll" ${SCROLLS}><table class="narrow"><thead><tr><th scope="col">channel: workload</th>${head}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** Figures of runs that broke a promise are not to be planned with. */
function soundness({ sizes }: Capacity): string {
  const sum = (count: (size: Capacity['sizes'][number]) => number): number =>
    sizes.reduce((total, size) => total + count(size), 0);
  const [runs, valid] = [sum((size) => size.runs), sum((size) => size.valid)];
  if (runs === valid) return `All ${plural(runs, 'run')} kept what their protocols claim.`;
  return `Only ${valid} of ${plural(runs, 'run')} are valid (${sum((size) => size.invalid)} invalid, ${sum((size) => size.unknown)} unknown): the figures below include the others.`;
}

function charts(rows: readonly CapacityRow[], gallery: Gallery): Markup[] {
  return CAPACITY_METRICS.flatMap(({ metric, unit, quantiles }, place) => {
    const groups = groupRows(rows.filter(({ figure: name }) => name === metric || name.startsWith(`${metric}.`)));
    if (quantiles.length === 0) return [draw(gallery, `chart-${place}`, metric, unit, groups, (row) => row.scope)];
    // Over all, quantiles of unlike protocols are mixed: they stand in the table only.
    const scopes = [...new Set(groups.map(([{ scope }]) => scope))].filter((scope) => scope !== '');
    // A picture of nothing but zeros says less than the word.
    const isZero = (scope: string): boolean =>
      groups.every(([first, ...more]) => first.scope !== scope || allZero([first, ...more]));
    const zeros = scopes.filter(isZero);
    const pictures = scopes.map((scope, index) => {
      if (isZero(scope)) return undefined;
      const ofScope = groups.filter(([first]) => first.scope === scope);
      return draw(gallery, `chart-${place}-${index}`, `${scope}: ${metric}`, unit, ofScope, quantileOf);
    });
    const words = zeros.length > 0 ? [html`<h3>${zeros.join(', ')}: ${metric}</h3><p>${ZERO}</p>`] : [];
    return [...pictures.filter((picture) => picture !== undefined), ...words];
  });
}

function draw(
  gallery: Gallery,
  id: string,
  title: string,
  unit: string,
  groups: readonly (readonly [CapacityRow, ...CapacityRow[]])[],
  nameOf: (row: CapacityRow) => string,
): Markup {
  const series = groups.map((group, index): CapacitySeries => ({ colour: seriesColour(index), rows: group }));
  if (series.length === 0) return html`<h3>${title}</h3><p>Nothing was measured.</p>`;
  const legend = groups.flatMap((group, index): LegendEntry[] => {
    const [colour, text] = [seriesColour(index), scopeText(nameOf(group[0]))];
    const theory = group.some(({ expected }) => expected !== null);
    return [{ colour, text, line: [] }, ...(theory ? [{ colour, text: `${text}, theory`, line: DASHES }] : [])];
  });
  const label = `${title} by number of members, ${unit}`;
  const least = Math.min(...groups.flat().map(({ runs }) => runs));
  const caption = `Each size has at least ${plural(least, 'run')} that measured it.`;
  return html`<h3>${title}</h3>${gallery.figure(capacityChart({ id, label, yTitle: unit, series }), legend, caption)}`;
}

function allZero(rows: readonly CapacityRow[]): boolean {
  return rows.every((row) => row.max === 0 && row.expected === null);
}

function quantileOf({ figure: name }: CapacityRow): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function figuresTable(rows: readonly CapacityRow[]): Markup {
  const head = ['runs', 'median', 'least', 'most', 'theory'].map(
    (name) => html`<th scope="col" class="number">${name}</th>`,
  );
  const cell = (value: number | null) => html`<td class="number">${value === null ? '-' : figure(value)}</td>`;
  const lines = rows.map(
    (row) =>
      html`<tr><th scope="row">${row.figure}</th><td>${scopeText(row.scope)}</td><td class="number">${row.members}</td><td>${row.unit}</td>${[row.runs, row.median, row.min, row.max, row.expected].map(cell)}</tr>`,
  );
  return html`<div class="scroll" ${SCROLLS}><table><thead><tr><th scope="col">figure</th><th scope="col">of</th><th scope="col" class="number">members</th><th scope="col">unit</th>${head}</tr></thead><tbody>${lines}</tbody></table></div>`;
}
