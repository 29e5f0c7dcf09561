/** The compiled command in a process of its own: streams that end early or take nothing. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'hearsay-main-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** `redirection` as a POSIX shell has it; the code is that of hearsay. */
function call(argv: string, redirection: string): { code: number | null; stderr: string } {
  const script = `{ "${process.execPath}" "${CLI}" ${argv}; echo "code $?" >&3; } 3>code.txt ${redirection}; cat code.txt >&2`;
  const { stderr } = spawnSync('sh', ['-c', script], { cwd: root, encoding: 'utf8', timeout: 50_000 });
  const code = /^code (\d+)$/m.exec(stderr)?.[1];
  return { code: code === undefined ? null : Number(code), stderr };
}

const quick = 'nemesis --cluster sim --time 2s --protocol swim --nodes 3';

describe('a reader that goes away', () => {
  test('is no failure', () => {
    const { code, stderr } = call('list', '| true');
    expect([code, stderr]).toEqual([0, 'code 0\n']);
  });
  test('does not change what the run came to', () => {
    // So little loss of so few messages that none is lost: nobody can say that it was there.
    expect(call(`${quick} --seed 1 --loss 0.001 --out unknown --json`, '2>/dev/null | true').code).toBe(2);
    expect(existsSync(join(root, 'unknown/verdict.json'))).toBe(true);
  });
  test('does not end the run, also where it read what goes to stderr', () => {
    expect(call(`${quick} --out deaf`, '2>&1 | true').code).toBe(0);
    expect(existsSync(join(root, 'deaf/verdict.json'))).toBe(true);
  });
});

test.runIf(existsSync('/dev/full'))('a result that nothing takes is a failure of one line', () => {
  const { code, stderr } = call(`${quick} --json --out lost`, '>/dev/full');
  expect(code).toBe(70);
  expect(stderr.split('\n').filter((line) => line.startsWith('hearsay: '))).toEqual([
    'hearsay: stdout cannot be written (ENOSPC); make room, or send it elsewhere',
  ]);
  expect(stderr).not.toMatch(/^\s+at /m);
});
