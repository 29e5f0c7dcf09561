/** The program that controls a run on real processes, as a test watches it, interrupts it and kills it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { childrenOf, programs, ROOT, until } from './test-context.ts';

export interface ControllerSurroundings {
  /** A command that becomes, by exec, the one that follows it. */
  readonly prefix?: readonly string[] | undefined;
  readonly environment?: { readonly [name: string]: string } | undefined;
  /** What of the run is still there; absent: the children that were seen. */
  survivors?(): Promise<readonly string[]>;
}

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class TestController {
  readonly run: string;
  readonly process: ChildProcess;
  stderr = '';
  readonly #children = new Set<number>();
  readonly #ended: Promise<Ending>;
  readonly #survivors: () => Promise<readonly string[]>;

  constructor(run: string, flags: readonly string[], surroundings: ControllerSurroundings = {}) {
    this.run = run;
    const cli = [process.execPath, join(ROOT, 'dist', 'cli.js'), 'nemesis', '--seed', 'interrupt', '--out', run];
    const [file = '', ...args] = [...(surroundings.prefix ?? []), ...cli, ...flags];
    // A group of its own, as a shell gives its foreground job.
    this.process = spawn(file, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
      env: { ...process.env, ...surroundings.environment },
    });
    this.process.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
    this.#ended = new Promise((resolve) => {
      this.process.on('close', (code, signal) => resolve({ code, signal }));
    });
    this.#survivors =
      surroundings.survivors ??
      (async () => (await programs()).filter(({ pid }) => this.#children.has(pid)).map(({ program }) => program));
  }

  async children(): Promise<number> {
    for (const { pid } of await childrenOf(this.process.pid ?? 0)) this.#children.add(pid);
    return this.#children.size;
  }

  history(): string {
    const path = join(this.run, 'history.jsonl');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  /** To all of its children whose program has that name, behind its back. */
  async signalChildren(program: string, signal: NodeJS.Signals): Promise<void> {
    for (const child of await childrenOf(this.process.pid ?? 0)) {
      if (child.program === program) process.kill(child.pid, signal);
    }
  }

  /** To the whole group, as a terminal does it. Looking for children takes time: those that are known already will do. */
  async signalGroup(signal: NodeJS.Signals): Promise<void> {
    if (this.#children.size === 0) await this.children();
    process.kill(-(this.process.pid ?? 0), signal);
  }

  /** How it ended; rejects when a process of the run outlives it. */
  async end(): Promise<Ending> {
    const ending = await this.#ended;
    await until(async () => (await this.#survivors()).length === 0, 'every process of the run is gone');
    return ending;
  }
}
