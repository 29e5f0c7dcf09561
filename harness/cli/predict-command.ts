/** `hearsay predict`: what theory expects of a cluster, for lists of sizes, fanouts, loss rates and intervals. */
import type { Command } from '@commander-js/extra-typings';
import { parseDuration, parseInteger, parseShare } from '../model/units.ts';
import { EXIT } from '../model/verdict.ts';
import { listOf, once } from './flags.ts';
import type { CliIo, Finish } from './io.ts';
import { predict } from './predict-figures.ts';
import { predictText } from './predict-tables.ts';

const DEFAULTS = { nodes: [10, 100, 1000, 10_000], fanouts: [3], losses: [0], intervalsMs: [1000] } as const;
const MOST_MEMBERS = 10_000_000;

const EXAMPLES = `
Rounds are means and 99 % quantiles. "In circulation" are formulas that are often found and
are wrong: they stand beside the right ones. Members that are down (--failed) waste the contacts that they get.

Examples:
  hearsay predict
  hearsay predict --nodes 30,300 --fanout 1,3 --loss 0,10% --interval 200ms,1s
  hearsay predict --nodes 1000 --failed 20% --reliability 0.999 --json
`;

export function addPredictCommand(program: Command, io: CliIo, finish: Finish): void {
  const integer = (flag: string, min: number, max: number) => (text: string) => parseInteger(text, flag, min, max);
  const share = (flag: string) => (text: string) => parseShare(text, flag, { allowZero: true, max: 0.9 });
  program
    .command('predict')
    .description('say what theory expects: rounds, coverage, cost, reliability, detection; and compare the variants')
    .option(
      '--nodes <list>',
      'members (default 10,100,1000,10000)',
      once('--nodes', listOf('--nodes', integer('--nodes', 2, MOST_MEMBERS))),
    )
    .option(
      '--fanout <list>',
      'partners of a member in a round (default 3)',
      once('--fanout', listOf('--fanout', integer('--fanout', 1, 1000))),
    )
    .option(
      '--loss <list>',
      'chance that a message is lost (default 0)',
      once('--loss', listOf('--loss', share('--loss'))),
    )
    .option(
      '--interval <list>',
      'time of a round, and of a probe period (default 1s)',
      once(
        '--interval',
        listOf('--interval', (text) => parseDuration(text, '--interval', { min: 1 })),
      ),
    )
    .option('--failed <share>', 'share of the members that are down (default 0)', once('--failed', share('--failed')))
    .option(
      '--reliability <share>',
      'what the recommended fanout is for (default 0.99)',
      once('--reliability', (text) => parseShare(text, '--reliability', { max: 0.999999999 })),
    )
    .option(
      '--size <bytes>',
      'bytes of an update with its frame (default 500)',
      once('--size', integer('--size', 1, 1_000_000)),
    )
    .option(
      '--keys <count>',
      'keys of the replicated map, for anti-entropy (default 100)',
      once('--keys', integer('--keys', 1, 100_000_000)),
    )
    .option('--k <number>', "rumor mongering's counter (default 6)", once('--k', integer('--k', 1, 1000)))
    .option(
      '--indirect <count>',
      'members that probe on behalf (default 3)',
      once('--indirect', integer('--indirect', 0, 64)),
    )
    .option('--json', 'prints one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action((options) => {
      const predictions = predict({
        nodes: options.nodes ?? DEFAULTS.nodes,
        fanouts: options.fanout ?? DEFAULTS.fanouts,
        losses: options.loss ?? DEFAULTS.losses,
        intervalsMs: options.interval ?? DEFAULTS.intervalsMs,
        failed: options.failed ?? 0,
        reliability: options.reliability ?? 0.99,
        updateBytes: options.size ?? 500,
        keys: options.keys ?? 100,
        digestBytes: 40,
        k: options.k ?? 6,
        indirectProbes: options.indirect ?? 3,
      });
      io.stdout.write(`${options.json === true ? JSON.stringify({ predictions }) : predictText(predictions)}\n`);
      finish(EXIT.ok);
    });
}
