import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { jobScript, LabMachine, processesNaming } from './machine.ts';
import { umlArguments } from './uml.ts';

const JOB = {
  tree: "/a tree's",
  command: ['node', 'it isn’t', "--file=LAB_FOLDER/it's", '$HOME'],
  environment: { GIVEN: 'a $b' },
  promptly: false,
  memoryMb: 64,
  limitMs: 1000,
};

describe('a lab machine', () => {
  it('hands its job over, whatever signs are in its words', async () => {
    const script = `${jobScript(JOB)}\nnode() { for word; do echo "$word"; done; }\neval "$COMMAND"\necho "$TREE $GIVEN"`;
    const { stdout } = await execa('sh', ['-c', script]);
    expect(stdout.split('\n')).toEqual(['it isn’t', "--file=/run/lab/it's", '$HOME', "/a tree's a $b"]);
  });

  it('boots from read-only files, with the folder for its first program', () => {
    const words = umlArguments('/tmp/x', 64);
    expect(words).toContain('init=/tmp/x/init.sh');
    expect(words).toContain('ro');
    expect(words).toContain('LAB=/tmp/x');
  });

  it('leaves no folder and no process behind, and no other process is touched', async () => {
    const machine = new LabMachine();
    const start = (argument: string): Promise<unknown> & { pid: number } => {
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', argument], { stdio: 'ignore' });
      const ended = new Promise((resolve) => child.once('close', (_, signal) => resolve(signal)));
      return Object.assign(ended, { pid: child.pid ?? 0 });
    };
    const ours = start(`uml_dir=${machine.folder}`);
    const foreign = start(`uml_dir=${machine.folder}-other`);
    await expect.poll(() => processesNaming(`uml_dir=${machine.folder}`)).toEqual([ours.pid]);
    machine.close();
    expect(await ours).toBe('SIGKILL');
    expect(existsSync(machine.folder)).toBe(false);
    expect(processesNaming(`uml_dir=${machine.folder}-other`)).toEqual([foreign.pid]);
    process.kill(foreign.pid, 'SIGKILL');
    await foreign;
  });
});
