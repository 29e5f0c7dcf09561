/** The compiled command line. */
import { programPath } from '../../clusters/real/program-path.ts';

export function cliProgram(): string {
  return programPath('cli.js');
}
