/** What the page's words mean. */
import { html, type Markup } from '../text.ts';

const TERMS: readonly (readonly [string, string])[] = [
  ['channel', 'one protocol that all members run; a property with a name in brackets speaks of that channel only'],
  ['ok, fail, info', "how a client's operation ended: done; certainly not done; not known, as after a time-out"],
  ['heal', 'the end of load: every fault ends, and the members have until the deadline to agree'],
  ['judged, violations', 'how many items a property was checked on, and how many of them broke it'],
  ['unknown', 'the property applies, but the history does not hold enough evidence to say valid or invalid'],
  ['beyond claims', 'the plan asks for more than the protocol claims to stand; violations are told and are no defect'],
  [
    'life, boot',
    "a member's identity until it comes back without state or rejoins after leaving; one start of its process",
  ],
  ['incarnation', 'the number by which a member overrides what others say about it'],
  [
    'suspicion, refutation',
    'a member is held to be perhaps dead; it hears so and takes that back with a higher incarnation',
  ],
  ['fanout, residue', 'to how many peers a member sends in a round; the share of members that an item never reaches'],
  ['one-way delay', "from a datagram's sending to its receipt, on clocks that are compared"],
  ['99 % interval', 'where the true figure lies for all but one sample in a hundred'],
];

export function terms(): Markup {
  return html`<section id="terms"><h2>Terms</h2><dl class="terms">${TERMS.map(([term, meaning]) => html`<dt>${term}</dt><dd>${meaning}</dd>`)}</dl></section>`;
}
