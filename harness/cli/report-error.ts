/** The last stop of every error: one line on stderr and an exit code; a stack trace only in a file, or for debugging. */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { excerpt, UserError } from '../model/errors.ts';
import { EXIT } from '../model/verdict.ts';
import type { CliIo } from './io.ts';

/** Stopped by the user before there was anything to judge. */
export class InterruptedError extends Error {
  constructor() {
    super('interrupted before the run started');
    this.name = 'InterruptedError';
  }
}

/** Prints what went wrong and returns the exit code. */
export function reportError(error: unknown, io: CliIo): number {
  // Help and version come as errors too, when commander must not exit by itself.
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
  if (error instanceof InterruptedError) {
    io.stderr.write(`hearsay: ${error.message}; nothing was written\n`);
    return EXIT.interrupted;
  }
  const known = error instanceof CommanderError ? commanderMistake(error) : error;
  if (known instanceof UserError) {
    io.stderr.write(`hearsay: ${oneLine(known.message)}\n`);
    return known.exitCode;
  }
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const message = excerpt(error instanceof Error ? `${error.name}: ${error.message}` : details);
  io.stderr.write(`hearsay: the harness itself failed: ${message}; ${whereDetailsAre(details)}\n`);
  if (io.environment.HEARSAY_DEBUG === '1') io.stderr.write(`${details}\n`);
  return EXIT.internal;
}

/** Commander's wording, with its hint, as one line. */
function commanderMistake(error: CommanderError): UserError {
  if (error.code === 'commander.help') {
    return new UserError('no command was given', undefined, 'try hearsay nemesis --partition, or hearsay --help');
  }
  const [said = '', ...hints] = error.message.replace(/^error: /, '').split('\n');
  const what = said.replace(/\.$/, '');
  const hint = hints.join(' ').replace(/[()]/g, '').trim().replace(/^Did/, 'did');
  return new UserError(oneLine(what), undefined, hint === '' ? 'see --help' : `${hint} see --help`);
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ');
}

function whereDetailsAre(details: string): string {
  const path = join(tmpdir(), `hearsay-error-${process.pid}.txt`);
  try {
    writeFileSync(path, `${details}\n`);
    return `details are in ${path}`;
  } catch {
    return 'set HEARSAY_DEBUG=1 for details';
  }
}
