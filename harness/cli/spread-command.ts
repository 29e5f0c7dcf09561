/** `hearsay spread`: dissemination and averaging in the lock-step model, many runs of it, beside theory. */
import type { Command } from '@commander-js/extra-typings';
import { varianceFactor } from '../../impl/theory/averaging.ts';
import type { SpreadMode } from '../../impl/theory/spread.ts';
import { UserError } from '../model/errors.ts';
import { parseInteger, parseShare } from '../model/units.ts';
import { EXIT } from '../model/verdict.ts';
import { type AveragingRequest, PAIRS, type Pairs, simulateAveraging } from '../spread/averaging.ts';
import type { LockStepSpec } from '../spread/lock-step.ts';
import { type SpreadRequest, simulateSpread } from '../spread/monte-carlo.ts';
import { TOPOLOGIES, TOPOLOGY_DOCS, type Topology } from '../spread/topology.ts';
import { parseChartPath, writeChart } from './chart-file.ts';
import { choice, once } from './flags.ts';
import type { CliIo, Finish } from './io.ts';
import { drawSeed, parseSeed } from './plan-request.ts';
import { coverageChart, factorChart } from './spread-chart.ts';
import { averagingText, describeAveraging, describeSpread, spreadText } from './spread-tables.ts';

const MODES: readonly SpreadMode[] = ['push', 'pull', 'push-pull'];
const STOPS: readonly LockStepSpec['stop'][] = ['coin', 'counter', 'rounds', 'never'];
const MOST_MEMBERS = 2_000_000;
const MOST_RUNS = 1_000_000;
/** Push-sum keeps a number for each pair of members. */
const MOST_PUSH_SUM_MEMBERS = 2000;
const CYCLES = 10;
const DEFAULT_RUNS = { spread: 1000, average: 100 } as const;

const EXAMPLES = `
Topologies:
${TOPOLOGIES.map((name) => `  ${name.padEnd(15)} ${TOPOLOGY_DOCS[name]}`).join('\n')}

Everybody acts on the state at the start of the cycle, whoever hears acts from the next one on, and a contact "knew
already" if it did at the start of the cycle. Messages, requests and feedback are lost with chance --loss each.

Examples:
  hearsay spread --stop counter --k 2                      Demers et al. 1987, table 1
  hearsay spread --stop coin --blind --k 3                 table 2
  hearsay spread --mode push-pull --nodes 10000 --runs 200 --chart spread.svg
  hearsay spread --nodes 1000000 --runs 1 --fanout 10 --stop rounds --k 1 --loss 10%
  hearsay spread --average --pairs sequential --json
`;

interface Options {
  readonly nodes?: number | undefined;
  readonly mode?: SpreadMode | undefined;
  readonly stop?: LockStepSpec['stop'] | undefined;
  readonly feedback?: true | undefined;
  readonly blind?: true | undefined;
  readonly k?: number | undefined;
  readonly fanout?: number | undefined;
  readonly loss?: number | undefined;
  readonly topology?: Topology | undefined;
  readonly average?: true | undefined;
  readonly pairs?: Pairs | undefined;
  readonly runs?: number | undefined;
  readonly seed?: string | undefined;
  readonly chart?: string | undefined;
  readonly json?: true | undefined;
}

export function addSpreadCommand(program: Command, io: CliIo, finish: Finish): void {
  const integer = (flag: string, min: number, max: number) =>
    once(flag, (text: string) => parseInteger(text, flag, min, max));
  program
    .command('spread')
    .description('play dissemination or averaging in lock-step cycles, many times, and hold it beside theory')
    .option('--nodes <count>', 'members (default 1000)', integer('--nodes', 2, MOST_MEMBERS))
    .option('--mode <mode>', `${MODES.join(', ')} (default push)`, once('--mode', choice('--mode', MODES)))
    .option(
      '--stop <rule>',
      'when a member loses interest: coin, counter, rounds (after k cycles), never (default never)',
      once('--stop', choice('--stop', STOPS)),
    )
    .option('--feedback', 'coin and counter: only contacts that knew already count (default)')
    .option('--blind', 'coin and counter: every contact counts')
    .option(
      '--k <number>',
      'coin: stop with chance 1/k; counter: after k; rounds: after k (default 1)',
      integer('--k', 1, 1000),
    )
    .option('--fanout <count>', 'partners of a member in a cycle (default 1)', integer('--fanout', 1, 1000))
    .option('--loss <share>', 'chance that a message is lost (default 0)', once('--loss', parseLoss))
    .option(
      '--topology <name>',
      'who may contact whom, see below (default complete)',
      once('--topology', choice('--topology', TOPOLOGIES)),
    )
    .option('--average', 'averaging instead of dissemination')
    .option(
      '--pairs <how>',
      `--average: ${PAIRS.join(', ')} (default sequential)`,
      once('--pairs', choice('--pairs', PAIRS)),
    )
    .option('--runs <count>', 'runs (default 1000, with --average 100)', integer('--runs', 1, MOST_RUNS))
    .option('--seed <text>', 'names every random draw (default drawn, always printed)', once('--seed', parseSeed))
    .option('--chart <file>', 'draws it, as .svg or .html', once('--chart', parseChartPath))
    .option('--json', 'prints the figures as one JSON object on stdout, and all else on stderr')
    .addHelpText('after', EXAMPLES)
    .action((options: Options) => {
      checkTogether(options);
      const seed = options.seed ?? drawSeed();
      io.stderr.write(`seed ${seed}\n`);
      if (options.average === true) showAveraging(options, seed, io);
      else showSpread(options, seed, io);
      finish(EXIT.ok);
    });
}

function parseLoss(text: string): number {
  return parseShare(text, '--loss', { allowZero: true, max: 0.99 });
}

/** Flags that would be passed over in silence are refused. */
function checkTogether(options: Options): void {
  const { average, pairs, topology } = options;
  if (options.feedback === true && options.blind === true) {
    throw new UserError('--feedback and --blind exclude each other', undefined, 'give one of them');
  }
  if (average !== true) {
    if (pairs !== undefined) throw new UserError('--pairs goes with --average', pairs, 'add --average');
    return;
  }
  const foreign = (['mode', 'stop', 'feedback', 'blind', 'k', 'fanout', 'loss'] as const).find(
    (key) => options[key] !== undefined,
  );
  if (foreign !== undefined) throw new UserError('--average does not take it', `--${foreign}`, 'leave it out');
  if (pairs === 'matching' && topology !== undefined && topology !== 'complete') {
    throw new UserError('--pairs matching draws from all members', `--topology ${topology}`, 'leave --topology out');
  }
  if (pairs === 'push-sum' && (options.nodes ?? 0) > MOST_PUSH_SUM_MEMBERS) {
    const mend = `take at most ${MOST_PUSH_SUM_MEMBERS}: a number is kept for each pair of members`;
    throw new UserError('--pairs push-sum has too many members', String(options.nodes), mend);
  }
}

function showSpread(options: Options, seed: string, io: CliIo): void {
  const request: SpreadRequest = {
    n: options.nodes ?? 1000,
    mode: options.mode ?? 'push',
    stop: options.stop ?? 'never',
    feedback: options.blind === true ? 'blind' : 'feedback',
    k: options.k ?? 1,
    fanout: options.fanout ?? 1,
    loss: options.loss ?? 0,
    topology: options.topology ?? 'complete',
    runs: options.runs ?? DEFAULT_RUNS.spread,
    seed,
  };
  const outcome = simulateSpread(request);
  if (options.chart !== undefined) {
    const caption = 'Line: mean of all runs. Band: four of five runs. Dashed: mean-field theory.';
    const chart = coverageChart(outcome.summary.coverage, 'Share of the members that know, by cycle');
    writeChart(options.chart, { title: describeSpread(request), caption, chart });
    io.stderr.write(`chart: ${options.chart}\n`);
  }
  const text = options.json === true ? JSON.stringify(outcome.summary) : spreadText(request, outcome);
  io.stdout.write(`${text}\n`);
}

function showAveraging(options: Options, seed: string, io: CliIo): void {
  const request: AveragingRequest = {
    n: options.nodes ?? 1000,
    pairs: options.pairs ?? 'sequential',
    topology: options.topology ?? 'complete',
    runs: options.runs ?? DEFAULT_RUNS.average,
    seed,
    cycles: CYCLES,
  };
  const outcome = simulateAveraging(request);
  const theory = varianceFactor(request.pairs, request.n);
  if (options.chart !== undefined) {
    const caption = 'Points: mean of all runs, one standard deviation to either side. Dashed: theory.';
    const chart = factorChart(outcome.byCycle, theory, 'What each cycle multiplies the variance by');
    writeChart(options.chart, { title: describeAveraging(request), caption, chart });
    io.stderr.write(`chart: ${options.chart}\n`);
  }
  const { varianceFactor: factor } = outcome;
  const text =
    options.json === true ? JSON.stringify({ varianceFactor: factor }) : averagingText(request, outcome, theory);
  io.stdout.write(`${text}\n`);
}
