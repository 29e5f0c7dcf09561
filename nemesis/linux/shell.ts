/** Running commands inside a network namespace, whoever holds the key to it. */
import { createInterface } from 'node:readline';
import { execa } from 'execa';

/** A command failed: one line, with what was run and what it said. */
export class CommandError extends Error {
  constructor(command: readonly string[], said: string) {
    const text = said.replace(/\s+/g, ' ').trim();
    super(`${command.join(' ')}: ${text === '' ? 'failed without a word' : text.slice(0, 400)}`);
    this.name = 'CommandError';
  }
}

/** A program that goes on running beside us; it ends by itself when its stdin ends, so it never outlives its starter. */
export interface RunningProgram {
  readonly pid: number | undefined;
  /** Adds the line's end. */
  write(line: string): void;
  /** One callback, for each line of its stdout; lines from before are not repeated. */
  onLine(callback: (line: string) => void): void;
  /** Resolves when it has ended, with what it said on stderr. Never rejects. */
  readonly ended: Promise<string>;
  /** Ends its stdin and waits for its end; kills it when that takes too long. */
  stop(): Promise<void>;
}

export interface NamespaceShell {
  /** Runs it to its end, with `stdin` as its whole input; resolves with its stdout. Throws CommandError. */
  run(command: readonly string[], stdin: string): Promise<string>;
  start(command: readonly string[]): RunningProgram;
}

// Every command is `detached`, in a session of its own: a terminal's Ctrl-C is for the controller, which ends in order.
const STOP_MS = 2000;
/** No command of ours takes long; one that hangs must not hold a run for ever. */
const RUN_MS = 20_000;

/** Any command prefix that leads into the namespace (`ip netns exec NAME`). Empty: we are already inside. */
export function prefixShell(prefix: readonly string[]): NamespaceShell {
  return {
    run: async (command, stdin) => {
      const [program, ...rest] = [...prefix, ...command];
      if (program === undefined) throw new CommandError(command, 'no command');
      const result = await execa(program, rest, { input: stdin, reject: false, timeout: RUN_MS, detached: true });
      if (!result.failed) return result.stdout;
      throw new CommandError(command, result.stderr || result.stdout || (result.shortMessage ?? ''));
    },
    start: (command) => startProgram([...prefix, ...command]),
  };
}

export function hereShell(): NamespaceShell {
  return prefixShell([]);
}

/** `user`: the namespace belongs to a user namespace (rootless), which has to be entered too. */
export function shellOfPid(pid: number, options: { readonly user?: boolean } = {}): NamespaceShell {
  const user = options.user === true ? ['--user', '--preserve-credentials'] : [];
  return prefixShell(['nsenter', '--target', String(pid), ...user, '--net', '--']);
}

function startProgram(command: readonly string[]): RunningProgram {
  const [program, ...rest] = command;
  if (program === undefined) throw new CommandError(command, 'no command');
  const child = execa(program, rest, {
    stdin: 'pipe',
    reject: false,
    detached: true,
    buffer: { stdout: false, stderr: true },
  });
  // A program that has died takes no more lines: `ended` tells, and not an unhandled error.
  child.stdin.on('error', () => {});
  const ended = child.then(({ failed, stderr, signal, exitCode, shortMessage }) => {
    if (!failed) return '';
    // What execa says of it would repeat the whole command.
    const how = signal === undefined ? (exitCode === undefined ? shortMessage : `exit code ${exitCode}`) : signal;
    return stderr || how || 'it ended';
  });
  let callback: (line: string) => void = () => {};
  createInterface({ input: child.stdout }).on('line', (line) => callback(line));
  return {
    pid: child.pid,
    write: (line) => void child.stdin.write(`${line}\n`),
    onLine: (given) => {
      callback = given;
    },
    ended,
    stop: async () => {
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}
