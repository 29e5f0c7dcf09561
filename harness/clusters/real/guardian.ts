/**
 * The guardian: a process apart that outlives the controller by a moment. It reads, line by line, which members live
 * (`+pid`, `-pid`), which directory is the run's own (`/path`) and which cgroups (`#/path`), and which calls of `hearsay`
 * clean up elsewhere (`![...]`); `.` says that all went well and those are not needed. When its stdin ends, the controller
 * is gone, and it kills members, stopped ones too, removes the directory, and makes the calls. Entry of dist/guardian.js.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
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
const groups: string[] = [];
/** Arguments of calls of `hearsay` that clean up what no signal reaches. */
const calls: string[][] = [];

function obey(line: string): void {
  const pid = Number(line.slice(1));
  if (line.startsWith('+')) members.set(pid, startTime(pid));
  else if (line.startsWith('-')) members.delete(pid);
  else if (line.startsWith('#')) groups.push(line.slice(1));
  else if (line.startsWith('!')) calls.push(JSON.parse(line.slice(1)) as string[]);
  else if (line === '.') calls.length = 0;
  else directories.push(line);
}

const GROUP_TRIES = 50;
const GROUP_RETRY_MS = 20;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** It is busy until those who were killed in it have really gone. */
function removeGroup(folder: string): void {
  for (let tries = 0; tries < GROUP_TRIES && existsSync(folder); tries++) {
    try {
      rmdirSync(folder);
    } catch {
      Atomics.wait(sleeper, 0, 0, GROUP_RETRY_MS);
    }
  }
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
  for (const group of groups) removeGroup(group);
  for (const call of calls) {
    const cli = fileURLToPath(new URL('cli.js', import.meta.url));
    spawn(process.execPath, [cli, ...call], { detached: true, stdio: 'ignore' }).unref();
  }
  process.exit(0);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
const splitter = new LineSplitter();
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk: string) => splitter.push(chunk).forEach(obey));
process.stdin.on('end', killAll);
process.stdin.on('error', killAll);
