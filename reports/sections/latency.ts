/** Latency of client operations over time. */
import { type LineSeries, seriesChart } from '../charts/series-chart.ts';
import type { LatencyBin } from '../folds/operation-fold.ts';
import { figure, plural } from '../format.ts';
import type { Gallery } from '../gallery.ts';
import { seriesColour } from '../palette.ts';
import { crossHostNote, faultLegend, type RunStory } from '../run-story.ts';
import { html, type Markup } from '../text.ts';

const QUANTILES = [
  { key: 'p50', line: [] },
  { key: 'p95', line: [6, 3] },
  { key: 'p99', line: [2, 2] },
] as const;
const MOST_WORKLOADS = 8;
/** Of what takes no longer, a picture on a logarithmic axis shows nothing. */
const LEAST_MS = 0.01;

export function latency(story: RunStory, gallery: Gallery): Markup {
  const byWorkload = new Map<string, LatencyBin[]>();
  for (const bin of story.operations.latencies()) {
    const bins = byWorkload.get(bin.workload);
    if (bins === undefined) byWorkload.set(bin.workload, [bin]);
    else bins.push(bin);
  }
  const hidden = byWorkload.size - MOST_WORKLOADS;
  const figures = [...byWorkload].slice(0, MOST_WORKLOADS).map(([workload, bins], index) => {
    const series = QUANTILES.map(
      ({ key, line }, place): LineSeries => ({
        name: key,
        colour: seriesColour(place),
        strokeDash: line,
        gapS: (bins[0]?.widthS ?? 1) * 2.5,
        points: bins.map((bin) => ({
          t: bin.t + bin.widthS / 2,
          y: bin[key],
          d: `${key} ${figure(bin[key])} ms, ${plural(bin.count, 'operation')}`,
        })),
      }),
    );
    if (bins.every((bin) => bin.p99 < LEAST_MS)) {
      const count = bins.reduce((sum, bin) => sum + bin.count, 0);
      return html`<h3>${workload}</h3><p>${count === 1 ? 'The one operation' : `All ${plural(count, 'operation')}`} that ended ok did so within ${figure(LEAST_MS)} ms: answered from the member's own state.</p>`;
    }
    const chart = seriesChart(story.frame, series, {
      id: `latency-${index}`,
      label: `Latency of ${workload} operations, quantiles by planned time`,
      yTitle: 'ms',
      log: true,
      dots: true,
    });
    const legend = [
      ...QUANTILES.map(({ key, line }, place) => ({ colour: seriesColour(place), text: key, line })),
      ...faultLegend(story),
    ];
    return html`<h3>${workload}</h3>${gallery.figure(chart, legend, 'Operations that ended ok, by the time at which the plan wanted them; latency counts from there.')}`;
  });
  const note = crossHostNote(story);
  return html`<section id="latency"><h2>Latency</h2>${note !== undefined && html`<p class="note">${note}</p>`}${figures.length === 0 ? html`<p>No operation ended ok.</p>` : figures}${hidden > 0 && html`<p class="note">${plural(hidden, 'more workload')} not drawn.</p>`}</section>`;
}
