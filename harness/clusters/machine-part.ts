/** What a cluster needs of the machine, and whether it is there. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { FaultType } from '../model/fault.ts';

export interface MachinePart {
  readonly name: string;
  readonly found: boolean;
  /** What to install or change where it is missing. */
  readonly mend: string;
  /** The cluster runs without it; `mend` then says what that costs, too. */
  readonly optional?: boolean | undefined;
  /** Kinds of faults that cannot be made without it. */
  readonly brings?: readonly FaultType[] | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where programs are looked for: the path, and where administrators' programs are, often not on a user's path. */
export function searchPath(environment: Environment): string {
  const folders = [...(environment.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/bin', '/bin'];
  return [...new Set(folders.filter((folder) => folder !== ''))].join(delimiter);
}

export function hasProgram(environment: Environment, name: string): boolean {
  return searchPath(environment)
    .split(delimiter)
    .some((folder) => {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
