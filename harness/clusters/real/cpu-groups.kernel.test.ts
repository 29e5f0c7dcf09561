/** What a run that starves members leaves behind: no cgroup, however it ends. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCpuControl } from '../../../nemesis/linux/cpu.ts';
import { ROOT, until } from './test-context.ts';
import { TestController } from './test-controller.ts';

const control = findCpuControl();
const lack = 'missing' in control ? control.missing : undefined;
if (lack !== undefined) console.warn(`SKIPPED: cgroups of starved members: ${lack}`);

/** Groups of members of any run. */
function groups(): string[] {
  return 'root' in control ? readdirSync(control.root).filter((name) => /^hearsay-[0-9a-f]+-n\d+$/.test(name)) : [];
}

describe.skipIf(lack !== undefined)('a run that starves members', () => {
  let root = '';
  let before: readonly string[] = [];
  const controllers: TestController[] = [];
  const own = (): string[] => groups().filter((name) => !before.includes(name));
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'hearsay-cpu-'));
    before = groups();
  });
  afterAll(() => {
    for (const { process } of controllers) process.kill('SIGKILL');
    rmSync(root, { recursive: true, force: true });
  });
  const start = (time: string): TestController => {
    const flags = ['--cluster', 'local', '--nodes', '4', '--protocol', 'swim', '--time', time, '--cpu', '1%'];
    const controller = new TestController(join(root, `${controllers.length}`), flags);
    controllers.push(controller);
    return controller;
  };

  it('has a group for each of them, and leaves none when it is over', async () => {
    const controller = start('3s');
    await until(() => own().length > 0, 'there is a group', 30_000);
    // A third of four, with a protocol that may ask for too little to be held up.
    expect(own()).toHaveLength(1);
    expect([0, 2], controller.stderr).toContain((await controller.end()).code);
    expect(own()).toEqual([]);
  });

  // As an ordinary user: one that may not write to the machine's cgroups.
  it.skipIf(process.getuid?.() !== 0)('is refused with 69 and one line where no cgroup may be written', async () => {
    const run = join(root, 'refused');
    const user = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, join(ROOT, 'dist', 'cli.js')];
    const flags = ['nemesis', '--cluster', 'local', '--nodes', '4', '--time', '2s', '--cpu', '1%', '--out', run];
    await execa('chmod', ['777', root]);
    const refused = await execa('setpriv', [...user, ...flags], { reject: false, env: { HOME: root } });
    expect(refused.exitCode, refused.stderr).toBe(69);
    expect(refused.stderr).toMatch(/cannot make the planned faults: cpu \(.* cannot be written\); run as root/);
    expect(refused.stderr).not.toContain('    at ');
    const doctor = await execa('setpriv', [...user, 'doctor', '--json'], { reject: false, env: { HOME: root } });
    const { clusters } = JSON.parse(doctor.stdout) as { clusters: { cluster: string; faults: string[] }[] };
    expect(clusters.find(({ cluster }) => cluster === 'local')?.faults).not.toContain('cpu');
    expect(clusters.find(({ cluster }) => cluster === 'sim')?.faults).toContain('cpu');
  });

  it('leaves none when its controller is killed', async () => {
    const controller = start('20s');
    await until(() => controller.history().includes('"kind":"cpu"'), 'members are starved', 60_000);
    expect(own()).toHaveLength(1);
    controller.process.kill('SIGKILL');
    await until(() => own().length === 0, 'the group has gone', 20_000);
  });
});
