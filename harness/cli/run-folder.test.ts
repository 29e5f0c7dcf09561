import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { claimFolder } from './files.ts';
import { claimRunFolder, defaultRunFolder } from './run-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'hearsay-run-folder-'));
const runs = join(root, 'runs');
const now = new Date('2026-01-31T12:00:00Z');
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('runs of one seed in one second get folders of their own', () => {
  const names = [1, 2, 3].map(() => claimRunFolder(undefined, 'a seed', now, runs).path);
  const first = join(runs, '2026-01-31-12-00-00-a-seed');
  expect(names).toEqual([first, `${first}-2`, `${first}-3`]);
  expect(defaultRunFolder('a seed', now, runs)).toBe(`${first}-4`);
});

test('a run that never came about takes away its own files only', () => {
  const folder = claimFolder(join(root, 'made/by/one'), 'mend');
  mkdirSync(join(root, 'made/by/another'));
  writeFileSync(join(root, 'made/by/one/plan.json'), '');
  folder.abandon();
  expect(readdirSync(join(root, 'made/by'))).toEqual(['another']);

  const alone = claimFolder(join(root, 'alone/x/y'), 'mend');
  alone.abandon();
  expect(existsSync(join(root, 'alone'))).toBe(false);

  mkdirSync(join(root, 'empty'));
  const given = claimFolder(join(root, 'empty'), 'mend');
  writeFileSync(join(root, 'empty/plan.json'), '');
  given.abandon();
  expect(readdirSync(join(root, 'empty'))).toEqual([]);
});
