/** Test set-up: members and guardians are programs of dist/, so it is built before any test runs. */
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

export async function setup(): Promise<void> {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  await execa(process.execPath, ['esbuild.config.mjs'], { cwd: root });
}
