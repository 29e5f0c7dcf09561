#!/usr/bin/env node
/** The `hearsay` command. */
import { EXIT } from '../model/verdict.ts';
import { runCli } from './program.ts';

/** A stream that ends before the run does; the run goes on, for its folder is what counts. */
function outlive(stream: NodeJS.WriteStream): { readonly failure: () => NodeJS.ErrnoException | undefined } {
  let failure: NodeJS.ErrnoException | undefined;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    failure ??= error;
  });
  return { failure: () => failure };
}

const stdout = outlive(process.stdout);
outlive(process.stderr);

const code = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
});

// A run that failed may leave handles open; what was printed must be out before they are cut.
process.stdout.write('', () => {
  // The stream says what failed only after the callbacks of its writes.
  setImmediate(() => {
    const failure = stdout.failure();
    // A reader that has seen enough (`hearsay list | head`) is no failure; a result that is lost on a full disk is one.
    if (failure === undefined || failure.code === 'EPIPE') process.exit(code);
    process.stderr.write(`hearsay: stdout cannot be written (${failure.code}); make room, or send it elsewhere\n`);
    process.exit(EXIT.internal);
  });
});
