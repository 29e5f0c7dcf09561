/** `hearsay papers`: the published tables, reproduced: published, measured, difference and verdict of each cell. */
import type { Command } from '@commander-js/extra-typings';
import Table from 'cli-table3';
import { UserError } from '../model/errors.ts';
import { EXIT } from '../model/verdict.ts';
import { type Cell, differenceOf, type Paper, type PaperTable, verdictOf } from '../papers/cell.ts';
import { PAPERS } from '../papers/papers.ts';
import { once } from './flags.ts';
import { type CliIo, createPaint, type Finish, type Paint } from './io.ts';
import { lifeguard } from './lifeguard-paper.ts';
import { parseSeed } from './plan-request.ts';
import { figureText } from './spread-tables.ts';

const DEFAULT_SEED = 'papers';
const ALL_PAPERS: readonly Paper[] = [...PAPERS, lifeguard];

export function addPapersCommand(program: Command, io: CliIo, finish: Finish): void {
  program
    .command('papers')
    .description('reproduce the published tables with the code of the protocols, and judge each cell')
    .option('--only <names...>', `some of ${ALL_PAPERS.map((paper) => paper.name).join(', ')}`)
    .option('--quick', 'fewer runs')
    .option('--seed <text>', `names every random draw (default ${DEFAULT_SEED})`, once('--seed', parseSeed))
    .option('--json', 'prints one JSON object on stdout')
    .action((options) => {
      const tables: PaperTable[] = [];
      for (const paper of chosen(options.only)) {
        io.stderr.write(`${paper.name} ...\n`);
        tables.push(paper.reproduce({ seed: options.seed ?? DEFAULT_SEED, quick: options.quick === true }));
      }
      const off = tables.flatMap((table) => table.cells).filter((cell) => verdictOf(cell) === 'off').length;
      if (options.json === true) io.stdout.write(`${JSON.stringify({ tables: tables.map(withVerdicts), off })}\n`);
      else
        io.stdout.write(
          `${tables.map((table) => tableText(table, createPaint(io, io.stdout))).join('\n')}\n${summary(tables)}\n`,
        );
      finish(off === 0 ? EXIT.ok : EXIT.invalid);
    });
}

function chosen(only: readonly string[] | undefined): readonly Paper[] {
  if (only === undefined) return ALL_PAPERS;
  const names = ALL_PAPERS.map((paper) => paper.name);
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new UserError('--only names no table', unknown, `take ${names.join(', ')}`);
  return ALL_PAPERS.filter((paper) => only.includes(paper.name));
}

function withVerdicts(table: PaperTable): object {
  const cells = table.cells.map((cell) => ({
    ...cell,
    difference: differenceOf(cell) ?? null,
    verdict: verdictOf(cell),
  }));
  return { ...table, cells };
}

function tableText(table: PaperTable, paint: Paint): string {
  const drawn = new Table({
    head: ['row', 'figure', 'published', 'simulated', 'measured', 'difference', 'verdict'],
    style: { head: [], border: [], compact: true },
  });
  for (const cell of table.cells) {
    drawn.push([
      cell.row,
      cell.figure,
      figureText(cell.published),
      figureText(cell.simulated),
      figureText(cell.measured),
      percent(differenceOf(cell)),
      verdictText(cell, paint),
    ]);
  }
  return `${paint('bold', table.title)}\n${table.method}\n${drawn.toString()}`;
}

/** What the tables say together, and how to read them. */
function summary(tables: readonly PaperTable[]): string {
  const cells = tables.flatMap((table) => table.cells);
  const count = (verdict: ReturnType<typeof verdictOf>): number =>
    cells.filter((cell) => verdictOf(cell) === verdict).length;
  return (
    `${cells.length} cells: ${count('holds')} hold, ${count('off')} off, ${count('shown')} shown and not judged\n` +
    'difference: of what was measured here from the nearer of the published and the simulated figure'
  );
}

function percent(difference: number | undefined): string {
  return difference === undefined ? '-' : signed((100 * difference).toFixed(1));
}

/** No zero with a sign. */
function signed(text: string): string {
  return Number(text) === 0 ? '0.0 %' : `${text.startsWith('-') ? '' : '+'}${text} %`;
}

function verdictText(cell: Cell, paint: Paint): string {
  const verdict = verdictOf(cell);
  if (verdict === 'shown') return `shown: ${cell.notGated}`;
  return verdict === 'holds' ? paint('green', verdict) : paint('red', verdict);
}
