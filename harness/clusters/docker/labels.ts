/** Labels on everything that is made in an engine: which run it belongs to, and which process answers for it. */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

const LABEL = {
  run: 'hearsay.run',
  role: 'hearsay.role',
  member: 'hearsay.member',
  host: 'hearsay.controller.host',
  boot: 'hearsay.controller.boot',
  space: 'hearsay.controller.space',
  pid: 'hearsay.controller.pid',
  started: 'hearsay.controller.started',
} as const;

/** All that carries this is ours. */
export const RUN_LABEL = LABEL.run;
export const ROLE_LABEL = LABEL.role;

export type Labels = { [name: string]: string };
export type Role = 'member' | 'helper' | 'network' | 'state';

/** Of what this process makes. `run`: unique to the run. */
export function labelsOf(run: string, role: Role, member?: string): Labels {
  const labels: Labels = {
    [LABEL.run]: run,
    [LABEL.role]: role,
    [LABEL.host]: hostname(),
    [LABEL.boot]: bootId(),
    [LABEL.space]: pidSpace(),
    [LABEL.pid]: String(process.pid),
    [LABEL.started]: startOf(process.pid) ?? '',
  };
  if (member !== undefined) labels[LABEL.member] = member;
  return labels;
}

/**
 * Whether the process that made it is gone. One of another machine, or of another pid namespace, cannot be seen from here
 * and is taken to live.
 */
export function isOrphan(labels: Readonly<Record<string, string>> | undefined): boolean {
  if (labels?.[LABEL.run] === undefined || labels[LABEL.host] !== hostname()) return false;
  // The same machine after it was booted again.
  if (labels[LABEL.boot] !== bootId()) return labels[LABEL.boot] !== '' && bootId() !== '';
  if (labels[LABEL.space] !== pidSpace()) return false;
  const started = startOf(Number(labels[LABEL.pid]));
  return started === undefined || started !== labels[LABEL.started];
}

function bootId(): string {
  return readOr('/proc/sys/kernel/random/boot_id', '').trim();
}

function pidSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/**
 * Tells a pid that was used again from the first one; undefined: there is no such process. Without /proc only whether
 * the pid is in use can be told.
 */
function startOf(pid: number): string | undefined {
  const stat = readOr(`/proc/${pid}/stat`, '');
  // The name in brackets may hold anything; field 22 is the 20th behind it.
  if (stat !== '') return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  if (process.platform === 'linux') return undefined;
  try {
    process.kill(pid, 0);
    return 'running';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'running' : undefined;
  }
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}
