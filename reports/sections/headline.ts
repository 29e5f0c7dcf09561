/** The verdict in ten seconds. */
import { noSloJudged, type PropertyResult, type RunVerdict } from '../../harness/model/verdict.ts';
import { beyondCounts } from '../beyond.ts';
import { LYING } from '../charts/frame.ts';
import { nameList, plural, seconds } from '../format.ts';
import type { RunStory } from '../run-story.ts';
import { html, type Markup, shorten } from '../text.ts';

export function propertyName(property: PropertyResult): string {
  return property.channel === undefined ? property.name : `${property.name} [${property.channel}]`;
}

/** PASS only where the exit code says so too: a missed SLO is a failure to a reader. */
export function headlineWord(verdict: RunVerdict): 'PASS' | 'FAIL' | 'UNKNOWN' | 'SLO MISSED' {
  if (verdict.verdict === 'invalid') return 'FAIL';
  if (verdict.verdict === 'unknown' || noSloJudged(verdict)) return 'UNKNOWN';
  return verdict.slos.every((slo) => slo.met) ? 'PASS' : 'SLO MISSED';
}

const MOST_NAMED = 4;
const MOST_WITNESS_CHARACTERS = 400;

/** Why, in one or two sentences: the first property that decided, or what was judged. */
export function why(verdict: RunVerdict): string {
  const wanted = verdict.verdict === 'valid' ? undefined : verdict.verdict;
  const deciding = verdict.properties.filter((property) => property.verdict === wanted);
  const first = deciding[0];
  if (first !== undefined) {
    const others = deciding.slice(1).map(propertyName);
    const more = others.length === 0 ? '' : ` (also ${verdict.verdict}: ${nameList(others, MOST_NAMED)})`;
    return `${propertyName(first)}: ${first.reason}${more}`;
  }
  if (verdict.verdict === 'unknown') return 'No property applied to this plan: there is nothing to believe.';
  if (noSloJudged(verdict))
    return 'Every property that applies is valid, but none of the SLOs asked for could be judged.';
  const missed = verdict.slos.find((slo) => !slo.met);
  if (missed !== undefined) {
    const measured = missed.measured === null ? 'nothing was measured' : `measured ${missed.measured}`;
    return `Every property that applies is valid, but ${missed.metric} ${missed.threshold} was missed: ${measured}.`;
  }
  const valid = verdict.properties.filter((property) => property.verdict === 'valid').length;
  const out = verdict.slosLeftOut?.length ?? 0;
  const met = `all ${plural(verdict.slos.length, 'SLO')} met${out === 0 ? '' : `, ${out} left out`}`;
  const slos = verdict.slos.length === 0 ? 'no SLO was set' : met;
  const { beyond, broken } = beyondCounts(verdict.properties);
  const seen = broken === 0 ? 'none of them was seen broken' : `${broken} of them were seen broken, which is no defect`;
  const claims =
    beyond === 0 ? '' : ` ${beyond} are beyond what is claimed under such faults, and prove nothing: ${seen}.`;
  return `${valid} of ${plural(verdict.properties.length, 'property').replace('propertys', 'properties')} apply and are valid; ${slos}.${claims}`;
}

export function headline(story: RunStory): Markup {
  const { verdict, plan, timeline } = story;
  const word = headlineWord(verdict);
  const cut =
    timeline.end === undefined
      ? html`<p class="warning">The history was cut off: its last line is missing.</p>`
      : timeline.end === 'interrupted' && html`<p class="warning">The run was interrupted before its planned end.</p>`;
  const facts: readonly [string, string][] = [
    ['seed', plan.seed],
    ['cluster', story.cluster],
    ['members', String(plan.members.length)],
    ['protocols', [...new Set(plan.channels.map((channel) => channel.protocol))].join(', ')],
    ['faults', faultCounts(story)],
    [
      'duration',
      `${seconds(timeline.lastTime)}${timeline.healedAt === undefined ? '' : `, healed at ${seconds(timeline.healedAt)}`}`,
    ],
    ['exit code', String(verdict.exitCode)],
  ];
  return html`<header class="headline ${word.toLowerCase().replace(' ', '-')}">
<p class="brand">hearsay report</p>
<h1><span class="word">${word}</span></h1>
<p class="why">${why(verdict)}</p>
${firstWitness(verdict)}
${verdict.overrun !== undefined && html`<p class="warning">${sentence(verdict.overrun)}</p>`}
${cut}
<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
<p class="repeat-label">Repeat this run:</p>
<pre class="repeat"><code>${story.repeatCommand}</code></pre>
${shrinkHint(story)}
</header>`;
}

/** The smallest thing that shows it, of the property that the headline names. */
function firstWitness(verdict: RunVerdict): Markup | undefined {
  if (verdict.verdict !== 'invalid') return undefined;
  const summary = verdict.properties.find((property) => property.verdict === 'invalid')?.witness?.summary;
  return summary === undefined ? undefined : html`<p>Witness: ${shorten(summary, MOST_WITNESS_CHARACTERS)}</p>`;
}

/** Shrinking goes by the simulator, whatever the cluster was. */
function shrinkHint({ verdict, plan, shrinkCommand }: RunStory): Markup | undefined {
  if (verdict.verdict !== 'invalid' || shrinkCommand === undefined) return undefined;
  const onSim = verdict.cluster === 'sim' ? '' : ', if it breaks in the simulator too';
  return html`<p class="repeat-label">Take away what is not needed to break it, of ${plural(plan.faults.length, 'fault')} and ${plural(plan.operations.length, 'operation')}${onSim}:</p>
<pre><code>${shrinkCommand}</code></pre>`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function faultCounts(story: RunStory): string {
  const counts = new Map<string, number>();
  for (const fault of story.plan.faults) counts.set(fault.type, (counts.get(fault.type) ?? 0) + 1);
  if (counts.size === 0) return 'none';
  return [...counts]
    .map(([type, count]) => {
      if (type === LYING) return `${nameList([...story.frame.liars])} ${story.frame.liars.size === 1 ? 'lies' : 'lie'}`;
      return count === 1 ? type : `${count} × ${type}`;
    })
    .join(', ');
}
