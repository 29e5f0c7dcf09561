/** One boot of a lab kernel: from a job to its exit code. Everything of it is in one temporary folder, and goes with it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { UML, UML_LOAD, UML_MODULES, umlArguments, umlMemoryFolder } from './uml.ts';

export interface Job {
  /** The repository, read-only in there. */
  readonly tree: string;
  /** Words of a command that runs in `tree`; LAB_FOLDER in a word stands for the folder that both sides can write. */
  readonly command: readonly string[];
  readonly environment: { readonly [name: string]: string };
  readonly promptly: boolean;
  readonly memoryMb: number;
  readonly limitMs: number;
}

export interface Outcome {
  /** Undefined: it did not come to its end. */
  readonly exitCode: number | undefined;
  /** What went wrong with the machine itself; undefined: nothing. */
  readonly problem: string | undefined;
}

/**
 * Waits for the end of its stdin, which comes with ours however we end; then ends the machine, whose helper threads outlive
 * a kernel that is killed, and removes the folder.
 */
const GUARD = `cat > /dev/null
for entry in /proc/[0-9]*; do
  tr '\\0' '\\n' < "$entry/cmdline" 2> /dev/null | grep -qxF "uml_dir=$1" && kill -KILL "\${entry#/proc/}"
done
rm -rf "$1"`;

/** What the job says comes after it. */
const MARK = '--- lab';
const BOOT_LINES = 40;

export class LabMachine {
  readonly folder: string;
  readonly #guard: ChildProcess;
  #child: ChildProcess | undefined;

  /** Throws where temporary files are in a folder whose name the kernel's command line would split. */
  constructor() {
    if (/\s/.test(tmpdir())) throw new Error(`TMPDIR must be without white space (given: ${tmpdir()})`);
    this.folder = mkdtempSync(join(tmpdir(), 'hearsay-lab-'));
    this.#guard = spawn('sh', ['-c', GUARD, 'guard', this.folder], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
  }

  /** `onLine` gets what the job prints. Never rejects for what the job does. */
  async run(job: Job, onLine: (line: string) => void): Promise<Outcome> {
    const init = join(this.folder, 'init.sh');
    copyFileSync(join(job.tree, 'docker/lab/init.sh'), init);
    chmodSync(init, 0o755);
    writeFileSync(join(this.folder, 'job'), jobScript(job));
    // Should this process be killed, the kernel dies with it.
    const args = ['--pdeathsig', 'KILL', ...(job.promptly ? promptly() : []), UML];
    const child = spawn('setpriv', [...args, ...umlArguments(this.folder, job.memoryMb)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A terminal's Ctrl-C is for us; we end the machine.
      detached: true,
      env: { PATH: process.env.PATH, HOME: this.folder, TMPDIR: umlMemoryFolder(job.memoryMb, this.folder) },
    });
    this.#child = child;
    const awake = job.promptly ? keepAwake() : [];
    const boot: string[] = [];
    let begun = false;
    const hear = (line: string): void => {
      const text = line.replace(/\r/g, '');
      if (begun) onLine(text);
      else if (text === MARK) begun = true;
      else if (boot.length < BOOT_LINES) boot.push(text);
    };
    createInterface({ input: child.stdout }).on('line', hear);
    createInterface({ input: child.stderr }).on('line', (line) => boot.push(line));
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#kill();
    }, job.limitMs);
    const ended = await new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) => resolve(`it ended with ${signal ?? code}`));
    });
    clearTimeout(timer);
    for (const process of awake) process.kill('SIGKILL');
    const file = join(this.folder, 'exit');
    const exitCode = existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
    if (exitCode !== undefined) return { exitCode, problem: undefined };
    if (late) return { exitCode, problem: `it was ended after ${job.limitMs / 60_000} minutes` };
    return { exitCode, problem: `${ended}${begun ? '' : `; it said:\n${boot.join('\n')}`}` };
  }

  /** Nothing of it is left: no process, no file. */
  close(): void {
    this.#kill();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
    this.#guard.stdin?.end();
  }

  /** The kernel, and the processes that stand for its own: each has the folder's name among its arguments. */
  #kill(): void {
    this.#child?.kill('SIGKILL');
    for (const pid of processesNaming(`uml_dir=${this.folder}`)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has just ended.
      }
    }
  }
}

/**
 * Before all other work of the machine, where we may say so: what it does beside must not show as delay of the lab's links.
 * The lab has one processor, so one of this machine's is the most it takes.
 */
function promptly(): readonly string[] {
  const command = ['chrt', '--fifo', '1'];
  const may = spawnSync('chrt', [...command.slice(1), 'true'], { stdio: 'ignore' }).status === 0;
  return may ? command : [];
}

/**
 * One process for each processor that does nothing, and gives way to all others. A processor without work goes to sleep, and
 * a virtual one may be woken some milliseconds late, and with it each timer of the lab.
 */
function keepAwake(): readonly ChildProcess[] {
  const idly = ['--pdeathsig', 'KILL', 'chrt', '--idle', '0', 'sh', '-c', 'while :; do :; done'];
  return Array.from({ length: availableParallelism() }, () => {
    const child = spawn('setpriv', idly, { stdio: 'ignore' });
    // The lab's own process says what is missing.
    child.once('error', () => {});
    return child;
  });
}

/** Processes of this machine that have exactly this argument. */
export function processesNaming(argument: string): number[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      return readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0').includes(argument) ? [Number(entry)] : [];
    } catch {
      // It has just ended, or is another user's.
      return [];
    }
  });
}

/** For the lab's first program, which reads it. */
export function jobScript({ tree, command, environment }: Job): string {
  const words = command.map((word) => quote(word.replaceAll('LAB_FOLDER', '/run/lab')));
  return [
    `TREE=${quote(tree)}`,
    `MODULES=${quote(UML_MODULES)}`,
    `LOAD=${quote(UML_LOAD.join(' '))}`,
    `MARK=${quote(MARK)}`,
    ...Object.entries(environment).map(([name, value]) => `export ${name}=${quote(value)}`),
    `COMMAND=${quote(words.join(' '))}`,
    '',
  ].join('\n');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
