/**
 * CPU starvation: a process may use only so much of a processor, by a cgroup's quota. (A container's quota is its engine's
 * business.) And how a process finds out how often its own group was held up.
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

/**
 * What to write into a group's files so that it gets `share` processors (0.1: a tenth of one), or all it wants where there
 * is none. In order. Pure.
 */
export function quotaWrites(
  control: CpuControl,
  group: string,
  share: number | undefined,
): { file: string; content: string }[] {
  const quotaUs = share === undefined ? undefined : Math.round(Math.max(LEAST_SHARE, share) * PERIOD_US);
  const file = (name: string): string => join(control.root, group, name);
  return control.version === 2
    ? [{ file: file('cpu.max'), content: `${quotaUs ?? 'max'} ${PERIOD_US}` }]
    : [
        { file: file('cpu.cfs_period_us'), content: String(PERIOD_US) },
        { file: file('cpu.cfs_quota_us'), content: String(quotaUs ?? -1) },
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

/** How often quotas have held up the group that this process is in; undefined: the kernel does not say. */
export function throttledPeriods(): number | undefined {
  try {
    const groups = readFileSync('/proc/self/cgroup', 'utf8');
    for (const control of cpuMounts(readFileSync('/proc/mounts', 'utf8'))) {
      // A container may see nothing of the hierarchy but its own group, in the place of the root.
      for (const group of [groupOf(control, groups), '/']) {
        const count = throttledIn(join(control.root, group));
        if (count !== undefined) return count;
      }
    }
  } catch {
    // No /proc: not Linux.
  }
  return undefined;
}

/** undefined: that group has no quota to be held up by. */
function throttledIn(folder: string): number | undefined {
  try {
    const count = /^nr_throttled (\d+)$/m.exec(readFileSync(join(folder, 'cpu.stat'), 'utf8'))?.[1];
    return count === undefined ? undefined : Number(count);
  } catch {
    return undefined;
  }
}

/** A group of our own, without a quota at first. Processes that are put in stay until they end, or until it is removed. */
export class CpuGroup {
  readonly #control: CpuControl;
  readonly #group: string;
  readonly #before = new Map<number, string>();

  /** `name` must be unique on the machine. */
  constructor(control: CpuControl, name: string) {
    this.#control = control;
    this.#group = `hearsay-${name}`;
    mkdirSync(this.folder, { recursive: true });
    if (control.version === 2 && !existsSync(join(this.folder, 'cpu.max'))) {
      writeFileSync(join(control.root, 'cgroup.subtree_control'), '+cpu');
    }
  }

  get folder(): string {
    return join(this.#control.root, this.#group);
  }

  add(pid: number): void {
    try {
      this.#before.set(pid, groupOf(this.#control, readFileSync(`/proc/${pid}/cgroup`, 'utf8')));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    this.#move(pid, this.#group);
  }

  /** Leaves its processes together this share of one processor; undefined: all that there is. */
  limit(share: number | undefined): void {
    for (const { file, content } of quotaWrites(this.#control, this.#group, share)) writeFileSync(file, content);
  }

  /** How often the quota held its processes up. */
  throttled(): number {
    return throttledIn(this.folder) ?? 0;
  }

  /** Lets every process go and takes the group away. Idempotent. */
  remove(): void {
    for (const [pid, group] of this.#before) {
      if (existsSync(`/proc/${pid}`)) this.#move(pid, group);
    }
    this.#before.clear();
    if (existsSync(this.folder)) rmdirSync(this.folder);
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
