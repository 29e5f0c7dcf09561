/** A member as a process of this machine: lines in, reports out, signals. Knows nothing of plans and lives. */
import { execa } from 'execa';
import type { ControllerCommand } from '../../node/control.ts';
import { ReportReader } from './report-reader.ts';
import type { MemberEvents, MemberHandle } from './site.ts';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** Added to the controller's own environment. */
  readonly environment?: { readonly [name: string]: string } | undefined;
}

/** The member's program run by this very Node. */
export function nodeCommand(program: string): Command {
  return { file: process.execPath, args: [program] };
}

export class MemberProcess implements MemberHandle {
  readonly #process: ReturnType<typeof launch>;
  readonly ended: Promise<void>;

  /** What it writes on stderr is added to `logFile`. The command must become the member, by exec, not start it. */
  constructor(command: Command, logFile: string, events: MemberEvents) {
    this.#process = launch(command, logFile);
    const reader = new ReportReader(events);
    this.#process.stdin.on('error', () => undefined);
    this.#process.stdout.setEncoding('utf8');
    this.#process.stdout.on('data', (chunk: string) => reader.push(chunk));
    let over = false;
    this.ended = new Promise((resolve) => {
      const end = (ending: string): void => {
        if (over) return;
        over = true;
        events.ended(ending);
        resolve();
      };
      this.#process.on('close', (code, signal) => end(signal ?? `exit code ${code}`));
      // What could not be started at all closes nothing.
      void this.#process.then((result) => {
        if (this.pid === undefined) end(result.originalMessage ?? 'it could not be started');
      });
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  send(command: ControllerCommand): void {
    if (this.#process.stdin.writable) this.#process.stdin.write(`${JSON.stringify(command)}\n`);
  }

  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.kill(signal);
  }
}

function launch({ file, args, environment }: Command, logFile: string) {
  return execa(file, args, {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: { file: logFile, append: true },
    buffer: false,
    reject: false,
    cleanup: false,
    // A session of its own: a terminal's Ctrl-C is for the controller, also while a member is only just starting.
    detached: true,
    extendEnv: false,
    env: { ...memberEnvironment(), ...environment },
  });
}

/** What the controller is run with (a debugger's port, a coverage tool's hooks) is not meant for its members. */
function memberEnvironment(): { [name: string]: string } {
  const environment: { [name: string]: string } = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && name !== 'NODE_OPTIONS' && name !== 'NODE_V8_COVERAGE') environment[name] = value;
  }
  return environment;
}
