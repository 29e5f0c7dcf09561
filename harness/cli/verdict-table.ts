/** The verdict as a person reads it: a table of properties, a table of SLOs, one line that says it all. */
import Table from 'cli-table3';
import { beyondCounts, beyondOf } from '../../reports/beyond.ts';
import { noSloJudged, type PropertyResult, type RunVerdict, type SloResult, type Verdict } from '../model/verdict.ts';
import type { Paint, Style } from './io.ts';

const STYLES: Readonly<Record<Verdict, Style>> = {
  valid: 'green',
  invalid: 'red',
  unknown: 'yellow',
  'not-applicable': 'gray',
};

/** Ends with a line break. `columns`: the width to fill. */
export function verdictTable(verdict: RunVerdict, paint: Paint, columns: number): string {
  const parts = [propertyTable(verdict.properties, paint, columns)];
  if (verdict.slos.length > 0) parts.push(sloTable(verdict.slos, paint));
  for (const { metric, threshold, reason } of verdict.slosLeftOut ?? [])
    parts.push(plain(`SLO left out: ${metric} ${threshold}: ${reason}`));
  parts.push(`${paint(['bold', STYLES[verdict.verdict] as 'green'], verdict.verdict)}: ${summary(verdict)}`);
  if (verdict.overrun !== undefined) parts.push(paint('yellow', verdict.overrun));
  return `${parts.join('\n')}\n`;
}

const VERDICT_WIDTH = 16;
/** Narrower than this no reason can be read; the terminal then wraps plain lines better than a table would. */
const LEAST_REASON_WIDTH = 30;
const BORDERS_WIDTH = 4;

function propertyTable(properties: readonly PropertyResult[], paint: Paint, columns: number): string {
  const names = properties.map((property) => label(property));
  const nameWidth = Math.max(8, ...names.map((name) => name.length)) + 2;
  const reasonWidth = Math.min(120, columns) - nameWidth - VERDICT_WIDTH - BORDERS_WIDTH;
  if (reasonWidth < LEAST_REASON_WIDTH) {
    return properties
      .map((property) => `${label(property)}: ${paint(STYLES[property.verdict], property.verdict)}; ${why(property)}`)
      .join('\n');
  }
  const table = new Table({
    head: ['property', 'verdict', 'why'],
    colWidths: [nameWidth, VERDICT_WIDTH, reasonWidth],
    wordWrap: true,
    // The library colours by itself, terminal or not, unless told not to.
    style: { head: [], border: [] },
  });
  for (const property of properties) {
    table.push([label(property), paint(STYLES[property.verdict], property.verdict), why(property)]);
  }
  return table.toString();
}

function why(property: PropertyResult): string {
  const beyond = beyondOf(property);
  const witness = property.witness === undefined ? '' : `\nwitness: ${property.witness.summary}`;
  return plain(`${beyond === undefined ? property.reason : `${beyond.found}\n${beyond.why}`}${witness}`);
}

function sloTable(slos: readonly SloResult[], paint: Paint): string {
  const table = new Table({ head: ['SLO', 'threshold', 'measured', 'met'], style: { head: [], border: [] } });
  for (const slo of slos) {
    const scope = slo.scope === undefined ? '' : ` (${slo.scope})`;
    const measured = slo.measured === null ? 'nothing' : String(Math.round(slo.measured * 1000) / 1000);
    table.push([
      plain(`${slo.metric}${scope}`),
      plain(slo.threshold),
      measured,
      slo.met ? paint('green', 'yes') : paint('red', 'no'),
    ]);
  }
  return table.toString();
}

function label(property: PropertyResult): string {
  return property.channel === undefined ? property.name : `${property.name} (${property.channel})`;
}

function summary(verdict: RunVerdict): string {
  const count = (wanted: Verdict): number =>
    verdict.properties.filter((property) => property.verdict === wanted).length;
  const missed = verdict.slos.filter((slo) => !slo.met).length;
  const out = verdict.slosLeftOut?.length ?? 0;
  const met = `${verdict.slos.length - missed} of ${verdict.slos.length} SLOs met`;
  const judged = noSloJudged(verdict) ? 'no SLO judged' : met;
  const slos = verdict.slos.length + out === 0 ? '' : `, ${judged}${out === 0 ? '' : `, ${out} left out`}`;
  const figures = `${count('valid')} valid, ${count('invalid')} invalid, ${count('unknown')} unknown`;
  const { beyond, broken } = beyondCounts(verdict.properties);
  const seen = broken === 0 ? '' : `, of which ${broken} broken: no defect`;
  const claims = beyond === 0 ? '' : ` (${beyond} beyond the claims${seen})`;
  return `${figures}, ${count('not-applicable')} not applicable${claims}${slos}; seed ${verdict.seed}, exit code ${verdict.exitCode}`;
}

/** Values from a history may hold anything; a terminal obeys control characters. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, ' ');
}
