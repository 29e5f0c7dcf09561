/** `hearsay check RUN`: judges a stored history again and writes nothing. */
import type { Command } from '@commander-js/extra-typings';
import type { CliIo, Finish } from './io.ts';
import { showVerdict } from './run-and-show.ts';
import { judgeStoredRun } from './stored-run.ts';

export function addCheckCommand(program: Command, io: CliIo, finish: Finish): void {
  program
    .command('check')
    .description('judge a stored history again')
    .argument('<run>', 'the folder of a run, such as runs/2026-01-31-12-00-00-seed')
    .option('--slo <file>', "judges the metrics by this SLO file (default the run's own, where it had one)")
    .option('--partial', 'also take a history that was cut off')
    .option('--json', 'prints the verdict as one JSON object on stdout, and all else on stderr')
    .addHelpText('after', '\nExample:\n  hearsay check runs/2026-01-31-12-00-00-seed --slo slo.yaml\n')
    .action(async (run, options) => {
      const partial = options.partial === true;
      const verdict = await judgeStoredRun(run, { partial, write: false, slo: options.slo });
      showVerdict(verdict, options.json === true, io);
      finish(verdict.exitCode);
    });
}
