/**
 * A space-time diagram (Lamport 1978): each member a line, time running down, each message an arrow, the violated moment
 * marked. A section of the report of a shrunk plan.
 */
import { isLinkFault, linksOf, type PlannedFault } from '../harness/model/fault.ts';
import type { Plan } from '../harness/model/plan.ts';
import { plural, seconds } from './format.ts';
import { legendOf } from './gallery.ts';
import { INK, SERIES } from './palette.ts';
import { strengthOf } from './run-story.ts';
import { type Arrow, AXIS_PX, FONT_PX, type Layout, layOut, type Span } from './space-time-layout.ts';
import { BREAK_NS } from './space-time-scale.ts';
import { type SpaceTimeInput, violatedAt } from './space-time-selection.ts';
import { html, type Markup, shorten, trusted } from './text.ts';

export type { DrawnMessage, SpaceTimeInput } from './space-time-selection.ts';
export { violatedAt } from './space-time-selection.ts';

const FAULT_COLOUR = '#8a8a8a';
/** What the violated moment and running members are drawn in is no message's. */
const MESSAGE_COLOURS = SERIES.filter((colour) => colour !== INK.fail && colour !== INK.alive);

/** The violated property, the plan in words, and the picture. Refers to nothing outside itself. */
export function spaceTimeSection(input: SpaceTimeInput): Markup {
  const { plan, property } = input;
  const layout = layOut(input);
  const { drawing, legend } = draw(input, layout);
  return html`<section id="space-time"><h2>Space-time</h2>
<p>${property.name} is violated: ${property.witness?.summary ?? property.reason}</p>
<ul class="story">${describePlan(plan).map((text) => html`<li>${text}</li>`)}</ul>
<p class="note">Time runs down, and each member is a vertical line: solid while it runs, dotted while it is down or paused. Slanted arrows are messages, from their sending to their receipt; a dashed arrow that ends in a cross is a message that was lost. Dots are what a member did or saw. Grey bars and shades are times in which a fault was on.</p>
<p class="note">The scale is not even: moments stand far enough apart to be told apart, whatever the time between them. Labels at the left give true times in milliseconds since the start, and ⋮ the time between two moments where it is ${BREAK_NS / 1e6} ms or more. Hover over anything for its details.</p>
${layout.notes.map((note) => html`<p class="note">${note}</p>`)}
<figure>${legend}<div class="chart" tabindex="0" role="group" aria-label="Chart, may be scrolled sideways">${drawing}</div></figure>
</section>`;
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
  if (isLinkFault(fault)) {
    const links = linksOf(fault);
    const where =
      links === 'all' ? 'all links' : links.map(({ from, to }) => `${from.join(', ')} → ${to.join(', ')}`).join('; ');
    // A partition is all in its links; its shape is only how they were chosen.
    const strength = fault.type === 'partition' ? '' : strengthOf(fault);
    return [fault.type, strength, `on ${where}`].filter((part) => part !== '').join(' ');
  }
  if (fault.type === 'byzantine') return `${fault.targets.join(', ')} lies: ${strengthOf(fault)}`;
  return [`${fault.type} ${fault.targets.join(', ')}`, strengthOf(fault)].filter((part) => part !== '').join(', ');
}

/** The picture, px as it stands on the page; wider ones are scrolled sideways. */
function draw(
  input: SpaceTimeInput,
  layout: Layout,
): { readonly drawing: Markup; readonly legend: Markup | undefined } {
  const kinds = [...new Set(layout.arrows.map(({ message }) => message.kind))].sort();
  const colourOf = (kind: string): string =>
    MESSAGE_COLOURS[kinds.indexOf(kind) % MESSAGE_COLOURS.length] ?? FAULT_COLOUR;
  const { width, height, left, top, violatedY } = layout;
  const label = `Space-time diagram of ${plural(input.plan.members.length, 'member')} and ${plural(new Set(layout.arrows.map(({ message }) => message)).size, 'message')}; ${input.property.name} is violated at ${seconds(violatedAt(input.property, input.lines))}`;
  const drawing = html`<svg class="true-size" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${label}" font-size="${FONT_PX}">
${layout.bands.map((band) => spanOf(band, 0.16))}
${layout.rows.map(({ y }) => html`<line x1="${left - 14}" x2="${left - 6}" y1="${y}" y2="${y}" stroke="#8a8a8a"/>`)}
${layout.spans.map((span) => spanOf(span, 0.75))}
${layout.lines.map(({ x, runs }) => html`<line x1="${x}" x2="${x}" y1="${top}" y2="${height - 8}" stroke="#8a8a8a" stroke-dasharray="2 4"/>${runs.map(([y1, y2]) => html`<line x1="${x}" x2="${x}" y1="${y1}" y2="${y2}" stroke="${INK.alive}" stroke-width="3"/>`)}`)}
<line x1="${AXIS_PX}" x2="${width}" y1="${violatedY}" y2="${violatedY}" stroke="${INK.fail}" stroke-width="2" stroke-dasharray="6 3"/>
${layout.arrows.map((arrow) => drawArrow(arrow, colourOf(arrow.message.kind)))}
${layout.dots.map(({ x, y, time, mark }) => html`<circle class="dot" cx="${x}" cy="${y}" r="4" fill="${mark.colour}"><title>${exact(time)} ${mark.title}</title></circle>`)}
${layout.labels.map(({ x, y, text, role }) => html`<text class="${role}" x="${x}" y="${y}"${(role === 'name' || role === 'violated') && trusted(' font-weight="700"')}>${text}</text>`)}
</svg>`;
  const legend = legendOf([
    ...kinds.map((kind) => ({ colour: colourOf(kind), text: kind, line: [] })),
    { colour: INK.alive, text: 'member runs', line: [] },
    ...(layout.spans.length === 0 ? [] : [{ colour: FAULT_COLOUR, text: 'a fault is on' }]),
    { colour: INK.fail, text: 'violated', line: [6, 3] },
  ]);
  return { drawing, legend };
}

function spanOf({ fault, x, width, top, bottom }: Span, opacity: number): Markup {
  return html`<rect x="${x}" y="${top}" width="${width}" height="${bottom - top}" fill="${FAULT_COLOUR}" fill-opacity="${opacity}"><title>${fault.id}: ${describeFault(fault)}</title></rect>`;
}

function drawArrow({ message, x1, y1, x2, y2, isLost }: Arrow, colour: string): Markup {
  const { from, to, kind, channel, sentAt, deliveredAt } = message;
  const title = html`<title>${channel}.${kind} ${from} → ${to}, sent ${exact(sentAt)}, ${isLost ? 'lost' : `delivered ${deliveredAt.map(exact).join(', ')}`}</title>`;
  const line = html`<line x1="${x1}" x2="${x2}" y1="${y1}" y2="${y2}" stroke-width="1.5"${isLost && trusted(' stroke-dasharray="4 3"')}/>`;
  if (isLost)
    return html`<g class="lost" stroke="${colour}">${title}${line}<path d="M${x2 - 4} ${y2 - 4}l8 8m0-8l-8 8" stroke-width="2"/></g>`;
  const angle = Math.round((Math.atan2(y2 - y1, x2 - x1) * 1800) / Math.PI) / 10;
  return html`<g class="message" stroke="${colour}">${title}${line}<path d="M0 0l-9 -3.5v7z" transform="translate(${x2} ${y2}) rotate(${angle})" fill="${colour}" stroke="none"/></g>`;
}

function exact(ns: number): string {
  return `${(ns / 1e6).toFixed(2)} ms`;
}
