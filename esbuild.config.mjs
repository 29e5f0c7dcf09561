// Builds dist/: one bundle per program. Members and guardians are bundled whole, so that starting one costs least; the
// others leave packages where npm put them. Everything is built aside and then swapped in file by file, each with one
// atomic rename, so that a program that starts meanwhile finds a whole file, old or new.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('.', import.meta.url));
const dist = join(root, 'dist');

const whole = {
  member: 'harness/node/main.ts',
  guardian: 'harness/clusters/real/guardian.ts',
  relay: 'nemesis/linux/relay/main.ts',
  probe: 'nemesis/linux/probe/main.ts',
};
const partial = {
  cli: 'harness/cli/main.ts',
  bench: 'harness/cli/bench.ts',
  worker: 'harness/search/worker.ts',
  lab: 'docker/lab/main.ts',
};

const present = (entries) =>
  Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(join(root, file))));

const common = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'linked',
  logLevel: 'warning',
  // Packages in CommonJS that are bundled ask for `require`, which an ES module does not have.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
};

mkdirSync(dist, { recursive: true });
const aside = mkdtempSync(join(dist, '.building-'));
try {
  await Promise.all([
    build({ ...common, entryPoints: present(whole), outdir: aside, minifySyntax: true, treeShaking: true }),
    build({ ...common, entryPoints: present(partial), outdir: aside, packages: 'external', splitting: false }),
  ]);
  const built = readdirSync(aside);
  // What npm links as a command must be executable in a fresh clone too.
  if (built.includes('cli.js')) chmodSync(join(aside, 'cli.js'), 0o755);
  for (const file of built) renameSync(join(aside, file), join(dist, file));
  const keep = new Set(built);
  for (const file of readdirSync(dist))
    if (!keep.has(file) && !file.startsWith('.building-')) rmSync(join(dist, file), { recursive: true });
} finally {
  rmSync(aside, { recursive: true, force: true });
}
