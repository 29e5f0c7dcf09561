/**
 * How the harness gets into containers' network namespaces. As root on the engine's own host it enters them; elsewhere
 * (Docker Desktop, a remote engine, no root) a helper container beside each member does what is to be done.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type Docker from 'dockerode';
import { type KernelCapabilities, probeKernel } from '../../../nemesis/linux/capabilities.ts';
import { CommandError, type NamespaceShell, shellOfPid } from '../../../nemesis/linux/shell.ts';
import { programPath } from '../real/program-path.ts';
import { ExecShell } from './exec-shell.ts';
import { SEAT, startHelper } from './helper.ts';
import { FAKETIME_PATH, NODE_PATH, PROGRAM_FOLDER } from './image-files.ts';

export type ReachMode = 'direct' | 'helper';

/** What a first look at an engine has shown. */
export interface Reach {
  readonly mode: ReachMode;
  readonly capabilities: KernelCapabilities;
  /** How a relay is started, as seen from a member's shell. */
  readonly relayCommand: readonly string[];
  /** Files that the harness writes can be seen by members, and their image has libfaketime. */
  readonly turnsClocks: boolean;
}

export const CLOCK_FOLDER = '/clock';

export interface ReachOptions {
  readonly image: string;
  readonly run: string;
  /** Folder of this machine that members are to read their clocks from; undefined: nobody's clock is to be turned. */
  readonly clocks: string | undefined;
  /** absent: direct wherever that can be had. */
  readonly mode?: ReachMode | undefined;
}

/** Looks from inside a container that is made for it and removed again. */
export async function examineReach(engine: Docker, options: ReachOptions): Promise<Reach> {
  const { image, run, clocks } = options;
  const name = `hearsay-${run}-scout`;
  // Where the engine does not see the folder, it takes no container that is to have it.
  const mounts = clocks === undefined ? [] : [clockMount(clocks)];
  const scout = await startHelper(engine, { image, run, name, network: 'none', mounts }).catch((error: unknown) => {
    if (mounts.length === 0) throw error;
    return startHelper(engine, { image, run, name, network: 'none' });
  });
  try {
    const direct = options.mode !== 'helper' && mayEnter(scout.pid, name);
    const inside = new ExecShell(engine, scout.container);
    const capabilities = await probeKernel({ shell: direct ? shellOfPid(scout.pid) : inside, where: 'in-place' });
    return {
      mode: direct ? 'direct' : 'helper',
      capabilities,
      relayCommand: direct ? [process.execPath, programPath('relay.js')] : [NODE_PATH, `${PROGRAM_FOLDER}/relay.js`],
      turnsClocks: clocks !== undefined && (await sees(inside, clocks)),
    };
  } finally {
    await scout.remove();
  }
}

export function clockMount(folder: string): Docker.MountSettings {
  return { Type: 'bind', Source: folder, Target: CLOCK_FOLDER, ReadOnly: true };
}

/** Whether that pid is, on this very machine, the process of the container of that name, and this process is root. */
export function mayEnter(pid: number, name: string): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`${SEAT}=${name}`);
  } catch {
    return false;
  }
}

/** Whether a file that is written here is read there, and libfaketime is there. */
async function sees(inside: NamespaceShell, clocks: string): Promise<boolean> {
  const token = 'scout';
  try {
    writeFileSync(`${clocks}/${token}`, token);
    await inside.run(['sh', '-c', `[ -e ${FAKETIME_PATH} ]`], '');
    return (await inside.run(['cat', `${CLOCK_FOLDER}/${token}`], '')) === token;
  } catch {
    return false;
  } finally {
    rmSync(`${clocks}/${token}`, { force: true });
  }
}

/** Leads into the namespace that a member has at the time; into none while it is down. */
export class MemberShell implements NamespaceShell {
  #current: NamespaceShell | undefined;

  set(shell: NamespaceShell | undefined): void {
    this.#current = shell;
  }

  run(command: readonly string[], stdin: string): Promise<string> {
    if (this.#current === undefined) return Promise.reject(new CommandError(command, 'the member is down'));
    return this.#current.run(command, stdin);
  }

  start(command: readonly string[]): ReturnType<NamespaceShell['start']> {
    if (this.#current === undefined) throw new CommandError(command, 'the member is down');
    return this.#current.start(command);
  }
}
