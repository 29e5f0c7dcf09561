/** What tests of real processes share: plans, programs made for a test, and a look at what runs on this machine. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { execa } from 'execa';
import { type AnyProtocol, settingsOf } from '../../../impl/protocol.ts';
import { PLAN_FORMAT, PLAN_VERSION, type Plan } from '../../model/plan.ts';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Members that run one protocol on a channel of that name, and that nobody troubles. */
export function planOf(n: number, name: string, protocol: AnyProtocol): Plan {
  return {
    format: PLAN_FORMAT,
    version: PLAN_VERSION,
    seed: 'local',
    members: Array.from({ length: n }, (_, i) => ({ name: `n${i + 1}`, startAtMs: 0 })),
    channels: [
      { name, protocol: protocol.name, settings: { ...settingsOf<object>(protocol.settings, 'quick') } as never },
    ],
    workloads: [],
    operations: [],
    faults: [],
    operationTimeoutMs: 1000,
    closing: { healAtMs: 1, pollEveryMs: 100, deadlineMs: 1 },
    network: { latencyMs: 1, jitterMs: 0 },
  };
}

export const deafEvents = {
  up: () => undefined,
  down: () => undefined,
  reply: () => undefined,
  observe: () => undefined,
  view: () => undefined,
  traffic: () => undefined,
  links: () => undefined,
  failed: () => undefined,
};

export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly program: string;
}

/** Our programs among the processes of this machine; those that have ended and only wait to be noticed are left out. */
export async function programs(): Promise<Process[]> {
  const { stdout } = await execa('/bin/ps', ['-A', '-o', 'pid=,ppid=,stat=,args=']);
  return stdout.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+.*\/(member|guardian)\.m?js/.exec(line);
    if (match === null || match[3]?.startsWith('Z')) return [];
    return [{ pid: Number(match[1]), parent: Number(match[2]), program: match[4] ?? '' }];
  });
}

export async function childrenOf(parent: number): Promise<Process[]> {
  return (await programs()).filter((process) => process.parent === parent);
}

/** Rejects when the condition does not come true within `patienceMs`. */
export async function until(
  condition: () => Promise<boolean> | boolean,
  what: string,
  patienceMs = 50_000,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Makes a program of the code, which may import as the files of this folder do; returns its path, to be removed. */
export async function bundleProgram(file: string, contents: string): Promise<string> {
  // Inside the package, where it finds both the packages and dist/.
  const folder = join(ROOT, 'node_modules', '.cache');
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `${process.pid}-${file}`);
  await build({
    stdin: { resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts', contents },
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    outfile,
    logLevel: 'error',
  });
  return outfile;
}
