/** The compiled command line, which is built into the same folder as the bench. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export function cliProgram(): string {
  return join(dirname(fileURLToPath(import.meta.url)), 'cli.js');
}
