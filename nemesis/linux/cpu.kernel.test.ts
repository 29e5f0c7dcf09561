import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CpuControl, CpuGroup, cpuMounts, findCpuControl, groupOf, quotaWrites } from './cpu.ts';
import { MEASURED } from './test-context.ts';

const V1: CpuControl = { version: 1, root: '/sys/fs/cgroup/cpu' };
const V2: CpuControl = { version: 2, root: '/sys/fs/cgroup' };

describe('CPU quotas as text', () => {
  it('finds the cpu controller among the mounts, of either version', () => {
    const mounts = `tmpfs /sys/fs/cgroup tmpfs rw 0 0
cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0
cgroup /sys/fs/cgroup/cpuset cgroup rw,relatime,cpuset 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0
`;
    expect(cpuMounts(mounts)).toEqual([
      { version: 1, root: '/sys/fs/cgroup/cpu,cpuacct' },
      { version: 2, root: '/sys/fs/cgroup/unified' },
    ]);
    expect(cpuMounts('')).toEqual([]);
  });

  it('writes a quota of each hundred milliseconds, never below what the kernel takes', () => {
    expect(quotaWrites(V2, 'g', 0.25)).toEqual([{ file: '/sys/fs/cgroup/g/cpu.max', content: '25000 100000' }]);
    expect(quotaWrites(V2, 'g', undefined)).toEqual([{ file: '/sys/fs/cgroup/g/cpu.max', content: 'max 100000' }]);
    expect(quotaWrites(V1, 'g', undefined)[1]?.content).toBe('-1');
    expect(quotaWrites(V1, 'g', 0.0001)).toEqual([
      { file: '/sys/fs/cgroup/cpu/g/cpu.cfs_period_us', content: '100000' },
      { file: '/sys/fs/cgroup/cpu/g/cpu.cfs_quota_us', content: '1000' },
    ]);
  });

  it('knows where a process was', () => {
    const text = '4:cpuset:/a\n3:cpu,cpuacct:/b:c\n0::/d\n';
    expect(groupOf(V1, text)).toBe('/b:c');
    expect(groupOf(V2, text)).toBe('/d');
  });
});

const control = findCpuControl();
const missing = 'missing' in control ? control : undefined;
if (missing !== undefined) console.warn(`SKIPPED: CPU quota: ${missing.missing}; ${missing.mend}`);

/** CPU time of a process so far, in clock ticks of 10 ms. */
function ticks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

describe.skipIf(missing !== undefined)('a CPU quota on this machine', MEASURED, () => {
  it('holds a busy process to its share, lets it go again, and leaves no group', async () => {
    if ('missing' in control) throw new Error(control.missing);
    const name = `test-${process.pid}`;
    const busy = spawn(process.execPath, ['-e', 'console.log(1); for (;;) {}'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      await once(busy.stdout, 'data');
      const pid = busy.pid ?? 0;
      const before = groupOf(control, readFileSync(`/proc/${pid}/cgroup`, 'utf8'));
      const group = new CpuGroup(control, name);
      try {
        group.add(pid);
        expect(group.throttled()).toBe(0);
        group.limit(0.1);
        const [from, fromMs] = [ticks(pid), performance.now()];
        await expect.poll(() => group.throttled(), { timeout: 30_000 }).toBeGreaterThan(10);
        // Whatever else the machine does, it can only be less; one period's quota may be half spent at either end.
        const share = ((ticks(pid) - from) * 10) / (performance.now() - fromMs);
        expect(share).toBeLessThan(0.15);
        group.limit(undefined);
        const free = ticks(pid);
        // Under the quota this takes ten seconds, without it one.
        await expect.poll(() => ticks(pid) - free, { timeout: 30_000 }).toBeGreaterThan(100);
      } finally {
        group.remove();
      }
      expect(existsSync(join(control.root, `hearsay-${name}`))).toBe(false);
      expect(groupOf(control, readFileSync(`/proc/${pid}/cgroup`, 'utf8'))).toBe(before);
    } finally {
      busy.kill('SIGKILL');
    }
  });
});
