/**
 * `npm run bench`: the speed figures in one table, with the machine that they were measured on. Nothing is asserted
 * about time: a figure that misses what is wanted says so in its row. The exit code tells whether all could be measured.
 */
import { Command, Option } from '@commander-js/extra-typings';
import { UserError } from '../model/errors.ts';
import { workAsChild } from './bench/child.ts';
import type { Figure, Row } from './bench/figure.ts';
import { FIGURES } from './bench/figures.ts';
import { describeMachine, machineText, ratioOf, rowsTable } from './bench/table.ts';
import type { CliIo } from './io.ts';
import { reportError } from './report-error.ts';

const IO: CliIo = { stdout: process.stdout, stderr: process.stderr, environment: process.env };

function chosenFigures(only: readonly string[] | undefined): readonly Figure[] {
  if (only === undefined) return FIGURES;
  const names = FIGURES.map((figure) => figure.name);
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new UserError('--only names no figure', unknown, `take ${names.join(', ')}`);
  return FIGURES.filter((figure) => only.includes(figure.name));
}

interface Options {
  readonly only?: readonly string[] | undefined;
  readonly tiny?: true | undefined;
  readonly json?: true | undefined;
}

async function bench(options: Options): Promise<void> {
  const machine = describeMachine();
  const note = (text: string): void => void process.stderr.write(`${text} ...\n`);
  const rows: Row[] = [];
  for (const figure of chosenFigures(options.only)) {
    try {
      rows.push(...(await figure.measure(note, options.tiny === true ? 'tiny' : 'full')));
    } catch (error) {
      // The other figures are worth having all the same.
      process.exitCode = reportError(error, IO);
    }
  }
  if (options.json === true) {
    const withRatios = rows.map((row) => ({ ...row, ratio: ratioOf(row) ?? null, wanted: row.wanted ?? null }));
    process.stdout.write(`${JSON.stringify({ machine, rows: withRatios })}\n`);
  } else process.stdout.write(`${machineText(machine)}\n${rowsTable(rows)}\n`);
}

const program = new Command('bench')
  .description('measures how fast hearsay is on this machine')
  .option('--only <name...>', `some of the figures: ${FIGURES.map((figure) => figure.name).join(', ')}`)
  .option('--tiny', 'as little of everything as can be: shows that it can be measured, and nothing else')
  .option('--json', 'prints one JSON object on stdout')
  // What figures start this program with again.
  .addOption(new Option('--work <job>').hideHelp())
  .addHelpText('after', `\n${FIGURES.map(({ name, doc }) => `  ${name.padEnd(12)} ${doc}`).join('\n')}`)
  .action((options) => (options.work === undefined ? bench(options) : workAsChild(options.work)));
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportError(error, IO);
}
