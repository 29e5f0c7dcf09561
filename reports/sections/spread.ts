/** How broadcasts and writes reached everybody, and how fast. */
import { type CoverageGroup, coverageChart, groupItems, MOST_LINES } from '../charts/coverage-chart.ts';
import { type LineSeries, seriesChart } from '../charts/series-chart.ts';
import { type CurvePoint, coverageCurve, spreadSettings } from '../coverage-curve.ts';
import type { ChannelCoverage, Item } from '../folds/coverage-fold.ts';
import { TimeGrid } from '../folds/time-grid.ts';
import { figure, percent, plural, seconds } from '../format.ts';
import type { Gallery, LegendEntry } from '../gallery.ts';
import { swatch } from '../gallery.ts';
import { INK, seriesColour } from '../palette.ts';
import { faultLegend, type RunStory } from '../run-story.ts';
import { html, type Markup, SCROLLS } from '../text.ts';

export function spread(story: RunStory, gallery: Gallery): Markup {
  const parts = story.coverage.map((coverage, index) => one(story, gallery, coverage, index));
  return html`<section id="coverage"><h2>Coverage</h2>
${parts.length === 0 ? html`<p>No broadcast and no write was seen in this history.</p>` : parts}${agreement(story)}</section>`;
}

function one(story: RunStory, gallery: Gallery, coverage: ChannelCoverage, index: number): Markup {
  const { channel, items, started } = coverage;
  const n = story.plan.members.length;
  const groups = groupItems(items);
  const theory = theoryOf(story, coverage, groups);
  const noun = coverage.kind === 'broadcast' ? 'broadcast' : 'write';
  const legend: LegendEntry[] = groups.map((group) => ({
    colour: group.colour,
    text: `median, ${groupName(group)}`,
    line: [],
  }));
  for (const [place, curve] of theory.entries())
    legend.push({ colour: INK.theory, text: curve.text, line: place === 0 ? [7, 4] : [2, 3] });
  const drawn =
    items.length > MOST_LINES
      ? ` Faint lines show about ${MOST_LINES} of them; medians count all that were followed.`
      : ' Each faint line is one.';
  const followed =
    items.length < started
      ? `${figure(items.length)} of ${plural(started, noun)}, chosen evenly, were followed.`
      : `All ${plural(started, noun)} were followed.`;
  const superseded = coverage.kind === 'write' ? ' A member with a later version of the key counts as covered.' : '';
  const chart =
    items.length === 0
      ? undefined
      : coverageChart(
          `coverage-${index}`,
          channel,
          groups,
          n,
          theory.map((curve) => curve.points),
        );
  return html`<h3>${channel}: ${noun}s</h3>
${chart !== undefined && gallery.figure(chart, legend, `${followed}${drawn} Shares are of all ${n} members, those that are down included.${superseded}${theory.length > 0 ? ' Theory is the mean-field recursion in rounds and knows no latency, no partition and no crash.' : ''}`)}
${groupTable(groups)}${convergence(story, gallery, coverage, index)}`;
}

function groupName(group: CoverageGroup): string {
  return group.faults.length === 0 ? 'no fault on' : `during ${group.faults.join(' + ')}`;
}

function groupTable(groups: readonly CoverageGroup[]): Markup {
  const rows = groups.map((group) => {
    const times = group.items
      .flatMap((item) => (item.allAfter === undefined ? [] : [item.allAfter / 1e6]))
      .sort((a, b) => a - b);
    const cell = (share: number): Markup =>
      html`<td class="number">${times.length === 0 ? '–' : figure(quantile(times, share))}</td>`;
    return html`<tr><th scope="row">${swatch({ colour: group.colour, text: '' })}${groupName(group)}</th><td class="number">${figure(group.items.length)}</td>${cell(0.5)}${cell(0.95)}${cell(0.99)}${cell(1)}<td class="number">${figure(group.items.length - times.length)}</td></tr>`;
  });
  return html`<div class="scroll" ${SCROLLS}><table><thead><tr><th scope="col">from sending to the last member that stayed up, ms</th><th scope="col" class="number">items</th><th scope="col" class="number">p50</th><th scope="col" class="number">p95</th><th scope="col" class="number">p99</th><th scope="col" class="number">max</th><th scope="col" class="number">never reached all</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** Nearest rank, of sorted values. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

interface TheoryCurve {
  readonly text: string;
  readonly points: readonly CurvePoint[];
}

function theoryOf(story: RunStory, coverage: ChannelCoverage, groups: readonly CoverageGroup[]): TheoryCurve[] {
  const planned = story.plan.channels.find((channel) => channel.name === coverage.channel);
  const settings = planned === undefined ? undefined : spreadSettings(planned);
  if (settings === undefined) return [];
  const n = story.plan.members.length;
  const what = `theory: ${settings.mode}, fanout ${settings.fanout}, rounds of ${settings.roundMs} ms`;
  const out: TheoryCurve[] = [{ text: what, points: coverageCurve(settings, n, 1) }];
  const losses = story.plan.faults.flatMap((fault) =>
    fault.type === 'loss' && fault.links === 'all' ? [fault.probability] : [],
  );
  const loss = losses[0];
  if (loss !== undefined && groups.some((group) => group.faults.includes('loss')))
    out.push({ text: `the same with ${percent(loss)} loss`, points: coverageCurve(settings, n, 1 - loss) });
  return out;
}

function convergence(story: RunStory, gallery: Gallery, coverage: ChannelCoverage, index: number): Markup | undefined {
  const bins = binned(story, coverage.items);
  if (bins.length === 0) return undefined;
  const quantiles: readonly [string, number, readonly number[]][] = [
    ['p50', 0.5, []],
    ['p95', 0.95, [6, 3]],
    ['p99', 0.99, [2, 2]],
  ];
  const series = quantiles.map(
    ([name, share, strokeDash], place): LineSeries => ({
      name,
      colour: seriesColour(place),
      strokeDash: [...strokeDash],
      gapS: bins.length > 0 ? (bins[0]?.widthS ?? 1) * 2.5 : 3,
      points: bins.map((bin) => ({
        t: bin.t,
        y: Math.max(0.1, quantile(bin.times, share)),
        d: `${name} ${figure(quantile(bin.times, share))} ms, ${bin.times.length} items sent in this step`,
      })),
    }),
  );
  const never = coverage.items.filter((item) => item.allAfter === undefined).length;
  const chart = seriesChart(story.frame, series, {
    id: `convergence-${index}`,
    label: `Time for items of ${coverage.channel} to reach every member that stayed up, quantiles by the time they were sent`,
    yTitle: 'ms to all',
    log: true,
    dots: true,
  });
  return gallery.figure(
    chart,
    [
      ...quantiles.map(([name, , line], place) => ({ colour: seriesColour(place), text: name, line })),
      ...faultLegend(story),
    ],
    `Time until every member that stayed up had it, by the second at which it was sent.${never > 0 ? ` ${plural(never, 'item')} never got there, and are left out.` : ''}`,
  );
}

function binned(story: RunStory, items: readonly Item[]): { t: number; widthS: number; times: number[] }[] {
  const grid = new TimeGrid(story.plan, 90, 1000);
  const bins = new Map<number, number[]>();
  for (const item of items) {
    if (item.allAfter === undefined) continue;
    const bin = grid.bin(item.start);
    const times = bins.get(bin);
    if (times === undefined) bins.set(bin, [item.allAfter / 1e6]);
    else times.push(item.allAfter / 1e6);
  }
  const widthS = grid.width / 1e9;
  return [...bins]
    .sort((a, b) => a[0] - b[0])
    .map(([bin, times]) => ({ t: grid.start(bin) + widthS / 2, widthS, times: times.sort((a, b) => a - b) }));
}

function agreement(story: RunStory): Markup | undefined {
  const channels = story.agreement.channels();
  if (channels.size === 0) return undefined;
  const rows = [...channels].map(([channel, rounds]) => {
    const converges = story.channels.find((judged) => judged.name === channel)?.converges;
    const equal = rounds.find(
      (round, place) => rounds.slice(place).every((later) => later.groups === 1) && round.groups === 1,
    );
    const last = rounds.at(-1);
    const after =
      equal === undefined || story.timeline.healedAt === undefined ? undefined : equal.time - story.timeline.healedAt;
    const since =
      equal === undefined
        ? 'not in the last round'
        : `round ${equal.round}, ${seconds(equal.time)}${after === undefined ? '' : ` (${seconds(Math.abs(after))} ${after < 0 ? 'before' : 'after'} the heal)`}`;
    return html`<tr><th scope="row">${channel}</th><td>${converges === undefined ? '' : converges ? 'yes' : 'no'}</td><td class="number">${figure(rounds.length)}</td><td>${since}</td><td>${last === undefined ? '' : `${last.largest} of ${last.answered} equal, ${plural(last.groups, 'view')}`}</td></tr>`;
  });
  return html`<h3>Agreement in the final reads</h3><div class="scroll" ${SCROLLS}><table><thead><tr><th scope="col">channel</th><th scope="col">claimed to converge</th><th scope="col" class="number">polls</th><th scope="col">all views equal from</th><th scope="col">last poll</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}
