/** The command line as a whole: commands, help, and how a call becomes an exit code. */
import { Command } from '@commander-js/extra-typings';
import { EXIT } from '../model/verdict.ts';
import { addCapacityCommand } from './capacity-command.ts';
import { addCheckCommand } from './check-command.ts';
import { addCleanCommand } from './clean-command.ts';
import { addDoctorCommand } from './doctor-command.ts';
import { addExploreCommand } from './explore-command.ts';
import { addImageCommand } from './image-command.ts';
import type { CliIo, Finish } from './io.ts';
import { addListCommand } from './list-command.ts';
import { addMergeCommand } from './merge-command.ts';
import { addNemesisCommand } from './nemesis-command.ts';
import { addPapersCommand } from './papers-command.ts';
import { addPredictCommand } from './predict-command.ts';
import { addReplayCommand } from './replay-command.ts';
import { addReportCommand } from './report-command.ts';
import { reportError } from './report-error.ts';
import { addShrinkCommand } from './shrink-command.ts';
import { addSpreadCommand } from './spread-command.ts';
import { HEARSAY_VERSION } from './version.ts';

export function createProgram(io: CliIo, finish: Finish): Command {
  const program = new Command('hearsay');
  program
    .description('Fault-injection benchmark and Jepsen-style test harness for gossip protocols')
    .version(HEARSAY_VERSION)
    // Inherited by the commands, so it must stand before them: errors are shown in one place, in one form.
    .exitOverride()
    .configureOutput({ writeOut: (text) => void io.stdout.write(text), writeErr: () => undefined })
    .showSuggestionAfterError(true);
  addNemesisCommand(program, io, finish);
  addDoctorCommand(program, io, finish);
  addImageCommand(program, io);
  addCleanCommand(program, io, finish);
  addListCommand(program, io, finish);
  addReportCommand(program, io, finish);
  addCheckCommand(program, io, finish);
  addSpreadCommand(program, io, finish);
  addPredictCommand(program, io, finish);
  addPapersCommand(program, io, finish);
  addCapacityCommand(program, io, finish);
  addExploreCommand(program, io, finish);
  addMergeCommand(program, io, finish);
  addShrinkCommand(program, io, finish);
  addReplayCommand(program, io, finish);
  program.addHelpText(
    'after',
    `
Exit codes:
  0 all that applies is valid and every SLO met   1 invalid   2 unknown   3 an SLO missed
  64 the call or a file is wrong   69 the cluster cannot be had here   70 the harness failed   130 interrupted`,
  );
  return program;
}

/** Runs one call, such as ['nemesis', '--loss', '0.1'], and returns its exit code. Never throws. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  let code: number = EXIT.ok;
  try {
    const program = createProgram(io, (given) => {
      code = given;
    });
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return reportError(error, io);
  }
}
