/** Fault calibration and metrics. */
import type { Metric } from '../../harness/model/verdict.ts';
import type { Data } from '../../impl/protocol.ts';
import { figure, plural } from '../format.ts';
import { crossHostNote, type RunStory } from '../run-story.ts';
import { html, type Markup, SCROLLS } from '../text.ts';
import { badge, dataTable } from './judgements.ts';

const MOST_ROWS = 500;
/** `swim.ping/bytes_per_member_second`: many, and seldom looked for. */
const KIND_OF_MESSAGE = /^[^:/]+\.[^./]+\/(?:messages|bytes)_per_member_second$/;

/** What was asked of each fault, beside what was measured: from the details of `fault-effect`, whatever their columns. */
export function calibration(story: RunStory): Markup {
  const found = story.verdict.properties.filter((property) => property.name === 'fault-effect');
  const parts = found.map((property) => {
    const rows = rowsOf(property.details);
    const more = rows.length - MOST_ROWS;
    return html`<p>${badge(property.verdict)} ${property.reason}</p>${rows.length > 0 && dataTable(rows.slice(0, MOST_ROWS))}${more > 0 && html`<p class="note">${figure(more)} more rows not shown; report.json has them.</p>`}`;
  });
  return html`<section id="calibration"><h2>Fault calibration</h2>
<p class="note">What was asked of each fault, beside what the run itself showed of it over all links or members that it touched; “control” is what was measured where no fault was on. Low and high: the 99 % interval of a measured share (0 to 1) or of a mean (ms), or the extremes of a clock's readings. Sent and received count datagrams.</p>
${parts.length === 0 ? html`<p>Fault effects were not judged in this run.</p>` : parts}</section>`;
}

function rowsOf(details: { readonly [key: string]: Data } | undefined): readonly Data[] {
  if (details === undefined) return [];
  if (Array.isArray(details.rows)) return details.rows as readonly Data[];
  return Object.values(details).flatMap((value) => (Array.isArray(value) ? (value as readonly Data[]) : []));
}

const COLUMNS = ['mean', 'min', 'p50', 'p90', 'p95', 'p99', 'p999', 'max'] as const satisfies readonly (keyof Metric)[];

export function metrics(story: RunStory): Markup {
  const entries = Object.entries(story.verdict.metrics);
  const rows: Markup[] = [];
  const single: Markup[] = [];
  const ofKinds: Markup[] = [];
  for (const [name, metric] of entries) {
    if (typeof metric === 'number') {
      const list = KIND_OF_MESSAGE.test(name) ? ofKinds : single;
      list.push(html`<tr><th scope="row">${name}</th><td class="number">${figure(metric)}</td></tr>`);
      continue;
    }
    const cells = COLUMNS.map((key) => html`<td class="number">${metric.count === 0 ? '–' : figure(metric[key])}</td>`);
    rows.push(
      html`<tr><th scope="row">${name}</th><td>${metric.unit}</td><td class="number">${figure(metric.count)}</td>${cells}</tr>`,
    );
  }
  const note = crossHostNote(story);
  const heads = ['count', ...COLUMNS].map(
    (name) => html`<th scope="col" class="number">${name === 'p999' ? 'p99.9' : name}</th>`,
  );
  return html`<section id="metrics"><h2>Metrics</h2>${note !== undefined && html`<p class="note">${note}</p>`}<p class="note">Over the whole run; p50 to p99.9 are quantiles: 99 of 100 values lie at or below p99. A name tells the workload or channel before the slash and ends in its unit: “messages_per_member_second” are messages that one member sends in a second.</p>${entries.length === 0 && html`<p>Nothing was measured.</p>`}
${rows.length > 0 && html`<div class="scroll" ${SCROLLS}><table><thead><tr><th scope="col">distribution</th><th scope="col">unit</th>${heads}</tr></thead><tbody>${rows}</tbody></table></div>`}
${single.length > 0 && singleTable(single)}${ofKinds.length > 0 && html`<details><summary>${plural(ofKinds.length, 'figure')} of single kinds of messages</summary>${singleTable(ofKinds)}</details>`}</section>`;
}

function singleTable(rows: readonly Markup[]): Markup {
  return html`<div class="scroll" ${SCROLLS}><table class="narrow"><thead><tr><th scope="col">figure</th><th scope="col" class="number">value</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}
