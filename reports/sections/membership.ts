/** Who believed what of whom. */
import { beliefCounts, beliefStrips } from '../charts/belief-chart.ts';
import { tellDeaths } from '../death-story.ts';
import { type BeliefFold, STRIP_MEMBERS } from '../folds/belief-fold.ts';
import { plural } from '../format.ts';
import type { Gallery } from '../gallery.ts';
import { INK } from '../palette.ts';
import { faultLegend, type RunStory } from '../run-story.ts';
import { html, type Markup } from '../text.ts';

export function membership(story: RunStory, gallery: Gallery): Markup | undefined {
  if (story.beliefs.size === 0) return undefined;
  const parts = [...story.beliefs].map(([channel, beliefs], index) => one(story, gallery, channel, beliefs, index));
  return html`<section id="membership"><h2>Membership over time</h2>${parts}</section>`;
}

function one(story: RunStory, gallery: Gallery, channel: string, beliefs: BeliefFold, index: number): Markup {
  const told = tellDeaths(beliefs, story.timeline);
  const legend = [
    { colour: INK.alive, text: 'alive' },
    { colour: INK.suspect, text: 'suspect' },
    { colour: INK.dead, text: 'dead' },
  ];
  const figures: Markup[] = [];
  if (beliefs.names.length <= STRIP_MEMBERS) {
    const more = beliefs.segmentsNotDrawn;
    figures.push(
      gallery.figure(
        beliefStrips(story.frame, beliefs, `beliefs-${index}`),
        [
          ...legend.map((entry) => ({
            ...entry,
            text: `${entry.text}${{ alive: ' (thin)', suspect: '', dead: ' (tall)' }[entry.text] ?? ''}`,
          })),
          { colour: INK.left, text: 'left (thinnest)' },
          ...faultLegend(story),
        ],
        html`In the group “of n4”, each strip is one other member, in the plan's order from the top, and what it believed of n4. No strip: the observer was down, or had said nothing yet.${more > 0 && ` ${plural(more, 'more stretch').replace('stretchs', 'stretches')} not drawn.`}`,
      ),
    );
  }
  const lines = legend.map((entry) => ({ ...entry, line: entry.text === 'suspect' ? [6, 2] : [] }));
  for (const running of [true, false]) {
    const chart = beliefCounts(story.frame, beliefs, running, `belief-counts-${index}-${running ? 'running' : 'down'}`);
    if (chart === undefined) continue;
    const whom = running
      ? 'of members that ran at the time: every suspect or dead here is a mistake'
      : 'of members that were down at the time: dead is the truth here';
    figures.push(
      gallery.figure(
        chart,
        [...lines, ...faultLegend(story)],
        `Pairs of observer and subject, by what was believed ${whom}.`,
      ),
    );
  }
  return html`<h3>${channel}</h3><ul class="story">${told.sentences.map((sentence) => html`<li>${sentence}</li>`)}</ul>${figures}`;
}
