/** The page of `hearsay capacity`: one file, no script, and the report's policy, which allows nothing but its style. */
import { figure, plural } from '../../reports/format.ts';
import { Gallery, type LegendEntry } from '../../reports/gallery.ts';
import { POLICY } from '../../reports/page.ts';
import { seriesColour } from '../../reports/palette.ts';
import { STYLE } from '../../reports/style.ts';
import { html, type Markup, trusted } from '../../reports/text.ts';
import { CAPACITY_METRICS, type Capacity, type CapacityRow } from '../capacity/capacity.ts';
import { type CapacitySeries, capacityChart } from './capacity-chart.ts';
import { type CapacityCase, describeCapacity, groupRows, scopeText } from './capacity-table.ts';
import { THEORY_NOTES } from './capacity-theory.ts';

const DASHES = [6, 4];
const ZERO =
  '0 in every run: operations were answered from the member’s own state, or all views agreed before the first poll.';

export function capacityPage(request: CapacityCase, capacity: Capacity): string {
  const title = `Capacity · ${request.protocols.join(', ')} · hearsay`;
  const gallery = new Gallery();
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${trusted(STYLE)}</style></head>
<body><main>
<p class="brand">hearsay capacity</p>
<h1>${describeCapacity(request)}</h1>
<section id="runs"><h2>Runs</h2>${runsTable(capacity)}
<p>Behind the verdicts: operations planned per second of load, over all members, by channel and workload.</p></section>
<section id="charts"><h2>Against the number of members</h2>
<p>Lines are medians of the runs, bars reach from the least to the most of them, dashed lines are theory.</p>
${capacity.rows.length === 0 ? html`<p>Nothing was measured.</p>` : charts(capacity.rows, gallery)}</section>
<section id="theory"><h2>What theory stands for</h2><ul class="story">${THEORY_NOTES.map((note) => html`<li>${note}</li>`)}</ul></section>
<section id="figures"><h2>Figures</h2>${figuresTable(capacity.rows)}</section>
</main><footer><p>The same figures are in capacity.csv beside this file.</p></footer></body></html>
`.text;
}

function runsTable({ sizes }: Capacity): Markup {
  const loads = [...new Set(sizes.flatMap(({ rates }) => Object.keys(rates)))];
  const rows = sizes.map(({ members, runs, valid, invalid, unknown, rates }) => {
    const cells = loads.map((load) => html`<td class="number">${figure(rates[load] ?? 0)}</td>`);
    return html`<tr><th scope="row">${members}</th><td class="number">${runs}</td><td class="number">${valid}</td><td class="number">${invalid}</td><td class="number">${unknown}</td>${cells}</tr>`;
  });
  return html`<div class="scroll"><table><thead><tr><th scope="col">members</th>${['runs', 'valid', 'invalid', 'unknown', ...loads.map((load) => `${load}, 1/s`)].map((name) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

function charts(rows: readonly CapacityRow[], gallery: Gallery): Markup[] {
  return CAPACITY_METRICS.flatMap(({ metric, unit, quantiles }, place) => {
    const groups = groupRows(rows.filter(({ figure: name }) => name === metric || name.startsWith(`${metric}.`)));
    if (quantiles.length === 0) return [draw(gallery, `chart-${place}`, metric, unit, groups, (row) => row.scope)];
    // Over all, quantiles of unlike protocols are mixed: they stand in the table only.
    const scopes = [...new Set(groups.map(([{ scope }]) => scope))].filter((scope) => scope !== '');
    return scopes.map((scope, index) => {
      const ofScope = groups.filter(([first]) => first.scope === scope);
      return draw(gallery, `chart-${place}-${index}`, `${scope}: ${metric}`, unit, ofScope, quantileOf);
    });
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
  // A picture of nothing but zeros says less than the word.
  if (groups.flat().every((row) => row.max === 0 && row.expected === null))
    return html`<h3>${title}</h3><p>${ZERO}</p>`;
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
  return html`<div class="scroll"><table><thead><tr><th scope="col">figure</th><th scope="col">of</th><th scope="col" class="number">members</th><th scope="col">unit</th>${head}</tr></thead><tbody>${lines}</tbody></table></div>`;
}
