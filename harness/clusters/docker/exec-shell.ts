/** Commands inside a running container, as its root: the way into a network namespace that the container shares. */

import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import type Docker from 'dockerode';
import { CommandError, type NamespaceShell, type RunningProgram } from '../../../nemesis/linux/shell.ts';
import { reasonOf } from './engine.ts';

const RUN_MS = 20_000;
const STOP_MS = 2000;

interface Execution {
  readonly exec: Docker.Exec;
  readonly stdin: NodeJS.WritableStream & { destroy(): void };
  readonly stdout: PassThrough;
  readonly stderr: PassThrough;
  /** Both have ended. */
  readonly read: Promise<unknown>;
}

export class ExecShell implements NamespaceShell {
  readonly #engine: Docker;
  readonly #container: Docker.Container;

  constructor(engine: Docker, container: Docker.Container) {
    this.#engine = engine;
    this.#container = container;
  }

  async run(command: readonly string[], stdin: string): Promise<string> {
    try {
      const execution = await this.#execute(command);
      const [stdout, stderr] = [collect(execution.stdout), collect(execution.stderr)];
      const alarm = setTimeout(() => execution.stdin.destroy(), RUN_MS);
      execution.stdin.end(stdin);
      await execution.read;
      clearTimeout(alarm);
      const { ExitCode: code, Running: running } = await execution.exec.inspect();
      if (running) throw new CommandError(command, `still running after ${RUN_MS / 1000} s`);
      if (code === 0) return stdout().trimEnd();
      throw new CommandError(command, stderr() || stdout() || `exit code ${code}`);
    } catch (error) {
      throw error instanceof CommandError ? error : new CommandError(command, reasonOf(error));
    }
  }

  start(command: readonly string[]): RunningProgram {
    const executing = this.#execute(command);
    let callback: (line: string) => void = () => undefined;
    const ended = executing.then(
      async ({ stdout, stderr, read }) => {
        const said = collect(stderr);
        createInterface({ input: stdout }).on('line', (line) => callback(line));
        await read;
        return said();
      },
      (error: unknown) => reasonOf(error),
    );
    // One after the other, and none before there is somebody to read it.
    let writing: Promise<void> = Promise.resolve();
    const afterwards = (action: (execution: Execution) => void): void => {
      writing = writing.then(async () => action(await executing)).catch(() => undefined);
    };
    return {
      pid: undefined,
      write: (line) => afterwards(({ stdin }) => stdin.write(`${line}\n`)),
      onLine: (given) => {
        callback = given;
      },
      ended,
      stop: async () => {
        afterwards(({ stdin }) => stdin.end());
        // An engine cannot kill what it executes; cut off, a program of ours ends by itself.
        const alarm = setTimeout(() => afterwards(({ stdin }) => stdin.destroy()), STOP_MS);
        await ended;
        clearTimeout(alarm);
      },
    };
  }

  async #execute(command: readonly string[]): Promise<Execution> {
    const exec = await this.#container.exec({
      Cmd: [...command],
      User: '0:0',
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
    });
    const stream = await exec.start({ hijack: true, stdin: true });
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    this.#engine.modem.demuxStream(stream, stdout, stderr);
    const close = (): void => {
      stdout.end();
      stderr.end();
    };
    for (const event of ['end', 'close', 'error']) stream.on(event, close);
    const read = Promise.allSettled([finished(stdout), finished(stderr)]);
    return { exec, stdin: stream, stdout, stderr, read };
  }
}

function collect(stream: PassThrough): () => string {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
}
