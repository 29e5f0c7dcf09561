/** Where the compiled programs are: `dist/` of the package that this module is part of, compiled itself or not. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UnavailableError } from '../../model/errors.ts';

/** Programs that esbuild.config.mjs makes. */
type Program = 'member.js' | 'guardian.js' | 'relay.js' | 'probe.js' | 'worker.js' | 'cli.js' | 'bench.js';

/** Throws UnavailableError where nothing was built. */
export function programPath(file: Program): string {
  for (let directory = dirname(fileURLToPath(import.meta.url)); ; directory = dirname(directory)) {
    const path = join(directory, 'dist', file);
    if (existsSync(path)) return path;
    if (dirname(directory) === directory) break;
  }
  throw new UnavailableError(`the compiled program dist/${file} is missing`, undefined, 'run npm run build');
}
