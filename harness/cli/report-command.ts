/** `hearsay report RUN`: draws the report of a stored run again from its history. */
import type { Command } from '@commander-js/extra-typings';
import type { CliIo, Finish } from './io.ts';
import { showVerdict } from './run-and-show.ts';
import { judgeStoredRun } from './stored-run.ts';

export function addReportCommand(program: Command, io: CliIo, finish: Finish): void {
  program
    .command('report')
    .description('draw the report again from a stored history')
    .argument('<run>', 'the folder of a run, such as runs/2026-01-31-12-00-00-seed')
    .option('--partial', 'also take a history that was cut off')
    .option('--json', 'prints the verdict as one JSON object on stdout, and all else on stderr')
    .addHelpText('after', '\nExample:\n  hearsay report runs/2026-01-31-12-00-00-seed\n')
    .action(async (run, options) => {
      const partial = options.partial === true;
      const verdict = await judgeStoredRun(run, { partial, write: true, slo: undefined });
      showVerdict(verdict, options.json === true, io);
      finish(verdict.exitCode);
    });
}
