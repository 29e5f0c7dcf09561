/** What the search's commands leave in a folder, by whatever end they come to. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { callCli } from './cli-harness.ts';
import { runCli } from './program.ts';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const CORPUS = fileURLToPath(new URL('../../corpus/', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'hearsay-left-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const SMALL = '--seeds 20 --time 10s --nodes 4-5 --seed cli --threads 1'.split(' ');

/** In a process of its own, since where nothing is said things go below the working directory. */
function call(...argv: string[]): { code: number | null; stdout: string } {
  const { status, stdout } = spawnSync(process.execPath, [CLI, ...argv], { cwd: root, encoding: 'utf8' });
  return { code: status, stdout };
}

test('what a search finds is kept though no folder was named, and shrinks; where it finds nothing it leaves nothing', async () => {
  expect(call('explore', '--protocol', 'rumor', ...SMALL)).toMatchObject({ code: 0 });
  expect(readdirSync(root)).toEqual([]);
  const { code, stdout } = call('explore', '--protocol', 'textbook/anti-entropy', ...SMALL);
  expect(code).toBe(1);
  expect(stdout).toContain('stopped at the first failure; --all goes on');
  const path = /hearsay -- shrink (runs\/\S+\.plan\.json) --property/.exec(stdout)?.[1] ?? '';
  const plan = join(root, path);
  expect(existsSync(plan)).toBe(true);
  const folder = join(plan, '..');
  expect((await callCli('replay', folder)).stderr).toContain(
    `and no single plan (given: ${folder}); name one: ${plan}`,
  );

  // A Ctrl-C can end it after any of these lines.
  const out = join(root, 'small');
  const left: (readonly string[])[] = [];
  const watch = (text: string): void => {
    left.push(existsSync(out) ? [text, ...readdirSync(out)] : [text]);
  };
  const stream = { isTTY: false, write: watch };
  expect(await runCli(['shrink', plan, '--out', out], { stdout: stream, stderr: stream, environment: {} })).toBe(0);
  const [first = [], ...rest] = left;
  expect(first).toHaveLength(1);
  expect(rest.length).toBeGreaterThan(3);
  for (const [text, ...files] of rest) expect(files, text).toContain('plan.json');
}, 120_000);

test('a Ctrl-C is heard between two runs in the simulator', async () => {
  const argv = ['replay', join(CORPUS, 'textbook-swim.json'), '--cluster', 'sim', '--times', '10000'];
  const child = spawn(process.execPath, [CLI, ...argv], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
  let stdout = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    if (stdout === '') child.kill('SIGINT');
    stdout += text;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect(code).toBe(130);
  const runs = Number(/interrupted after (\d+) of 10000 runs/.exec(stdout)?.[1]);
  expect(runs).toBeGreaterThan(0);
  expect(runs).toBeLessThan(10_000);
}, 120_000);

test('a plan of the corpus that only a planted bug breaks says so', async () => {
  const { stderr } = await callCli('shrink', join(CORPUS, 'bracha-broken-quorum.json'));
  expect(stderr).toContain('only the planted bug brachaBrokenQuorum breaks it');
});

test('a property that is broken in several ways is shrunk in the one that was meant', async () => {
  const made =
    'nemesis --plan-only --protocol textbook/broadcast --nodes 4 --time 20s --byzantine 1:equivocate,withhold --loss 0.1 --seed';
  for (const seed of ['1', '3', '12', '36', '37', '38']) {
    const plan = join(root, `plan-${seed}`);
    expect(await callCli(...made.split(' '), seed, '--out', plan)).toMatchObject({ code: 0 });
    const small = join(root, `small-${seed}`);
    const shrunk = await callCli('shrink', plan, '--witness', 'Totality:', '--out', small);
    if (shrunk.code !== 0) {
      // Most plans show another way first, and then it says which.
      expect(shrunk.stderr).toMatch(/^hearsay: no witness of broadcast-safety holds .*own witness is: [A-Z].*\n$/);
      expect(existsSync(small)).toBe(false);
      continue;
    }
    const again = await callCli('replay', small, '--cluster', 'sim');
    expect(again.stdout).toContain('broken: broadcast-safety; Totality: ');
    // Control: where it may, some such plan goes another way.
    const other = join(root, `any-${seed}`);
    expect((await callCli('shrink', plan, '--out', other)).code).toBe(0);
    const simplest = await callCli('replay', other, '--cluster', 'sim');
    expect(simplest.stdout).toContain('broken: broadcast-safety; ');
    if (!simplest.stdout.includes('broken: broadcast-safety; Totality: ')) return;
  }
  throw new Error('no plan shows a Totality first, and something else when shrunk without a witness');
}, 120_000);
