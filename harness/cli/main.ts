#!/usr/bin/env node
/** The `hearsay` command. */
import { runCli } from './program.ts';

// A reader that has seen enough (`hearsay list | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const code = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
});
// A run that failed may leave handles open; what was printed must be out before they are cut.
process.stdout.write('', () => process.exit(code));
