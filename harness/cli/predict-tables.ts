/** `hearsay predict` as a person reads it. */
import Table from 'cli-table3';
import type { Prediction } from './predict-figures.ts';
import { figureText } from './spread-tables.ts';

const STYLE = { head: [], border: [], compact: true };
/** Rounds shown of a coverage curve. */
const MOST_ROUNDS = 24;

export function predictText(predictions: readonly Prediction[]): string {
  return [
    'ROUNDS UNTIL ALL KNOW (nobody stops) AND WHAT THEY COST',
    roundsTable(predictions),
    'COVERAGE: EXPECTED SHARE THAT KNOWS AFTER EACH ROUND',
    coverageTable(predictions),
    'RELIABILITY WHERE EACH MEMBER PASSES IT ON ONCE',
    onceTable(predictions),
    'DETECTION BY PROBES (SWIM, a period being the interval)',
    detectionTable(predictions),
    'VARIANTS',
    variantTable(predictions),
  ].join('\n');
}

const CASE = ['n', 'fanout', 'loss', 'interval'];

function caseOf(prediction: Prediction): string[] {
  const { nodes, fanout, loss, intervalMs } = prediction;
  return [`${nodes}`, `${fanout}`, `${loss}`, time(intervalMs)];
}

function roundsTable(predictions: readonly Prediction[]): string {
  const head = [
    ...CASE,
    'mode',
    'rounds',
    'p99',
    'closed form',
    'in circulation',
    'time',
    'updates/member',
    'bytes/member',
    'cluster B/s',
  ];
  const table = new Table({ head, style: STYLE });
  for (const prediction of predictions) {
    for (const each of prediction.spread) {
      table.push([
        ...caseOf(prediction),
        each.mode,
        short(each.rounds),
        short(each.roundsP99),
        short(each.closedFormRounds),
        short(prediction.circulated.rounds),
        time(each.convergenceMs),
        short(each.messagesPerMember),
        short(each.bytesPerMember),
        short(each.bytesPerSecond),
      ]);
    }
  }
  return table.toString();
}

function coverageTable(predictions: readonly Prediction[]): string {
  const table = new Table({
    head: ['n', 'fanout', 'loss', 'mode', 'after rounds 1, 2, 3, ..'],
    style: STYLE,
    wordWrap: true,
    colWidths: [null, null, null, null, 90],
  });
  const seen = new Set<string>();
  for (const { nodes, fanout, loss, spread } of predictions) {
    // The interval does not matter here.
    const key = `${nodes} ${fanout} ${loss}`;
    if (seen.has(key)) continue;
    seen.add(key);
    for (const { mode, coverage } of spread) {
      const shares = coverage.slice(1, MOST_ROUNDS + 1).map((share) => share.toFixed(3));
      table.push([nodes, fanout, loss, mode, `${shares.join(' ')}${coverage.length > MOST_ROUNDS + 1 ? ' ..' : ''}`]);
    }
  }
  return table.toString();
}

function onceTable(predictions: readonly Prediction[]): string {
  const head = [...CASE, 'coverage', 'all reached', 'recommended fanout', 'in circulation: reached', 'fanout'];
  const table = new Table({ head, style: STYLE });
  for (const prediction of predictions) {
    const { coverage, reliability, recommendedFanout } = prediction.once;
    const { circulated } = prediction;
    table.push([
      ...caseOf(prediction),
      figureText(coverage),
      short(reliability),
      recommendedFanout === null ? 'none' : `${recommendedFanout}`,
      short(circulated.reliability),
      short(circulated.fanout),
    ]);
  }
  return table.toString();
}

function detectionTable(predictions: readonly Prediction[]): string {
  const head = [
    ...CASE,
    'first probe',
    'suspicion',
    'first declared',
    'all know',
    'longest gap',
    'false suspicions/h',
    'messages/s',
  ];
  const table = new Table({ head, style: STYLE });
  for (const prediction of predictions) {
    const { detection } = prediction;
    table.push([
      ...caseOf(prediction),
      time(detection.firstProbeMs),
      time(detection.suspicionMs),
      time(detection.firstMs),
      time(detection.allMs),
      time(detection.probeGapMs),
      short(detection.falseSuspicionsPerHour),
      short(detection.messagesPerSecond),
    ]);
  }
  return table.toString();
}

function variantTable(predictions: readonly Prediction[]): string {
  const head = [
    ...CASE,
    'variant',
    'rounds',
    'time',
    'messages/update',
    'idle messages/s',
    'idle B/s',
    'state B',
    'residue',
    'best in',
  ];
  const table = new Table({ head, style: STYLE });
  for (const prediction of predictions) {
    for (const variant of prediction.variants) {
      table.push([
        ...caseOf(prediction),
        variant.name,
        short(variant.rounds),
        time(variant.convergenceMs),
        short(variant.messagesPerUpdate),
        short(variant.idleMessagesPerSecond),
        short(variant.idleBytesPerSecond),
        short(variant.stateBytes),
        short(variant.residue),
        variant.bestIn.join(', '),
      ]);
    }
  }
  return table.toString();
}

function short(value: number | null): string {
  if (value === null) return '-';
  if (value === 0 || !Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function time(ms: number | null): string {
  if (ms === null) return '-';
  return ms >= 1000 ? `${short(ms / 1000)} s` : `${short(ms)} ms`;
}
