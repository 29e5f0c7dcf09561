/** What each protocol claims, and under what circumstances the run took place. */
import type { JudgedChannel } from '../../harness/model/checker.ts';
import { figure, nameList, plural, seconds } from '../format.ts';
import type { RunStory } from '../run-story.ts';
import { html, type Markup, SCROLLS, shorten } from '../text.ts';

export function claims(story: RunStory): Markup {
  return html`<section id="claims"><h2>Claims and bounds</h2>${story.channels.map(claimsOf)}</section>`;
}

function claimsOf(channel: JudgedChannel): Markup {
  const rows = channel.claims.map(
    (claim) =>
      html`<tr><th scope="row">${claim.property}</th><td>${claim.strength}</td><td class="prose">${claim.statement}</td><td class="prose">${claim.source}</td></tr>`,
  );
  const bounds = Object.entries(channel.bounds).flatMap(([name, value]) =>
    typeof value === 'number' ? [`${name.replace(/Ms$/, '')} ${figure(value)} ms`] : [],
  );
  return html`<h3>${channel.name}${channel.name !== channel.plan.protocol && ` (${channel.plan.protocol})`}, ${channel.role}</h3>
<p>${bounds.length === 0 ? 'No liveness bound follows from its settings.' : `Liveness bounds from its settings: ${bounds.join(', ')}.`}</p>
${rows.length > 0 && html`<div class="scroll" ${SCROLLS}><table class="stack"><thead><tr><th scope="col">property</th><th scope="col">strength</th><th scope="col">statement</th><th scope="col">source</th></tr></thead><tbody>${rows}</tbody></table></div>`}`;
}

export function circumstances(story: RunStory): Markup {
  const { plan, verdict, environment, timeline } = story;
  const facts: readonly [string, string][] = [
    ['cluster', story.cluster],
    ['hearsay', environment?.hearsay ?? 'not recorded'],
    ['node', environment?.node ?? 'not recorded'],
    ['platform', environment?.platform ?? 'not recorded'],
    ['machine', environment?.machine ?? 'not recorded'],
    ['started at', environment?.startedAt ?? 'not recorded'],
    ['ended', `${timeline.end ?? 'cut off'} after ${seconds(timeline.lastTime)}`],
    ['seed', plan.seed],
    ['plan', `${plan.format} version ${plan.version}`],
    [
      'members',
      nameList(
        plan.members.map((member) => member.name),
        12,
      ),
    ],
    ['operations planned', figure(plan.operations.length)],
    [
      'workloads',
      plan.workloads
        .map((workload) => `${workload.name} on ${workload.channel}, ${figure(workload.ratePerSecond)}/s`)
        .join('; ') || 'none',
    ],
    ['faults planned', figure(plan.faults.length)],
    ['operation time-out', `${figure(plan.operationTimeoutMs)} ms`],
    [
      'closing',
      `heal at ${figure(plan.closing.healAtMs)} ms, polls every ${figure(plan.closing.pollEveryMs)} ms, until ${figure(plan.closing.deadlineMs)} ms after the heal at most`,
    ],
    ['network (sim)', `${figure(plan.network.latencyMs)} ms + up to ${figure(plan.network.jitterMs)} ms`],
    ['history hash', verdict.historyHash],
    ['run directory', verdict.runDir ?? 'none'],
  ];
  return html`<section id="environment"><h2>Environment and plan</h2>
<div class="scroll" ${SCROLLS}><table class="pairs"><tbody>${facts.map(([name, value]) => html`<tr><th scope="row">${name}</th><td class="prose">${value}</td></tr>`)}</tbody></table></div>
<h3>Settings</h3>${plan.channels.map(
    (channel) =>
      html`<details><summary>${channel.name}${channel.name !== channel.protocol && ` (${channel.protocol})`}: ${plural(Object.keys(channel.settings).length, 'setting')}</summary><div class="scroll" ${SCROLLS}><table class="pairs"><tbody>${Object.entries(channel.settings).map(([name, value]) => html`<tr><th scope="row">${name}</th><td class="prose">${shorten(typeof value === 'string' ? value : JSON.stringify(value), 300)}</td></tr>`)}</tbody></table></div></details>`,
  )}
<h3>Repeat</h3><pre class="repeat"><code>${story.repeatCommand}</code></pre></section>`;
}
