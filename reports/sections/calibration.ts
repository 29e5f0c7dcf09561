/** What links did before the run, fault by fault, beside what was asked of them: for the reader, and judged by nobody. */
import {
  type CalibratedFault,
  type CalibratedLink,
  linksOutside,
  type Reading,
} from '../../harness/model/calibration.ts';
import { figure, percent, plural } from '../format.ts';
import { describeFault, type RunStory } from '../run-story.ts';
import { html, type Markup, SCROLLS } from '../text.ts';

export function linkCalibration(story: RunStory): Markup | undefined {
  const calibration = story.surroundings?.calibration;
  if (calibration === undefined) return undefined;
  const { faults, left, baseline, durationMs, problem } = calibration;
  const idle = faults.filter(({ effect }) => effect === 'none');
  const links = faults.reduce((sum, fault) => sum + fault.links.length, 0);
  const lost = baseline.reduce((sum, { sent, received }) => sum + sent - received, 0);
  const clockMs = Math.max(0, ...baseline.map((link) => link.clockMs ?? 0));
  const middle = baseline.map(({ p50Ms }) => p50Ms).sort((a, b) => a - b)[Math.floor(baseline.length / 2)] ?? 0;
  return html`<section id="link-calibration"><h2>Links before the run</h2>
${idle.map((fault) => html`<p class="warning">${nameOf(story, fault)} has no effect: none of ${plural(fault.pooled.sent, 'probe')} on its links shows anything of it.</p>`)}${problem !== undefined && html`<p class="warning">Calibration ended early: ${problem}</p>`}
<p>Before time zero each planned fault of links was brought into force alone, and numbered datagrams were sent over some of its links and some that it is to leave alone, in ${figure(durationMs / 1000)} s in all. ${links > 0 && `${plural(linksOutside(calibration).length, 'link')} of ${figure(links)} ${linksOutside(calibration).length === 1 ? 'lies' : 'lie'} outside; `}intervals are of 99 %, so one correct link in a hundred does. This is an aid for the reader: whether faults did bite in the run is judged by fault-effect, over all links of a fault together.</p>
${
  baseline.length > 0 &&
  html`<p>Without a fault: ${figure(lost)} of ${plural(
    baseline.reduce((sum, { sent }) => sum + sent, 0),
    'datagram',
  )} lost over ${plural(baseline.length, 'link')}, one-way delay ${figure(Number(middle.toFixed(3)))} ms in the middle${clockMs > 0 && html`; between hosts such a time may be off by ±${figure(Number(clockMs.toFixed(3)))} ms, since their clocks are compared by round trips. What a fault adds to a link's delay is a difference between times of the same two clocks, and is not`}.</p>`
}
${faults.map((fault) => faultTable(story, fault))}${left.length > 0 && html`<h3>Not calibrated</h3><ul>${left.map((fault) => html`<li>${fault.faults.join(', ')} (${fault.type}): ${fault.reason}</li>`)}</ul>`}</section>`;
}

function nameOf(story: RunStory, { faults, type }: CalibratedFault): string {
  const planned = story.plan.faults.find(({ id }) => faults.includes(id));
  return `${faults.join(', ')} (${planned === undefined ? type : describeFault(planned)})`;
}

const EFFECTS: Readonly<Record<CalibratedFault['effect'], string>> = {
  seen: 'has an effect',
  none: 'has no effect',
  undecided: 'too weak or too rare for so few datagrams to say',
};

function faultTable(story: RunStory, fault: CalibratedFault): Markup {
  return html`<h3>${nameOf(story, fault)}: ${EFFECTS[fault.effect]}</h3>
<div class="scroll" ${SCROLLS}><table><thead><tr><th scope="col">link</th><th scope="col">fault acts</th><th scope="col">quantity</th><th scope="col" class="number">asked</th><th scope="col" class="number">measured</th><th scope="col" class="number">99 % interval</th><th scope="col">within</th><th scope="col" class="number">sent</th><th scope="col" class="number">received</th></tr></thead><tbody>${fault.links.map(linkRow)}${row('its links together', 'yes', fault.pooled, 0)}</tbody></table></div>`;
}

function linkRow(link: CalibratedLink): Markup {
  return row(`${link.from} → ${link.to}`, link.touched ? 'yes' : 'no', link, link.overrun);
}

function row(name: string, acts: string, reading: Reading, overrun: number): Markup {
  const { what, asked, measured, low, high, within, sent, received } = reading;
  const said = within ? html`<td class="valid">yes</td>` : html`<td class="unknown">no</td>`;
  const value = (number: number): string => textOf(reading, number);
  return html`<tr><th scope="row">${name}</th><td>${acts}</td><td>${what}${overrun > 0 && ` (receivers had no room for ${figure(overrun)})`}</td><td class="number">${value(asked)}</td><td class="number">${value(measured)}</td><td class="number">${value(low)} to ${value(high)}</td>${said}<td class="number">${figure(sent)}</td><td class="number">${figure(received)}</td></tr>`;
}

function textOf({ unit }: Reading, value: number): string {
  if (unit === 'share') return percent(value);
  return `${figure(unit === 'ms' ? Number(value.toFixed(2)) : value)} ${unit}`;
}
