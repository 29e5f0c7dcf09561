/** The timeline: faults, lives and operations. */

import { MOST_SHADED, shadesOf } from '../charts/frame.ts';
import { faultChart, MOST_FAULT_LANES, operationChart } from '../charts/timeline-chart.ts';
import { figure, plural } from '../format.ts';
import type { Gallery } from '../gallery.ts';
import { INK } from '../palette.ts';
import { describeFault, faultLegend, type RunStory } from '../run-story.ts';
import { html, type Markup, SCROLLS, shorten } from '../text.ts';

export function course(story: RunStory, gallery: Gallery): Markup {
  const planned = new Map(story.plan.faults.map((fault) => [fault.id, describeFault(fault)]));
  const faults = faultChart(story.frame, (id) => shorten(planned.get(id) ?? id, 120));
  const count = story.timeline.faults.length;
  const notDrawn = count - MOST_FAULT_LANES;
  const shades = shadesOf(story.timeline.faults, story.timeline.healedAt).length;
  const notShaded = shades - MOST_SHADED;
  const rows = story.operations.rows.length;
  const chart = operationChart(story.frame, story.operations, story.timeline.actualStays);
  const hidden = story.operations.membersNotDrawn;
  return html`<section id="timeline"><h2>Timeline</h2>
${faults === undefined ? html`<p>No fault was on in this run.</p>` : gallery.figure(faults, [], html`Faults as they really started and ended, in seconds since the start.${notDrawn > 0 && ` ${plural(notDrawn, 'more fault window')} not drawn.`}`)}
${gallery.figure(
  chart,
  [
    { colour: INK.up, text: 'member up' },
    { colour: INK.paused, text: 'paused' },
    { colour: INK.ok, text: 'ok (short; darker: more)' },
    { colour: INK.info, text: 'info: outcome not known (taller)' },
    { colour: INK.fail, text: 'fail: certainly not done (tallest)' },
    ...faultLegend(story),
  ],
  html`Client operations of ${plural(rows, 'member')} by the time at which the plan wanted them, in steps of ${figure(story.operations.grid.width / 1e6)} ms.${shades > 0 && ' Shades mark faults, here and below, and mix where several are on: the lanes above tell them apart.'}${hidden > 0 && ` ${plural(hidden, 'more member')} not drawn.`}${notShaded > 0 && ` ${plural(notShaded, 'more fault window')} not shaded, here and below.`}`,
)}
${operationTable(story)}</section>`;
}

function operationTable(story: RunStory): Markup {
  const rows = story.operationKinds.map(
    (kind) =>
      html`<tr><th scope="row">${kind.workload}</th><td>${kind.f}</td><td class="number">${figure(kind.invoked)}</td><td class="number">${figure(kind.ok)}</td><td class="number">${figure(kind.fail)}</td><td class="number">${figure(kind.info)}</td><td class="number">${figure(kind.open)}</td></tr>`,
  );
  if (rows.length === 0) return html`<p>No client operation was invoked.</p>`;
  const errors = story.operations.errors();
  return html`<div class="scroll" ${SCROLLS}><table><thead><tr><th scope="col">workload</th><th scope="col">operation</th><th scope="col" class="number">invoked</th><th scope="col" class="number">ok</th><th scope="col" class="number">fail</th><th scope="col" class="number">info</th><th scope="col" class="number">never completed</th></tr></thead><tbody>${rows}</tbody></table></div>
${errors.length > 0 && html`<details><summary>${plural(errors.length, 'kind')} of error</summary><ul>${errors.map((error) => html`<li>${figure(error.count)} × ${shorten(error.text, 300)}</li>`)}</ul></details>`}`;
}
