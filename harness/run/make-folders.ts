/** Folders, made so that nothing hangs and nothing of others is taken away. */
import { lstatSync, mkdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

function exists(path: string): boolean {
  // A link that leads nowhere is something too, and nothing can be made in its place.
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/**
 * Makes a folder and those above it; returns those that were made, topmost first. Others may be making the same ones at
 * this moment: what they made is theirs. Throws what the file system says, and then leaves nothing behind. Step by step,
 * since Node's own recursive mkdir never returns where the file system answers ENOENT to a folder whose parent exists, as
 * /proc does.
 */
export function makeFolders(absolute: string): string[] {
  const missing: string[] = [];
  for (let path = absolute; !exists(path); path = dirname(path)) missing.unshift(path);
  const made: string[] = [];
  try {
    for (const path of missing) {
      if (makeFolder(path)) made.push(path);
    }
  } catch (error) {
    removeEmptyFolders(made);
    throw error;
  }
  return made;
}

/** False where somebody else was faster. */
function makeFolder(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return false;
    throw error;
  }
}

/** Takes away what `makeFolders` has made, from the innermost outwards, up to the first that holds something. */
export function removeEmptyFolders(made: readonly string[]): void {
  for (const folder of [...made].reverse()) {
    try {
      rmdirSync(folder);
    } catch {
      return;
    }
  }
}
