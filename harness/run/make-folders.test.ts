import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../model/errors.ts';
import { makeFolders, removeEmptyFolders } from './make-folders.ts';
import { RunStore } from './store.ts';

describe('makeFolders', () => {
  let root = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'hearsay-folders-'));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('makes what is missing and names it, topmost first', () => {
    expect(makeFolders(join(root, 'a', 'b', 'c'))).toEqual([
      join(root, 'a'),
      join(root, 'a', 'b'),
      join(root, 'a', 'b', 'c'),
    ]);
    expect(existsSync(join(root, 'a', 'b', 'c'))).toBe(true);
    expect(makeFolders(join(root, 'a', 'b', 'd'))).toEqual([join(root, 'a', 'b', 'd')]);
    expect(makeFolders(join(root, 'a', 'b'))).toEqual([]);
    mkdirSync(join(root, 'target'));
    symlinkSync(join(root, 'target'), join(root, 'link'));
    expect(makeFolders(join(root, 'link', 'x'))).toEqual([join(root, 'link', 'x')]);
  });

  it('takes away only what is empty', () => {
    const made = makeFolders(join(root, 'shared', 'own'));
    mkdirSync(join(root, 'shared', 'of-another-run'));
    removeEmptyFolders(made);
    expect(readdirSync(join(root, 'shared'))).toEqual(['of-another-run']);
  });

  it('throws where there can be no folder, and leaves everything as it was', () => {
    writeFileSync(join(root, 'file'), '');
    symlinkSync(join(root, 'nowhere'), join(root, 'dangling'));
    const before = readdirSync(root).sort();
    for (const path of [
      join(root, 'file', 'x'),
      join(root, 'dangling', 'x'),
      join(root, 'new', 'x'.repeat(300)),
      '/proc/hearsay/x',
      '/proc/self/fd/hearsay/x',
      '/dev/null/x',
    ]) {
      expect(() => makeFolders(path), path).toThrow();
      expect(() => new RunStore(path, {} as never), path).toThrow(UserError);
    }
    expect(readdirSync(root).sort()).toEqual(before);
  });
});
