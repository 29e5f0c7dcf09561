/** Reading and writing files with errors that a user can act on. */

import { closeSync, existsSync, openSync, readdirSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { UserError } from '../model/errors.ts';
import { makeFolders, removeEmptyFolders } from '../run/make-folders.ts';

/** V8 holds no longer string. */
const LARGEST_BYTES = 512 * 1024 * 1024;
const PIECE_BYTES = 1 << 20;

/**
 * Throws a UserError: missing, a folder, unreadable, too large. `what`: `the plan file`. In pieces, since a pipe or a
 * device does not say how much will come, if it ever ends.
 */
export function readText(path: string, what: string, largestBytes = LARGEST_BYTES): string {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    const decoder = new StringDecoder('utf8');
    // Decoded piece by piece, so that a long file is not held as bytes as well.
    let text = '';
    let bytes = 0;
    for (;;) {
      const size = readSync(file, piece, 0, piece.length, null);
      if (size === 0) break;
      bytes += size;
      if (bytes > largestBytes) {
        throw new UserError(`${what} is larger than ${largestBytes} bytes`, path, 'split it, or plan a shorter run');
      }
      text += decoder.write(piece.subarray(0, size));
    }
    return text + decoder.end();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw fileError(error, path, what, 'name a file that exists and can be read');
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

export function fileError(error: unknown, path: string, what: string, mend: string): UserError {
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

export function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

/** A folder that this process has prepared for writing. */
export interface OwnFolder {
  /** As it was asked for. */
  readonly path: string;
  /** Takes away what was made and written, when the run never came about. */
  abandon(): void;
}

/**
 * Makes a new folder (or takes an empty one) for a run to write to. Throws a UserError when it holds something, cannot
 * be written or is being made by another run at this moment, and then leaves nothing behind.
 */
export function claimFolder(path: string, mend: string): OwnFolder {
  const absolute = resolve(path);
  let made: string[] = [];
  try {
    const existed = existsSync(absolute);
    made = makeFolders(absolute);
    if (!statSync(absolute).isDirectory()) throw new UserError('the output folder is a file', path, mend);
    if (!existed && !made.includes(absolute)) throw new UserError('another run has just made this folder', path, mend);
    if (readdirSync(absolute).length > 0) throw new UserError('the output folder is not empty', path, mend);
    const probe = join(absolute, '.hearsay-probe');
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    removeEmptyFolders(made);
    if (error instanceof UserError) throw error;
    throw fileError(error, path, 'the output folder', mend);
  }
  return {
    path,
    abandon: () => {
      for (const name of readdirSync(absolute)) rmSync(join(absolute, name), { recursive: true, force: true });
      removeEmptyFolders(made);
    },
  };
}
