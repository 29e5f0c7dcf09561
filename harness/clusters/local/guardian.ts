/**
 * The guardian: a process apart that outlives the controller by a moment. It reads, line by line, which members live
 * (`+pid`, `-pid`) and which directory is the run's own (`/path`); when its stdin ends, the controller is gone, and it
 * kills them, stopped ones too, and removes the directory. Entry of dist/guardian.js.
 */
import { readFileSync, rmSync } from 'node:fs';
import { LineSplitter } from '../../node/line-splitter.ts';

/** When the process started, in clock ticks since boot: with it a pid that was used again is told apart. Linux only. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold anything; field 22 is the 20th behind it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

const members = new Map<number, string | undefined>();
const directories: string[] = [];

function obey(line: string): void {
  const pid = Number(line.slice(1));
  if (line.startsWith('+')) members.set(pid, startTime(pid));
  else if (line.startsWith('-')) members.delete(pid);
  else directories.push(line);
}

function killAll(): never {
  for (const [pid, started] of members) {
    if (startTime(pid) !== started) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
  for (const directory of directories) rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  process.exit(0);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
const splitter = new LineSplitter();
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk: string) => splitter.push(chunk).forEach(obey));
process.stdin.on('end', killAll);
process.stdin.on('error', killAll);
