/** Where a run's files go when `--out` does not say. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../model/errors.ts';
import { claimFolder, type OwnFolder } from './files.ts';

/** `runs/2026-11-22-16-05-59-SEED`, with a number behind it where that is taken. */
export function defaultRunFolder(seed: string, now: Date, root = 'runs'): string {
  const stamp = now.toISOString().slice(0, 19).replace(/[T:]/g, '-');
  // A seed may hold anything printable; a folder's name should not.
  const slug = seed
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 32);
  const base = join(root, slug === '' ? stamp : `${stamp}-${slug}`);
  let path = base;
  for (let count = 2; existsSync(path); count++) path = `${base}-${count}`;
  return path;
}

const MEND = 'choose a new folder that can be written with --out';

/** The folder that `--out` names, or a new one, ready to be written. Throws a UserError where it cannot be had. */
export function claimRunFolder(out: string | undefined, seed: string, now: Date, root?: string): OwnFolder {
  if (out !== undefined) return claimFolder(out, MEND);
  for (;;) {
    const path = defaultRunFolder(seed, now, root);
    try {
      return claimFolder(path, MEND);
    } catch (error) {
      // Another run of this seed, started in the same second, was faster: the next number is free.
      if (!(error instanceof UserError) || defaultRunFolder(seed, now, root) === path) throw error;
    }
  }
}
