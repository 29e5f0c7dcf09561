/** The whole page: one file, no script, and a policy that allows nothing but its own style sheet. */
import { createHash } from 'node:crypto';
import type { Gallery } from './gallery.ts';
import type { RunStory } from './run-story.ts';
import { bandwidth } from './sections/bandwidth.ts';
import { linkCalibration } from './sections/calibration.ts';
import { circumstances, claims } from './sections/circumstances.ts';
import { course } from './sections/course.ts';
import { calibration, metrics } from './sections/figures.ts';
import { headline, headlineWord } from './sections/headline.ts';
import { properties } from './sections/judgements.ts';
import { latency } from './sections/latency.ts';
import { membership } from './sections/membership.ts';
import { spread } from './sections/spread.ts';
import { terms } from './sections/terms.ts';
import { spaceTimeSection } from './space-time.ts';
import { STYLE } from './style.ts';
import { html, type Markup, trusted } from './text.ts';

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** Charts are drawn before the page is made, so nothing on it needs to run. */
export const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'`;

const CONTENTS: readonly (readonly [string, string])[] = [
  ['properties', 'Properties'],
  ['space-time', 'Space-time'],
  ['timeline', 'Timeline'],
  ['membership', 'Membership'],
  ['coverage', 'Coverage'],
  ['latency', 'Latency'],
  ['bandwidth', 'Bandwidth'],
  ['link-calibration', 'Links before the run'],
  ['calibration', 'Fault calibration'],
  ['metrics', 'Metrics'],
  ['claims', 'Claims'],
  ['environment', 'Environment'],
  ['terms', 'Terms'],
];

export function page(story: RunStory, gallery: Gallery): string {
  const members = membership(story, gallery);
  const sections: readonly (Markup | undefined)[] = [
    properties(story),
    story.spaceTime && spaceTimeSection(story.spaceTime),
    course(story, gallery),
    members,
    spread(story, gallery),
    latency(story, gallery),
    bandwidth(story, gallery),
    linkCalibration(story),
    calibration(story),
    metrics(story),
    claims(story),
    circumstances(story),
    terms(),
  ];
  const absent = new Set<string>();
  if (story.spaceTime === undefined) absent.add('space-time');
  if (members === undefined) absent.add('membership');
  if (story.surroundings?.calibration === undefined) absent.add('link-calibration');
  const contents = CONTENTS.filter(([id]) => !absent.has(id));
  const title = `${headlineWord(story.verdict)} · seed ${story.plan.seed} · ${story.cluster} · hearsay`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${trusted(STYLE)}</style></head>
<body>
${headline(story)}
<nav aria-label="Sections"><ul>${contents.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
<main>${sections}</main>
<footer><p>Drawn by hearsay from the run's own history. The charts' specs and data are in report.json beside this file.</p></footer>
</body></html>
`.text;
}
