/** Bytes per member and per kind of message, over time. */
import { type LineSeries, seriesChart } from '../charts/series-chart.ts';
import type { Series } from '../folds/traffic-fold.ts';
import { figure, percent, plural } from '../format.ts';
import type { Gallery } from '../gallery.ts';
import { seriesColour } from '../palette.ts';
import { faultLegend, type RunStory } from '../run-story.ts';
import { html, type Markup, SCROLLS, shorten } from '../text.ts';
import { kernelCounters } from './kernel-counters.ts';
import { quantile } from './spread.ts';

const MOST_MEMBER_LINES = 10;
const MOST_KIND_LINES = 8;

export function bandwidth(story: RunStory, gallery: Gallery): Markup {
  const members = story.traffic.members();
  const kinds = story.traffic.kinds();
  if (members.length === 0)
    return html`<section id="bandwidth"><h2>Bandwidth</h2><p>No traffic was recorded.</p></section>`;
  const single = members.length <= MOST_MEMBER_LINES;
  const memberLines = single
    ? members.map((one, index) => lineOf(story, one, seriesColour(index)))
    : bandOf(story, members);
  const kindLines = kinds.slice(0, MOST_KIND_LINES).map((one, index) => lineOf(story, one, seriesColour(index)));
  const legend = (lines: readonly LineSeries[]) => [
    ...lines.map((line) => ({ colour: line.colour, text: shorten(line.name, 60), line: [...(line.strokeDash ?? [])] })),
    ...faultLegend(story),
  ];
  const options = { yTitle: 'bytes per second', format: '~s' };
  const byMember = seriesChart(story.frame, memberLines, {
    ...options,
    id: 'bandwidth-members',
    label: 'Bytes sent per second by member over time',
  });
  const byKind = seriesChart(story.frame, kindLines, {
    ...options,
    id: 'bandwidth-kinds',
    label: 'Bytes sent per second by channel and kind of message over time, all members together',
  });
  const hidden = kinds.length - MOST_KIND_LINES;
  return html`<section id="bandwidth"><h2>Bandwidth</h2>
<h3>Sent, by member</h3>${gallery.figure(byMember, legend(memberLines), single ? 'Bytes that left each member, per second.' : `Bytes that left the members, per second: quantiles over ${plural(members.length, 'member')}.`)}
<h3>Sent, by channel and kind</h3>${gallery.figure(byKind, legend(kindLines), html`All members together.${hidden > 0 && ` ${plural(hidden, 'lighter kind')} not drawn; the table has them.`}`)}
${kindTable(kinds)}${dropped(story)}${kernelCounters(story)}</section>`;
}

function lineOf(story: RunStory, series: Series, colour: string): LineSeries {
  return { name: series.name, colour, points: series.rates.map((y, bin) => ({ t: middle(story, bin), y })) };
}

function middle(story: RunStory, bin: number): number {
  return story.traffic.grid.start(bin) + story.traffic.grid.width / 2e9;
}

function bandOf(story: RunStory, members: readonly Series[]): LineSeries[] {
  const bins = members.reduce((most, one) => Math.max(most, one.rates.length), 0);
  const lines: readonly [string, number, readonly number[]][] = [
    ['lowest', 0, [2, 2]],
    ['median', 0.5, []],
    ['p90', 0.9, [6, 3]],
    ['highest', 1, [2, 2]],
  ];
  const sorted = Array.from({ length: bins }, (_, bin) =>
    members.map((one) => one.rates[bin] ?? 0).sort((a, b) => a - b),
  );
  return lines.map(([name, share, strokeDash], index) => ({
    name,
    colour: seriesColour(index),
    strokeDash,
    points: sorted.map((rates, bin) => ({ t: middle(story, bin), y: quantile(rates, share) })),
  }));
}

function kindTable(kinds: readonly Series[]): Markup {
  const total = kinds.reduce((sum, kind) => sum + kind.totalBytes, 0);
  const rows = kinds.map(
    (kind) =>
      html`<tr><th scope="row">${shorten(kind.name, 80)}</th><td class="number">${figure(kind.totalMessages)}</td><td class="number">${figure(kind.totalBytes)}</td><td class="number">${kind.totalMessages === 0 ? '–' : figure(kind.totalBytes / kind.totalMessages)}</td><td class="number">${total === 0 ? '–' : percent(kind.totalBytes / total)}</td></tr>`,
  );
  return html`<div class="scroll" ${SCROLLS}><table><thead><tr><th scope="col">channel.kind</th><th scope="col" class="number">messages sent</th><th scope="col" class="number">bytes sent</th><th scope="col" class="number">bytes per message</th><th scope="col" class="number">share of bytes</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function dropped(story: RunStory): Markup {
  const rows = story.traffic.dropped();
  if (rows.length === 0) return html`<p>No datagram was thrown away on arrival.</p>`;
  return html`<p>Thrown away on arrival: ${rows.map((row) => `${shorten(row.reason, 60)} ${figure(row.count)}`).join(', ')}.</p>`;
}
