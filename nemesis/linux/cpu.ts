/**
 * CPU starvation: a process may use only so much of a processor, by a cgroup's quota. A fault from outside a plan so far:
 * plans have no word for it. (A container's quota is its engine's business.)
 */
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CpuControl {
  readonly version: 1 | 2;
  /** Where the cpu controller is mounted; our groups are made below. */
  readonly root: string;
}

export type CpuControlAnswer = CpuControl | { readonly missing: string; readonly mend: string };

const PERIOD_US = 100_000;
/** The kernel takes no quota below one millisecond. */
const LEAST_SHARE = 0.01;

/** From the text of /proc/mounts: where the cpu controller is, whether or not it may be used. Pure. */
export function cpuMounts(mounts: string): CpuControl[] {
  return mounts.split('\n').flatMap((line): CpuControl[] => {
    const [, root, type, options] = line.split(' ');
    if (root === undefined) return [];
    if (type === 'cgroup' && options?.split(',').includes('cpu') === true) return [{ version: 1, root }];
    return type === 'cgroup2' ? [{ version: 2, root }] : [];
  });
}

/** What this machine offers to this user. */
export function findCpuControl(): CpuControlAnswer {
  const mounts = existsSync('/proc/mounts') ? cpuMounts(readFileSync('/proc/mounts', 'utf8')) : [];
  const offering = mounts.filter(({ version, root }) => version === 1 || controllers(root).includes('cpu'));
  const usable = offering.find(({ root }) => writable(root));
  if (usable !== undefined) return usable;
  return offering.length === 0
    ? {
        missing: 'no cgroup with the cpu controller is mounted',
        mend: 'mount cgroup2, on a kernel with CFS bandwidth control',
      }
    : { missing: `${offering[0]?.root} cannot be written`, mend: 'run as root, or have the cpu controller delegated' };
}

function controllers(root: string): string[] {
  const file = join(root, 'cgroup.controllers');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split(' ') : [];
}

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** What to write into a group's files so that it gets `share` processors (0.1: a tenth of one). In order. Pure. */
export function quotaWrites(control: CpuControl, group: string, share: number): { file: string; content: string }[] {
  const quotaUs = Math.round(Math.max(LEAST_SHARE, share) * PERIOD_US);
  const file = (name: string): string => join(control.root, group, name);
  return control.version === 2
    ? [{ file: file('cpu.max'), content: `${quotaUs} ${PERIOD_US}` }]
    : [
        { file: file('cpu.cfs_period_us'), content: String(PERIOD_US) },
        { file: file('cpu.cfs_quota_us'), content: String(quotaUs) },
      ];
}

/** The group of a process under this controller, from its /proc/PID/cgroup. Pure. */
export function groupOf(control: CpuControl, text: string): string {
  for (const line of text.split('\n')) {
    const [, names, ...path] = line.split(':');
    const mine = control.version === 2 ? names === '' : names?.split(',').includes('cpu');
    if (mine === true) return path.join(':');
  }
  return '/';
}

/** A group of our own with a quota. Processes that are put in go back to where they were when it is removed. */
export class CpuQuota {
  readonly #control: CpuControl;
  readonly #group: string;
  readonly #before = new Map<number, string>();

  /** `name` must be unique on the machine. */
  constructor(control: CpuControl, name: string, share: number) {
    this.#control = control;
    this.#group = `hearsay-${name}`;
    mkdirSync(join(control.root, this.#group), { recursive: true });
    if (control.version === 2 && !existsSync(join(control.root, this.#group, 'cpu.max'))) {
      writeFileSync(join(control.root, 'cgroup.subtree_control'), '+cpu');
    }
    for (const { file, content } of quotaWrites(control, this.#group, share)) writeFileSync(file, content);
  }

  add(pid: number): void {
    this.#before.set(pid, groupOf(this.#control, readFileSync(`/proc/${pid}/cgroup`, 'utf8')));
    this.#move(pid, this.#group);
  }

  /** How often the quota held its processes up. */
  throttled(): number {
    const stat = readFileSync(join(this.#control.root, this.#group, 'cpu.stat'), 'utf8');
    return Number(/^nr_throttled (\d+)$/m.exec(stat)?.[1] ?? 0);
  }

  /** Lets every process go and takes the group away. */
  remove(): void {
    for (const [pid, group] of this.#before) {
      if (existsSync(`/proc/${pid}`)) this.#move(pid, group);
    }
    this.#before.clear();
    rmdirSync(join(this.#control.root, this.#group));
  }

  #move(pid: number, group: string): void {
    try {
      writeFileSync(join(this.#control.root, group, 'cgroup.procs'), String(pid));
    } catch (error) {
      // One that has ended needs no moving.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
