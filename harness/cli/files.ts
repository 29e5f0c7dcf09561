/** Reading and writing files with errors that a user can act on. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../model/errors.ts';

/** V8 holds no longer string. */
const LARGEST_BYTES = 512 * 1024 * 1024;

/** Throws a UserError: missing, a folder, unreadable, too large. `what`: `the plan file`. */
export function readText(path: string, what: string): string {
  try {
    const { size } = statSync(path);
    if (size > LARGEST_BYTES) {
      throw new UserError(`${what} is larger than ${LARGEST_BYTES} bytes`, path, 'split it, or plan a shorter run');
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw fileError(error, path, what, 'name a file that exists and can be read');
  }
}

function fileError(error: unknown, path: string, what: string, mend: string): UserError {
  const code = errorCode(error);
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'does not exist',
    EISDIR: 'is a folder',
    ENOTDIR: 'has a path that leads through a file',
    EACCES: 'may not be used',
    EPERM: 'may not be used',
    EROFS: 'lies on a disk that is read-only',
    ENOSPC: 'lies on a disk that is full',
    ENAMETOOLONG: 'has too long a name',
  };
  return new UserError(`${what} ${reasons[code] ?? `cannot be used (${code})`}`, path, mend);
}

export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'no code';
}

/**
 * Makes a folder and those above it; returns the topmost that was made. Step by step, since Node's own recursive mkdir
 * never returns where the file system answers ENOENT to a folder whose parent exists, as /proc does.
 */
function makeFolders(absolute: string): string | undefined {
  const missing: string[] = [];
  for (let path = absolute; !existsSync(path); path = dirname(path)) missing.unshift(path);
  try {
    for (const path of missing) mkdirSync(path);
  } catch (error) {
    if (missing[0] !== undefined) rmSync(missing[0], { recursive: true, force: true });
    throw error;
  }
  return missing[0];
}

/** A folder that this process has prepared for writing. */
export interface OwnFolder {
  readonly path: string;
  /** Takes away what `claimFolder` has made, when the run never came about. */
  abandon(): void;
}

/**
 * Makes a new folder (or takes an empty one) for a run to write to. Throws a UserError when it holds something or
 * cannot be written, and then leaves nothing behind.
 */
export function claimFolder(path: string, mend: string): OwnFolder {
  const absolute = resolve(path);
  let made: string | undefined;
  try {
    made = makeFolders(absolute);
    if (!statSync(absolute).isDirectory()) throw new UserError('the output folder is a file', path, mend);
    if (readdirSync(absolute).length > 0) throw new UserError('the output folder is not empty', path, mend);
    const probe = join(absolute, '.hearsay-probe');
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    if (made !== undefined) rmSync(made, { recursive: true, force: true });
    if (error instanceof UserError) throw error;
    throw fileError(error, path, 'the output folder', mend);
  }
  return {
    path: absolute,
    abandon: () => {
      if (made !== undefined) rmSync(made, { recursive: true, force: true });
      else for (const name of readdirSync(absolute)) rmSync(join(absolute, name), { recursive: true, force: true });
    },
  };
}
