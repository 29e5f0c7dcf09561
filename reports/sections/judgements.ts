/** The tables of properties and SLOs. */

import type { PropertyResult, Witness } from '../../harness/model/verdict.ts';
import type { Data } from '../../impl/protocol.ts';
import { beyondOf } from '../beyond.ts';
import { figure } from '../format.ts';
import type { RunStory } from '../run-story.ts';
import { html, type Markup, SCROLLS, shorten, trusted } from '../text.ts';
import { propertyName } from './headline.ts';

const MARKS = { valid: '✓', invalid: '✗', unknown: '?', 'not-applicable': '–' } as const;
const MOST_WITNESS_CHARACTERS = 4000;

export function badge(verdict: keyof typeof MARKS): Markup {
  return html`<span class="badge ${verdict}"><span aria-hidden="true">${MARKS[verdict]}</span> ${verdict}</span>`;
}

export function properties(story: RunStory): Markup {
  const rows = story.verdict.properties.map(
    (property) => html`<tr class="row-${property.verdict}">
<th scope="row">${propertyName(property)}</th>
<td>${badge(property.verdict)}${property.beyondClaims !== undefined && html`<span class="badge beyond">beyond claims</span>`}</td>
<td class="prose">${beyondOf(property)?.found ?? property.reason}${beyond(property)}${witness(property.witness)}</td>
<td class="number">${figure(property.judged)}</td>
<td class="number">${figure(property.violations)}</td>
</tr>`,
  );
  return html`<section id="properties"><h2>Properties</h2>
${rows.length === 0 ? html`<p>No property was judged.</p>` : html`<div class="scroll" ${SCROLLS}><table class="stack"><thead><tr><th scope="col">property</th><th scope="col">verdict</th><th scope="col">why</th><th scope="col" class="number">judged</th><th scope="col" class="number">violations</th></tr></thead><tbody>${rows}</tbody></table></div>`}
${slos(story)}</section>`;
}

function beyond(property: PropertyResult): Markup | undefined {
  const found = beyondOf(property);
  return found && html`<p class="note">${found.why}. Violations are reported and count as no defect.</p>`;
}

function witness(found: Witness | undefined): Markup | undefined {
  if (found === undefined) return undefined;
  const lines = found.lines.map((line) => shorten(JSON.stringify(line) ?? 'null', MOST_WITNESS_CHARACTERS));
  return html`<details><summary>witness: ${shorten(found.summary, 1500)}</summary><pre>${lines
    .join('\u0000')
    .split('\u0000')
    .map((line) => html`<code>${line}</code>`)}</pre></details>`;
}

function slos(story: RunStory): Markup {
  const { slosLeftOut = [] } = story.verdict;
  const without = slosLeftOut.map(
    ({ metric, threshold, reason }) => html`<li>${metric} ${threshold}: left out, ${reason}</li>`,
  );
  const out = without.length === 0 ? '' : html`<ul>${without}</ul>`;
  if (story.verdict.slos.length === 0) {
    const none = slosLeftOut.length === 0 ? 'No service level was asked for.' : 'No service level could be judged.';
    return html`<h3>Service levels</h3><p>${none}</p>${out}`;
  }
  const rows = story.verdict.slos.map(
    (slo) =>
      html`<tr><th scope="row">${slo.metric}</th><td>${slo.scope ?? 'whole run'}</td><td>${slo.threshold}</td><td class="number">${slo.measured === null ? 'nothing measured' : figure(slo.measured)}</td><td><span class="badge ${slo.met ? 'valid' : 'invalid'}">${slo.met ? '✓ met' : '✗ missed'}</span></td></tr>`,
  );
  return html`<h3>Service levels</h3><div class="scroll" ${SCROLLS}><table><thead><tr><th scope="col">metric</th><th scope="col">scope</th><th scope="col">threshold</th><th scope="col" class="number">measured</th><th scope="col">met</th></tr></thead><tbody>${rows}</tbody></table></div>${out}`;
}

/** Rows of plain data as a table: columns are the keys in the order in which they first appear. */
export function dataTable(rows: readonly Data[]): Markup {
  const records = rows.filter(
    (row): row is { readonly [key: string]: Data | undefined } =>
      row !== null && typeof row === 'object' && !Array.isArray(row),
  );
  const columns = [...new Set(records.flatMap((record) => Object.keys(record)))].slice(0, 30);
  const cell = (value: Data | undefined): Markup => {
    if (typeof value === 'number') return html`<td class="number">${figure(value)}</td>`;
    if (value === undefined || value === null) return html`<td></td>`;
    return html`<td>${typeof value === 'string' ? value : shorten(JSON.stringify(value), 300)}</td>`;
  };
  return html`<div class="scroll" ${SCROLLS}><table><thead><tr>${columns.map((name) => html`<th scope="col"${records.some((record) => typeof record[name] === 'number') && trusted(' class="number"')}>${name}</th>`)}</tr></thead><tbody>${records.map((record) => html`<tr>${columns.map((name, i) => (i === 0 && typeof record[name] === 'string' ? html`<th scope="row">${record[name]}</th>` : cell(record[name])))}</tr>`)}</tbody></table></div>`;
}
