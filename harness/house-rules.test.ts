/** House rules that no linter knows: where a clock, a socket, a file and unseeded randomness may be. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['harness', 'impl', 'workloads', 'nemesis', 'reports'];

/** May look at the machine: real clusters, the member's program, Linux's faults, the store, the commands. */
const MAY_TOUCH_THE_WORLD = [
  /^harness\/clusters\/(?!sim\/)/,
  /^harness\/node\//,
  /^nemesis\/linux\//,
  /^harness\/run\/(store|make-folders|history-file|run-and-store)\.ts$/,
  /^harness\/cli\//,
  // The leak that the comparison of processes must catch is planted there.
  /^harness\/proof\/hash-program\.ts$/,
];

const FORBIDDEN: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'unseeded randomness', pattern: /Math\.random|crypto\.getRandomValues|randomBytes|randomUUID/ },
  { what: 'a clock', pattern: /Date\.now|performance\.now|process\.hrtime|new Date\(\)/ },
  { what: 'a timer', pattern: /\b(setTimeout|setInterval|setImmediate)\(/ },
  {
    what: 'a socket, a file or a process',
    pattern: /from 'node:(fs|net|dgram|http|https|child_process|os|worker_threads|cluster)/,
  },
];

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/** Comments may name what code may not use. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

function offences(path: string, text: string): string[] {
  if (MAY_TOUCH_THE_WORLD.some((pattern) => pattern.test(path))) return [];
  const code = withoutComments(text);
  return FORBIDDEN.filter(({ pattern }) => pattern.test(code)).map(({ what }) => `${path}: ${what}`);
}

describe('house rules', () => {
  it('keeps clocks, sockets, files and unseeded randomness where they belong', () => {
    const files = FOLDERS.flatMap(sources);
    expect(files.length).toBeGreaterThan(50);
    expect(files.flatMap((path) => offences(path, readFileSync(join(root, path), 'utf8')))).toEqual([]);
  });

  it('would notice each of them', () => {
    const planted = ['Math.random()', 'Date.now()', 'setTimeout(f, 1)', "import { openSync } from 'node:fs';"];
    for (const code of planted) expect(offences('impl/swim/swim.ts', code)).toHaveLength(1);
    expect(offences('impl/swim/swim.ts', '// Date.now() is not for us')).toEqual([]);
    expect(offences('harness/node/main.ts', 'Date.now()')).toEqual([]);
  });
});
