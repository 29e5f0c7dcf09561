/** What the kernel counted at each member's device, beside what the member counted itself. */
import { type Counter, HEADER_BYTES } from '../../harness/model/counters.ts';
import type { Total } from '../folds/traffic-fold.ts';
import { figure, plural } from '../format.ts';
import type { RunStory } from '../run-story.ts';
import { html, type Markup } from '../text.ts';

const MOST_ROWS = 200;

export function kernelCounters(story: RunStory): Markup | undefined {
  const counters = story.surroundings?.counters;
  if (counters === undefined) return undefined;
  const rows = counters.members.slice(0, MOST_ROWS).flatMap(({ member, sent, received }) => {
    const own = story.traffic.total(member);
    return [row(member, 'sent', sent, own?.sent), row(member, 'received', received, own?.received)];
  });
  const hidden = counters.members.length - MOST_ROWS;
  return html`<h3>What the kernel counted</h3>
<p class="note">At each member's device, beside the member's own lines, to each message of which ${HEADER_BYTES} bytes of headers are added. They differ by what faults take away or add between the two (the kernel counts what it drops on arrival, and a copy that it makes behind the device it does not), by what a killed member had not yet told, and by streams, whose segments and acknowledgements the member does not see.</p>
<div class="scroll"><table><thead><tr><th scope="col">member</th><th scope="col">direction</th><th scope="col" class="number">packets, kernel</th><th scope="col" class="number">messages, own</th><th scope="col" class="number">difference</th><th scope="col" class="number">bytes, kernel</th><th scope="col" class="number">bytes, own</th><th scope="col" class="number">difference</th></tr></thead><tbody>${rows}</tbody></table></div>${hidden > 0 && html`<p class="note">${plural(hidden, 'more member')} not shown; counters.json has them.</p>`}`;
}

function row(member: string, direction: string, kernel: Counter, own: Total | undefined): Markup {
  const messages = own?.messages ?? 0;
  const bytes = (own?.bytes ?? 0) + messages * HEADER_BYTES;
  const number = (text: string): Markup => html`<td class="number">${text}</td>`;
  return html`<tr><th scope="row">${member}</th><td>${direction}</td>${number(figure(kernel.packets))}${number(figure(messages))}${number(difference(kernel.packets, messages))}${number(figure(kernel.bytes))}${number(figure(bytes))}${number(difference(kernel.bytes, bytes))}</tr>`;
}

/** Of the kernel's count from the member's own. */
function difference(kernel: number, own: number): string {
  if (own === 0) return kernel === 0 ? '0 %' : '–';
  const percent = ((kernel - own) / own) * 100;
  return `${percent > 0 ? '+' : percent < 0 ? '−' : ''}${figure(Number(Math.abs(percent).toPrecision(3)))} %`;
}
