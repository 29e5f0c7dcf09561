/**
 * JUnit XML, as CI systems read it: one test case for each property and SLO. Invalid and missed are failures, unknown is
 * an error (evidence is missing, nobody should read it as green), not-applicable is skipped.
 */
import type { PropertyResult, RunVerdict, SloLeftOut, SloResult } from '../harness/model/verdict.ts';
import { html, type Markup, shorten } from './text.ts';

export function junit(verdict: RunVerdict, durationS: number): string {
  const count = (wanted: PropertyResult['verdict']): number =>
    verdict.properties.filter((property) => property.verdict === wanted).length;
  const { slosLeftOut = [] } = verdict;
  const tests = verdict.properties.length + verdict.slos.length + slosLeftOut.length;
  const failures = count('invalid') + verdict.slos.filter((slo) => !slo.met).length;
  const totals = html`tests="${tests}" failures="${failures}" errors="${count('unknown')}" skipped="${count('not-applicable') + slosLeftOut.length}" time="${durationS.toFixed(3)}"`;
  const name = `hearsay seed ${verdict.seed} on ${verdict.cluster}`;
  return html`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="hearsay" ${totals}>
<testsuite name="${name}" ${totals}>
<properties><property name="seed" value="${verdict.seed}"/><property name="cluster" value="${verdict.cluster}"/><property name="exitCode" value="${verdict.exitCode}"/><property name="historyHash" value="${verdict.historyHash}"/></properties>
${verdict.properties.map(propertyCase)}${verdict.slos.map(sloCase)}${slosLeftOut.map(leftOutCase)}</testsuite>
</testsuites>
`.text;
}

function propertyCase(property: PropertyResult): Markup {
  const name = property.channel === undefined ? property.name : `${property.name} [${property.channel}]`;
  return html`<testcase classname="hearsay.property" name="${name}">${outcome(property)}</testcase>
`;
}

function outcome(property: PropertyResult): Markup {
  const reason = shorten(property.reason, 2000);
  const { witness } = property;
  const lines = witness === undefined ? [] : [witness.summary, ...witness.lines.map((line) => JSON.stringify(line))];
  const text = lines.map(
    (line) => html`${shorten(line, 4000)}
`,
  );
  if (property.verdict === 'invalid') return html`<failure type="invalid" message="${reason}">${text}</failure>`;
  if (property.verdict === 'unknown') return html`<error type="unknown" message="${reason}">${text}</error>`;
  if (property.verdict === 'not-applicable') return html`<skipped message="${reason}"/>`;
  const beyond = property.beyondClaims === undefined ? '' : ` Beyond claims: ${property.beyondClaims}.`;
  return html`<system-out>${reason}${beyond}</system-out>`;
}

function sloCase(slo: SloResult): Markup {
  const name = `${slo.metric} ${slo.threshold}${slo.scope === undefined ? '' : ` (${slo.scope})`}`;
  const measured = slo.measured === null ? 'nothing was measured' : `measured ${slo.measured}`;
  const result = slo.met
    ? html`<system-out>${measured}</system-out>`
    : html`<failure type="slo" message="${measured}"/>`;
  return html`<testcase classname="hearsay.slo" name="${name}">${result}</testcase>
`;
}

function leftOutCase({ metric, threshold, reason }: SloLeftOut): Markup {
  return html`<testcase classname="hearsay.slo" name="${metric} ${threshold}"><skipped message="${reason}"/></testcase>
`;
}
