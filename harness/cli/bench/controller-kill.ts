/** What is left behind, and for how long, when the controller of a run on real processes is killed outright. */
import { once } from 'node:events';
import { join } from 'node:path';
import { execa, type Subprocess } from 'execa';
import { invariant } from '../../model/errors.ts';
import { cliProgram } from './cli-program.ts';
import { type Figure, median, type Row } from './figure.ts';
import { childrenOf, livingOf, type ProcessEntry } from './process-table.ts';
import { threeDigits } from './table.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const WANTED_MS = 2000;
const LOOK_EVERY_MS = 5;
const PATIENCE_MS = 30_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const isStopped = (entry: ProcessEntry): boolean => entry.state.startsWith('T');

interface Scale {
  readonly members: number;
  readonly repeats: number;
  /** Of the run that is killed: a pause begins in its first half. */
  readonly time: string;
}

const FULL: Scale = { members: 7, repeats: 3, time: '20s' };
const TINY: Scale = { members: 3, repeats: 1, time: '8s' };

/** The controller's children once all members are there and as many as wanted of them are stopped. */
async function awaitMembers(controller: number, members: number, stopped: number): Promise<ProcessEntry[]> {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    const children = childrenOf(controller);
    // One more than the members: the guardian.
    if (children.length > members && children.filter(isStopped).length >= stopped) return children;
    await pause(50);
  }
  throw new Error(`no ${members} members, ${stopped} of them stopped, within ${PATIENCE_MS} ms`);
}

/** ms from the SIGKILL until none of the controller's children lived. Ends all that it started, also when it throws. */
async function killOnce({ members, time }: Scale, stopped: number, directory: string): Promise<number> {
  const flags = ['--cluster', 'local', '--nodes', String(members), '--time', time, '--pause', '--seed', 'bench'];
  const controller: Subprocess = execa(
    process.execPath,
    [cliProgram(), 'nemesis', ...flags, '--out', join(directory, 'run')],
    {
      stdio: 'ignore',
      reject: false,
    },
  );
  const { pid } = controller;
  invariant(pid !== undefined, 'the controller could not be started');
  let children: number[] = [];
  try {
    children = (await awaitMembers(pid, members, stopped)).map((child) => child.pid);
    // Past the first moments, in which the controller is busy with its start.
    if (stopped === 0) await pause(1000);
    invariant(livingOf(children).length === children.length, 'a process was gone before the controller was killed');
    const ended = once(controller, 'exit');
    const started = performance.now();
    process.kill(pid, 'SIGKILL');
    await ended;
    while (livingOf(children).length > 0 && performance.now() - started < PATIENCE_MS) await pause(LOOK_EVERY_MS);
    return performance.now() - started;
  } finally {
    controller.kill('SIGKILL');
    for (const { pid: left } of children.length === 0 ? [] : livingOf(children)) process.kill(left, 'SIGKILL');
  }
}

async function measure(figure: string, scale: Scale, stopped: number, how: string): Promise<Row> {
  const { members, repeats } = scale;
  const times: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    times.push(await inTemporaryFolder((directory) => killOnce(scale, stopped, directory)));
  }
  const all = times.map(threeDigits).join(', ');
  return {
    figure,
    measured: median(times),
    wanted: WANTED_MS,
    unit: 'ms',
    how: `SIGKILL to the controller of ${members} members ${how}, until ps shows none of its children, the guardian included; median of ${all}`,
  };
}

export const controllerKill: Figure = {
  name: 'local-kill',
  doc: 'SIGKILL of the controller, until no process is left',
  async measure(note, size) {
    const scale = size === 'tiny' ? TINY : FULL;
    note('local: the controller is killed');
    const running = await measure('local: controller killed, members run', scale, 0, 'that run');
    note('local: the controller is killed while a member is paused');
    return [running, await measure('local: controller killed, a member paused', scale, 1, 'of which one is stopped')];
  },
};
