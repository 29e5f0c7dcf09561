/** The system's processes as `ps` shows them, on Linux and macOS alike. */
import { execFileSync } from 'node:child_process';

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** `S`, `R`, `T` stopped, `Z` dead and not yet collected by its parent, ... */
  readonly state: string;
}

export function childrenOf(parent: number): ProcessEntry[] {
  return list(['-A']).filter((entry) => entry.parent === parent);
}

/** Those of the processes that still live, stopped ones too. */
export function livingOf(pids: readonly number[]): ProcessEntry[] {
  return list(['-p', pids.join(',')]).filter((entry) => !entry.state.startsWith('Z'));
}

function list(which: readonly string[]): ProcessEntry[] {
  return ps(which)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length === 3)
    .map(([pid, parent, state = '']) => ({ pid: Number(pid), parent: Number(parent), state }));
}

/** It exits with 1 and no output where there is no such process. */
function ps(which: readonly string[]): string {
  try {
    return execFileSync('ps', [...which, '-o', 'pid=,ppid=,stat='], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    if (error instanceof Error && 'status' in error && error.status === 1) return '';
    throw error;
  }
}
