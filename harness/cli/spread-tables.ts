/** What `hearsay spread` found, as a person reads it. */
import Table from 'cli-table3';
import type { AveragingOutcome, AveragingRequest } from '../spread/averaging.ts';
import type { FloodOutcome, FloodRequest } from '../spread/floods.ts';
import type { SpreadOutcome, SpreadRequest } from '../spread/monte-carlo.ts';
import type { Moments } from '../spread/statistics.ts';
import { TOPOLOGY_DOCS } from '../spread/topology.ts';

const PLAIN = { head: [], border: [], compact: true };
/** A longer course is shown at evenly spaced cycles. */
const MOST_ROWS = 40;

export function figureText(value: number | null | undefined): string {
  if (value === null || value === undefined) return '-';
  if (value === 0 || !Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(4)));
}

export function spreadText(request: SpreadRequest, outcome: SpreadOutcome): string {
  const { summary, runsToAll, runsCut } = outcome;
  const rows: readonly FigureRow[] = [
    ['residue', summary.residue, 'share of the members that never hear'],
    ['traffic', summary.traffic, 'updates sent per member, useless and lost ones too'],
    ['mean arrival', summary.meanArrival, 'cycle in which a member hears'],
    ['last arrival', summary.lastArrival, 'cycle in which the last one hears of those that do'],
    ['rounds to all', summary.roundsToAll, `cycles until all know, in the ${runsToAll} runs in which all did`],
  ];
  const cut = runsCut === 0 ? '' : `\n${runsCut} runs were cut off before their end`;
  return `${describeSpread(request)}\n${figuresTable(rows)}${cut}\n${coverageTable(summary.coverage)}`;
}

type FigureRow = readonly [name: string, moments: Moments, doc: string];

function figuresTable(rows: readonly FigureRow[]): string {
  const table = new Table({ head: ['figure', 'mean', 'sd', 'what it is'], style: PLAIN });
  for (const [name, { mean, sd }, doc] of rows) table.push([name, figureText(mean), figureText(sd), doc]);
  return table.toString();
}

export function describeSpread(request: SpreadRequest): string {
  const { n, mode, fanout, loss, topology, runs, seed } = request;
  const where = `${topology} (${TOPOLOGY_DOCS[topology]})`;
  return `${mode}, ${stopText(request)}, fanout ${fanout}, loss ${loss}, ${n} members, ${where}; ${runs} runs, seed ${seed}`;
}

function stopText({ stop, feedback, k, minimize }: SpreadRequest): string {
  if (stop === 'never') return 'nobody stops';
  if (stop === 'rounds') return `each is hot for ${k} cycles`;
  return `${feedback} ${stop} ${k}${minimize === true ? ' with minimization' : ''}`;
}

function coverageTable(coverage: SpreadOutcome['summary']['coverage']): string {
  const table = new Table({ head: ['cycle', 'know: mean', 'p10', 'p90', 'theory'], style: PLAIN });
  const stride = Math.ceil(coverage.length / MOST_ROWS);
  coverage.forEach(({ mean, p10, p90, theory }, cycle) => {
    if (cycle % stride !== 0 && cycle !== coverage.length - 1) return;
    table.push([cycle, share(mean), share(p10), share(p90), theory === null ? '-' : share(theory)]);
  });
  return table.toString();
}

function share(value: number): string {
  return value.toFixed(5);
}

export function floodText(request: FloodRequest, { summary, runsToAll, sends, events }: FloodOutcome): string {
  const theory = `share of the members that never hear; in theory ${figureText(summary.residueTheory)}`;
  const rows: readonly FigureRow[] = [
    ['residue', summary.residue, theory],
    ['traffic', summary.traffic, 'messages sent per member, useless and lost ones too'],
    ['mean arrival, ms', summary.meanArrivalMs, 'when a member hears'],
    ['last arrival, ms', summary.lastArrivalMs, 'when the last one hears of those that do'],
    ['all know, ms', summary.allKnowMs, `until all know, in the ${runsToAll} runs in which all did`],
  ];
  const table = new Table({ head: ['ms', 'know: mean', 'p10', 'p90'], style: PLAIN });
  const { coverage } = summary;
  const stride = Math.ceil(coverage.length / MOST_ROWS);
  coverage.forEach(({ ms, mean, p10, p90 }, index) => {
    if (index % stride !== 0 && index !== coverage.length - 1) return;
    table.push([ms, share(mean), share(p10), share(p90)]);
  });
  return `${describeFlood(request)}\n${figuresTable(rows)}\n${sends} messages sent, ${events} arrived\n${table.toString()}`;
}

export function describeFlood({ n, outDegree, delayMs, loss, runs, seed }: FloodRequest): string {
  const delays = delayMs.map(figureText).join(' to ');
  return `flood event by event, ${n} members, overlay of out-degree ${outDegree}, delays ${delays} ms, loss ${loss}; ${runs} runs, seed ${seed}`;
}

export function averagingText(request: AveragingRequest, outcome: AveragingOutcome, theory: number): string {
  const what = request.pairs === 'push-sum' ? 'potential' : 'variance';
  const table = new Table({ head: ['cycle', `${what} factor: mean`, 'sd', 'theory'], style: PLAIN });
  outcome.byCycle.forEach(({ mean, sd }, index) => {
    table.push([index + 1, figureText(mean), figureText(sd), figureText(theory)]);
  });
  const all = outcome.varianceFactor;
  table.push(['all', figureText(all.mean), figureText(all.sd), figureText(theory)]);
  return `${describeAveraging(request)}\n${table.toString()}`;
}

export function describeAveraging({ n, pairs, topology, runs, seed }: AveragingRequest): string {
  return `averaging, ${pairs}, ${n} members, ${topology}; ${runs} runs, seed ${seed}`;
}
