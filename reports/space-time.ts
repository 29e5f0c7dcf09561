/**
 * A space-time diagram (Lamport 1978): each member a line, time running down, each message an arrow, the violated moment
 * marked. One self-contained page for the history of a shrunk plan.
 */
import { createHash } from 'node:crypto';
import { isLinkFault, linksOf, type PlannedFault } from '../harness/model/fault.ts';
import type { HistoryLine } from '../harness/model/history.ts';
import type { Plan } from '../harness/model/plan.ts';
import type { PropertyResult } from '../harness/model/verdict.ts';
import { seconds } from './format.ts';
import { legendOf } from './gallery.ts';
import { INK, seriesColour } from './palette.ts';
import { timeScale } from './space-time-scale.ts';
import { STYLE } from './style.ts';
import { html, type Markup, shorten, trusted } from './text.ts';

/** Times in ns. */
export interface DrawnMessage {
  readonly from: string;
  readonly to: string;
  readonly channel: string;
  readonly kind: string;
  readonly sentAt: number;
  /** Empty: it was lost. */
  readonly deliveredAt: readonly number[];
}

export interface SpaceTimeInput {
  readonly plan: Plan;
  readonly property: PropertyResult;
  /** In the order of sending. */
  readonly messages: readonly DrawnMessage[];
  readonly lines: readonly HistoryLine[];
  /** Runs the plan again. */
  readonly repeatCommand: string;
}

const COLUMN_PX = 130;
const LEFT_PX = 210;
const TOP_PX = 40;
/** What is shown after the heal, where little is new, ns. */
const AFTER_HEAL_NS = 2e9;
/** And around a violated moment that lies later still. */
const AROUND_NS = 5e8;
const MOST_MESSAGES = 1500;
const MOST_MARKS = 1500;

/** The moment at which the violation shows, ns: the latest time that the witness names, or the end of the history. */
export function violatedAt(property: PropertyResult, lines: readonly HistoryLine[]): number {
  const last = lines.at(-1);
  const end = last !== undefined && 'time' in last ? last.time : 0;
  const times = (property.witness?.lines ?? []).flatMap((line) => {
    const time = typeof line === 'object' && line !== null && 'time' in line ? line.time : undefined;
    return typeof time === 'number' && time <= end ? [time] : [];
  });
  return times.length === 0 ? end : Math.max(...times);
}

export function spaceTimePage(input: SpaceTimeInput): string {
  const { plan, property } = input;
  const hash = createHash('sha256').update(STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const { drawing, legend, notes } = draw(input);
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${property.name} · seed ${plan.seed} · hearsay</title>
<style>${trusted(STYLE)}</style></head>
<body>
<header class="headline fail"><p class="brand">hearsay space-time diagram</p>
<h1><span class="word">${property.name}</span></h1>
<p class="why">${property.witness?.summary ?? property.reason}</p>
<p class="repeat-label">Run the plan again:</p><pre class="repeat"><code>${input.repeatCommand}</code></pre></header>
<main>
<h2>The plan</h2>
<ul class="story">${describePlan(plan).map((text) => html`<li>${text}</li>`)}</ul>
<h2>What happened</h2>
<p class="note">Time runs down, each member is a line. Arrows are messages; a cross is a message that was lost. Circles are what a member saw or did; hover over anything for its details. Grey lines are members that are down or paused.</p>
${notes.map((note) => html`<p class="note">${note}</p>`)}
<figure>${legend}<div class="chart">${drawing}</div></figure>
</main></body></html>
`.text;
}

/** A plan in sentences. */
export function describePlan(plan: Plan): string[] {
  const names = plan.members.map((member) => member.name).join(', ');
  const protocols = plan.channels.map((channel) => channel.protocol).join(', ');
  const faults = plan.faults.map(
    (fault) => `${seconds(fault.atMs * 1e6)} to ${seconds(fault.untilMs * 1e6)}: ${describeFault(fault)}`,
  );
  const operations = plan.operations
    .slice(0, 10)
    .map(
      ({ atMs, member, f, value }) => `${seconds(atMs * 1e6)}: ${f} ${shorten(JSON.stringify(value), 60)} at ${member}`,
    );
  if (plan.operations.length > 10) operations.push(`and ${plan.operations.length - 10} more operations`);
  return [
    `${plan.members.length} members (${names}) run ${protocols}; seed ${plan.seed}`,
    ...(faults.length === 0 ? ['no faults'] : faults),
    ...(operations.length === 0 ? ['no operations'] : operations),
    `${seconds(plan.closing.healAtMs * 1e6)}: heal; the members have ${seconds(plan.closing.deadlineMs * 1e6)} to agree`,
  ];
}

function describeFault(fault: PlannedFault): string {
  const { id: _id, atMs: _at, untilMs: _until, type, ...rest } = fault;
  if (isLinkFault(fault)) {
    const links = linksOf(fault);
    const where =
      links === 'all' ? 'all links' : links.map(({ from, to }) => `${from.join(', ')} → ${to.join(', ')}`).join('; ');
    const strength = Object.entries(rest).filter(([key]) => !['links', 'cuts', 'shape'].includes(key));
    return [type, ...strength.map(([key, value]) => `${key} ${value}`), `on ${where}`].join(' ');
  }
  const strength = Object.entries(rest).filter(([key]) => key !== 'targets');
  return [type, fault.targets.join(', '), ...strength.map(([key, value]) => `${key} ${value}`)].join(' ');
}

interface Canvas {
  readonly plan: Plan;
  readonly y: (time: number) => number | undefined;
  readonly x: (member: string) => number;
  readonly height: number;
  readonly end: number;
}

function draw(input: SpaceTimeInput): {
  readonly drawing: Markup;
  readonly legend: Markup | undefined;
  readonly notes: readonly string[];
} {
  const { plan, property, lines } = input;
  const moment = violatedAt(property, lines);
  const healNs = plan.closing.healAtMs * 1e6;
  const early = Math.max(healNs + AFTER_HEAL_NS, moment <= healNs + 2 * AFTER_HEAL_NS ? moment + AROUND_NS : 0);
  const windows: [number, number][] = [[0, early]];
  if (moment > early) windows.push([Math.max(early, moment - AROUND_NS), moment + AROUND_NS / 5]);
  const shown = input.messages.filter(
    ({ channel, sentAt }) =>
      (property.channel === undefined || channel === property.channel) &&
      windows.some(([from, until]) => sentAt >= from && sentAt < until),
  );
  const kept = shown.slice(-MOST_MESSAGES);
  const [firstKept] = kept;
  if (shown.length > kept.length && firstKept !== undefined) windows[0] = [firstKept.sentAt, early];
  const scale = timeScale(
    windows,
    kept.map((message) => message.sentAt),
    TOP_PX,
  );
  const index = new Map(plan.members.map((member, i) => [member.name, i]));
  const canvas: Canvas = {
    plan,
    y: scale.y,
    x: (member) => LEFT_PX + (index.get(member) ?? 0) * COLUMN_PX,
    height: scale.bottom + 30,
    end: windows.at(-1)?.[1] ?? 0,
  };
  const kinds = [...new Set(kept.map((message) => message.kind))].sort();
  const colourOf = (kind: string): string => seriesColour(kinds.indexOf(kind));
  const width = LEFT_PX + plan.members.length * COLUMN_PX;
  const markY = scale.y(moment);
  const drawing = html`<svg viewBox="0 0 ${width} ${canvas.height}" role="img" aria-label="Space-time diagram" font-size="11">
${faultBands(canvas)}
${memberLines(canvas, lines)}
${scale.ticks.map(({ time, y }) => html`<text x="4" y="${y + 4}">${seconds(time)}</text><line x1="60" x2="${width}" y1="${y}" y2="${y}" stroke="#d8d8d8" stroke-width="0.5"/>`)}
${scale.gaps.map((y) => html`<text x="4" y="${y}">⋮ time left out</text>`)}
${kept.map((message) => arrow(canvas, message, colourOf(message.kind)))}
${marks(canvas, lines, property.channel)}
${markY !== undefined && html`<line x1="0" x2="${width}" y1="${markY}" y2="${markY}" stroke="${INK.fail}" stroke-width="2" stroke-dasharray="6 3"/><text x="4" y="${markY - 4}" font-weight="700">violated: ${property.name}, ${seconds(moment)}</text>`}
</svg>`;
  const legend = legendOf(kinds.map((kind) => ({ colour: colourOf(kind), text: kind })));
  const notes = [
    shown.length > kept.length
      ? `Only the last ${kept.length} of ${shown.length} messages in this stretch are drawn.`
      : '',
  ].filter((note) => note !== '');
  return { drawing, legend, notes };
}

function faultBands({ plan, y, end }: Canvas): Markup[] {
  return plan.faults.map((fault, i) => {
    const top = y(Math.min(fault.atMs * 1e6, end)) ?? TOP_PX;
    const bottom = y(Math.min(fault.untilMs * 1e6, end)) ?? top;
    const left = 62 + (i % 8) * 14;
    return html`<g><title>${fault.id}: ${describeFault(fault)}</title><rect x="${left}" y="${top}" width="10" height="${Math.max(2, bottom - top)}" fill="${seriesColour(i)}" fill-opacity="0.6"/><text x="${left}" y="${top - 3}" font-size="9">${fault.id}</text></g>`;
  });
}

/** A member's line, grey where it did not run. */
function memberLines({ plan, y, x, height, end }: Canvas, lines: readonly HistoryLine[]): Markup[] {
  return plan.members.map(({ name }) => {
    const stops: { time: number; up: boolean }[] = [];
    for (const line of lines) {
      if (line.type !== 'member' || line.member !== name || line.time > end) continue;
      stops.push({ time: line.time, up: line.event === 'up' || line.event === 'resume' || line.event === 'leave' });
    }
    const at = x(name);
    const pieces = stops.flatMap(({ time, up }, i) => {
      const top = y(time);
      const bottom = y(stops[i + 1]?.time ?? end) ?? height - 20;
      return top === undefined || !up
        ? []
        : [html`<line x1="${at}" x2="${at}" y1="${top}" y2="${bottom}" stroke="${INK.alive}" stroke-width="3"/>`];
    });
    return html`<text x="${at}" y="${TOP_PX - 18}" text-anchor="middle" font-weight="700">${name}</text><line x1="${at}" x2="${at}" y1="${TOP_PX - 10}" y2="${height - 20}" stroke="#999999"/>${pieces}`;
  });
}

function arrow({ x, y }: Canvas, message: DrawnMessage, colour: string): Markup | undefined {
  const { from, to, kind, channel, sentAt, deliveredAt } = message;
  const y1 = y(sentAt);
  if (y1 === undefined) return undefined;
  const x1 = x(from);
  const x2 = x(to);
  const title = html`<title>${channel}.${kind} ${from} → ${to}, sent ${exact(sentAt)}, ${deliveredAt.length === 0 ? 'lost' : `delivered ${deliveredAt.map(exact).join(', ')}`}</title>`;
  if (deliveredAt.length === 0) {
    const end = x1 + (x2 - x1) * 0.25;
    return html`<g stroke="${colour}">${title}<line x1="${x1}" x2="${end}" y1="${y1}" y2="${y1 + 2}" stroke-dasharray="3 2"/><path d="M${end - 3} ${y1 - 1}l6 6m0-6l-6 6"/></g>`;
  }
  const heads = deliveredAt.map((time) => {
    const y2 = y(time) ?? y1;
    const side = x2 > x1 ? -1 : 1;
    return html`<line x1="${x1}" x2="${x2}" y1="${y1}" y2="${y2}"/><path d="M${x2} ${y2}l${side * 7} -3v6z" fill="${colour}" stroke="none"/>`;
  });
  return html`<g stroke="${colour}">${title}${heads}</g>`;
}

function exact(ns: number): string {
  return `${(ns / 1e6).toFixed(2)} ms`;
}

/** Operations, what members observed, and their lives. */
function marks({ x, y }: Canvas, lines: readonly HistoryLine[], channel: string | undefined): Markup[] {
  const found: Markup[] = [];
  for (const line of lines) {
    if (found.length >= MOST_MARKS) break;
    const said = markOf(line, channel);
    if (said === undefined || !('member' in line)) continue;
    const at = y(line.time);
    if (at === undefined) continue;
    const left = x(line.member);
    const text =
      said.label === undefined
        ? undefined
        : html`<text x="${left + 7}" y="${at + 4}" font-size="9">${shorten(said.label, 24)}</text>`;
    found.push(
      html`<g><title>${exact(line.time)} ${line.member}: ${said.title}</title><circle cx="${left}" cy="${at}" r="3.5" fill="${said.colour}"/>${text}</g>`,
    );
  }
  return found;
}

interface Mark {
  readonly title: string;
  readonly label: string | undefined;
  readonly colour: string;
}

function markOf(line: HistoryLine, channel: string | undefined): Mark | undefined {
  switch (line.type) {
    case 'member':
      return {
        title: `${line.event} ${line.reason ?? ''}`,
        label: `${line.event} (life ${line.life})`,
        colour: INK.paused,
      };
    case 'invoke':
      return { title: `${line.f} ${JSON.stringify(line.value)}`, label: `${line.f} #${line.op}`, colour: INK.info };
    case 'ok':
    case 'fail':
    case 'info': {
      const colour = line.type === 'ok' ? INK.ok : line.type === 'fail' ? INK.fail : INK.info;
      const title = `${line.type} ${JSON.stringify(line.value ?? line.error ?? null)}`;
      return { title, label: `${line.type} #${line.op}`, colour };
    }
    case 'observe': {
      if (channel !== undefined && line.channel !== channel) return undefined;
      const { type: _t, time: _time, member: _m, life: _l, channel: _c, kind, ...facts } = line;
      const short = kind === 'status' && 'status' in facts ? `${facts.subject} ${facts.status}` : kind;
      const status = kind === 'status' && 'status' in facts ? facts.status : undefined;
      const colour = status !== undefined && status in INK ? INK[status as keyof typeof INK] : INK.theory;
      return { title: `${kind} ${JSON.stringify(facts)}`, label: short, colour };
    }
    default:
      return undefined;
  }
}
