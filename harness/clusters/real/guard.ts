/** The controller's end of the guardian: tells it who lives, and sends it away when all is over. */
import { execa, type ResultPromise } from 'execa';
import { programPath } from './program-path.ts';

const OPTIONS = {
  stdin: 'pipe',
  stdout: 'ignore',
  stderr: 'ignore',
  buffer: false,
  reject: false,
  cleanup: false,
  // A session of its own: what is sent to the controller's group does not reach it.
  detached: true,
} as const;

export class Guard {
  readonly #process: ResultPromise<typeof OPTIONS>;

  constructor() {
    this.#process = execa(process.execPath, [programPath('guardian.js')], OPTIONS);
    this.#process.stdin.on('error', () => undefined);
  }

  watch(pid: number): void {
    this.#process.stdin.write(`+${pid}\n`);
  }

  release(pid: number): void {
    this.#process.stdin.write(`-${pid}\n`);
  }

  /** An absolute path, removed with all in it at the end. */
  ownDirectory(path: string): void {
    this.#process.stdin.write(`${path}\n`);
  }

  /** The folder of a cgroup, removed at the end, when those that are watched are no longer in it. */
  ownGroup(folder: string): void {
    this.#process.stdin.write(`#${folder}\n`);
  }

  /** A call of the `hearsay` command that it makes when the controller has died; not when `end` was called. */
  afterDeath(call: readonly string[]): void {
    this.#process.stdin.write(`!${JSON.stringify(call)}\n`);
  }

  /** It kills what it still watches, and ends. */
  async end(): Promise<void> {
    this.#process.stdin.end('.\n');
    await this.#process;
  }
}
