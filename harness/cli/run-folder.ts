/** Where a run's files go when `--out` does not say. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

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
