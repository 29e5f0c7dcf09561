/** One process that runs a member's program: lines in, reports out, signals. Knows nothing of plans and lives. */
import { execa } from 'execa';
import type { ControllerCommand, MemberReport } from '../../node/control.ts';
import { LineSplitter } from '../../node/line-splitter.ts';

export interface MemberProcessEvents {
  report(report: MemberReport): void;
  /** It is gone, and everything it wrote has been reported. `ending`: `exit code 1`, `SIGKILL`, ... */
  ended(ending: string): void;
  /** It wrote what is no report. */
  garbled(line: string): void;
}

export class MemberProcess {
  readonly #process: ReturnType<typeof launch>;
  readonly ended: Promise<void>;

  /** What it writes on stderr is added to `logFile`. */
  constructor(program: string, logFile: string, events: MemberProcessEvents) {
    this.#process = launch(program, logFile);
    const splitter = new LineSplitter();
    this.#process.stdin.on('error', () => undefined);
    this.#process.stdout.setEncoding('utf8');
    this.#process.stdout.on('data', (chunk: string) => {
      for (const line of splitter.push(chunk)) {
        const report = parse(line);
        if (report === undefined) events.garbled(line);
        else events.report(report);
      }
    });
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

  /** undefined: it could not be started. */
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

function launch(program: string, logFile: string) {
  return execa(process.execPath, [program], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: { file: logFile, append: true },
    buffer: false,
    reject: false,
    cleanup: false,
    // A session of its own: a terminal's Ctrl-C is for the controller, also while a member is only just starting.
    detached: true,
    extendEnv: false,
    env: memberEnvironment(),
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

function parse(line: string): MemberReport | undefined {
  try {
    const report = JSON.parse(line) as MemberReport | null;
    return typeof report?.type === 'string' ? report : undefined;
  } catch {
    return undefined;
  }
}
