/** `hearsay spread`: dissemination and averaging in lock-step, and floods event by event, many times, beside theory. */
import type { Command } from '@commander-js/extra-typings';
import { varianceFactor } from '../../impl/theory/averaging.ts';
import type { SpreadMode } from '../../impl/theory/spread.ts';
import { UserError } from '../model/errors.ts';
import { parseDuration, parseInteger, parseShare } from '../model/units.ts';
import { EXIT } from '../model/verdict.ts';
import { type AveragingRequest, PAIRS, type Pairs, simulateAveraging } from '../spread/averaging.ts';
import { type FloodRequest, simulateFloods } from '../spread/floods.ts';
import type { LockStepSpec } from '../spread/lock-step.ts';
import { type SpreadRequest, simulateSpread } from '../spread/monte-carlo.ts';
import { TOPOLOGIES, TOPOLOGY_DOCS, type Topology } from '../spread/topology.ts';
import { parseChartPath, writeChart } from './chart-file.ts';
import { choice, once } from './flags.ts';
import type { CliIo, Finish } from './io.ts';
import { drawSeed, parseSeed } from './plan-request.ts';
import { coverageChart, factorChart, floodChart } from './spread-chart.ts';
import {
  averagingText,
  describeAveraging,
  describeFlood,
  describeSpread,
  floodText,
  spreadText,
} from './spread-tables.ts';

const MODES: readonly SpreadMode[] = ['push', 'pull', 'push-pull'];
const STOPS: readonly LockStepSpec['stop'][] = ['coin', 'counter', 'rounds', 'never'];
const MOST_MEMBERS = 2_000_000;
const MOST_RUNS = 1_000_000;
/** Push-sum keeps a number for each pair of members. */
const MOST_PUSH_SUM_MEMBERS = 2000;
const CYCLES = 10;
const DEFAULT_RUNS = { spread: 1000, average: 100, events: 100 } as const;
const OUT_DEGREE = 10;
const DELAY_MS = [10, 100] as const;
/** Shorter ones need a finer calendar than there is memory for beside the longest. */
const LEAST_DELAY_MS = 1;
const MOST_DELAY_MS = 60_000;
/** Messages of one flood: each that is on its way takes room. */
const MOST_MESSAGES = 40_000_000;

const EXAMPLES = `
Topologies:
${TOPOLOGIES.map((name) => `  ${name.padEnd(15)} ${TOPOLOGY_DOCS[name]}`).join('\n')}

Everybody acts on the state at the start of the cycle, whoever hears acts from the next one on, and a contact "knew
already" if it did at the start of the cycle. Messages, requests and feedback are lost with chance --loss each.

With --events nothing goes in cycles: every member sends to its targets of a static random overlay when it first hears,
once, and every message arrives after a delay of its own.

Examples:
  hearsay spread --stop counter --k 2                      Demers et al. 1987, table 1
  hearsay spread --stop coin --blind --k 3                 table 2
  hearsay spread --mode push-pull --nodes 10000 --runs 200 --chart spread.svg
  hearsay spread --nodes 1000000 --runs 1 --fanout 10 --stop rounds --k 1 --loss 10%
  hearsay spread --mode push-pull --stop counter --minimize --k 2
  hearsay spread --events --nodes 100000 --runs 1 --out-degree 10 --delay 10ms,100ms --loss 10%
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
  readonly minimize?: true | undefined;
  readonly events?: true | undefined;
  readonly outDegree?: number | undefined;
  readonly delay?: readonly [number, number] | undefined;
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
    .description('play dissemination or averaging, many times, and hold it beside theory')
    .option('--nodes <count>', 'members (default 1000)', integer('--nodes', 2, MOST_MEMBERS))
    .option('--mode <mode>', `${MODES.join(', ')} (default push)`, once('--mode', choice('--mode', MODES)))
    .option(
      '--stop <rule>',
      'when a member loses interest: coin, counter, rounds (after k cycles), never (default never)',
      once('--stop', choice('--stop', STOPS)),
    )
    .option('--feedback', 'coin and counter: only contacts that knew already count (default)')
    .option('--blind', 'coin and counter: every contact counts')
    .option('--minimize', 'counter with feedback: of two that both know, only the smaller counter grows')
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
    .option('--events', 'a flood event by event instead of cycles: each member sends on once, when it first hears')
    .option(
      '--out-degree <count>',
      `--events: targets of each member in the overlay (default ${OUT_DEGREE})`,
      integer('--out-degree', 1, 1000),
    )
    .option(
      '--delay <least,most>',
      `--events: uniform delay of a message (default ${DELAY_MS.join('ms,')}ms)`,
      once('--delay', parseDelay),
    )
    .option('--average', 'averaging instead of dissemination')
    .option(
      '--pairs <how>',
      `--average: ${PAIRS.join(', ')} (default sequential)`,
      once('--pairs', choice('--pairs', PAIRS)),
    )
    .option('--runs <count>', 'runs (default 1000, with --average or --events 100)', integer('--runs', 1, MOST_RUNS))
    .option('--seed <text>', 'names every random draw (default drawn, always printed)', once('--seed', parseSeed))
    .option('--chart <file>', 'draws it, as .svg or .html', once('--chart', parseChartPath))
    .option('--json', 'prints the figures as one JSON object on stdout, and all else on stderr')
    .addHelpText('after', EXAMPLES)
    .action((options: Options) => {
      checkTogether(options);
      const seed = options.seed ?? drawSeed();
      io.stderr.write(`seed ${seed}\n`);
      if (options.average === true) showAveraging(options, seed, io);
      else if (options.events === true) showFlood(options, seed, io);
      else showSpread(options, seed, io);
      finish(EXIT.ok);
    });
}

function parseLoss(text: string): number {
  return parseShare(text, '--loss', { allowZero: true, max: 0.99 });
}

/** `10,100`, `10ms,0.1s`, or one for both. */
function parseDelay(text: string): readonly [number, number] {
  const range = { min: LEAST_DELAY_MS, max: MOST_DELAY_MS };
  const parts = text.split(',').map((part) => parseDuration(part, '--delay', range));
  const [least = 0, most = least] = parts;
  if (parts.length > 2 || least > most) {
    throw new UserError('--delay is no least and most delay', text, 'write it as 10ms,100ms');
  }
  return [least, most];
}

const CYCLES_ONLY = ['mode', 'stop', 'feedback', 'blind', 'k', 'fanout', 'minimize'] as const;
const EVENTS_ONLY = ['outDegree', 'delay'] as const;

/** Flags that would be passed over in silence are refused. */
function checkTogether(options: Options): void {
  if (options.feedback === true && options.blind === true) {
    throw new UserError('--feedback and --blind exclude each other', undefined, 'give one of them');
  }
  if (options.minimize === true) checkMinimize(options);
  if (options.average === true) {
    checkAveraging(options);
    return;
  }
  if (options.pairs !== undefined) throw new UserError('--pairs goes with --average', options.pairs, 'add --average');
  if (options.events === true) checkEvents(options);
  else {
    const foreign = EVENTS_ONLY.find((key) => options[key] !== undefined);
    if (foreign !== undefined) throw new UserError(`${flagOf(foreign)} goes with --events`, undefined, 'add --events');
  }
}

function checkMinimize({ stop, blind, mode }: Options): void {
  if (stop !== 'counter') throw new UserError('--minimize compares counters', undefined, 'add --stop counter');
  if (blind === true) throw new UserError('--minimize needs feedback', '--blind', 'leave --blind out');
  if (mode === 'pull') {
    throw new UserError('--minimize is for push and push-pull', '--mode pull', 'take --mode push-pull');
  }
}

function checkEvents(options: Options): void {
  refuse('--events', options, [...CYCLES_ONLY, 'topology']);
  const members = options.nodes ?? 1000;
  const degree = options.outDegree ?? OUT_DEGREE;
  if (members * degree > MOST_MESSAGES) {
    const mend = `--nodes times --out-degree may be ${MOST_MESSAGES} at most`;
    throw new UserError('--events would have too many messages on their way', String(members * degree), mend);
  }
}

function checkAveraging(options: Options): void {
  const { pairs, topology } = options;
  refuse('--average', options, [...CYCLES_ONLY, ...EVENTS_ONLY, 'events', 'loss']);
  if (pairs === 'matching' && topology !== undefined && topology !== 'complete') {
    throw new UserError('--pairs matching draws from all members', `--topology ${topology}`, 'leave --topology out');
  }
  if (pairs === 'push-sum' && (options.nodes ?? 0) > MOST_PUSH_SUM_MEMBERS) {
    const mend = `take at most ${MOST_PUSH_SUM_MEMBERS}: a number is kept for each pair of members`;
    throw new UserError('--pairs push-sum has too many members', String(options.nodes), mend);
  }
}

function refuse(flag: string, options: Options, foreign: readonly (keyof Options)[]): void {
  const given = foreign.find((key) => options[key] !== undefined);
  if (given !== undefined) throw new UserError(`${flag} does not take it`, flagOf(given), 'leave it out');
}

function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
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
    minimize: options.minimize,
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

function showFlood(options: Options, seed: string, io: CliIo): void {
  const request: FloodRequest = {
    n: options.nodes ?? 1000,
    outDegree: options.outDegree ?? OUT_DEGREE,
    delayMs: options.delay ?? DELAY_MS,
    loss: options.loss ?? 0,
    runs: options.runs ?? DEFAULT_RUNS.events,
    seed,
  };
  const outcome = simulateFloods(request);
  if (options.chart !== undefined) {
    const caption = 'Line: mean of all runs. Band: four of five runs.';
    const chart = floodChart(outcome.summary.coverage, 'Share of the members that know, by time');
    writeChart(options.chart, { title: describeFlood(request), caption, chart });
    io.stderr.write(`chart: ${options.chart}\n`);
  }
  const text = options.json === true ? JSON.stringify(outcome.summary) : floodText(request, outcome);
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
