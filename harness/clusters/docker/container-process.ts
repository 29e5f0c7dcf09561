/** A member as a container: made, attached to and started; lines in, reports out, signals. A handle for one boot. */
import { createWriteStream } from 'node:fs';
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import type Docker from 'dockerode';
import type { ControllerCommand } from '../../node/control.ts';
import { ReportReader } from '../real/report-reader.ts';
import type { MemberEvents, MemberHandle } from '../real/site.ts';
import { reasonOf, statusOf } from './engine.ts';

/** What an engine's `wait` answers for a process that a signal ended: 128 and the signal's number. */
const SIGNALS: ReadonlyMap<number, string> = new Map([
  [132, 'SIGILL'],
  [133, 'SIGTRAP'],
  [134, 'SIGABRT'],
  [135, 'SIGBUS'],
  [136, 'SIGFPE'],
  [137, 'SIGKILL'],
  [139, 'SIGSEGV'],
  [143, 'SIGTERM'],
]);
/** An address is free again only a moment after its last owner has ended. */
const ADDRESS_PATIENCE_MS = 10_000;
const ADDRESS_RETRY_MS = 50;
/** The engine tells of an end only after it has cleaned up behind it. */
const GOING_MS = 3000;

export interface StartedContainer {
  readonly container: Docker.Container;
  /** As the engine's host sees it. */
  readonly pid: number;
  /** By the wall clock of the engine's host, ms. */
  readonly startedAtMs: number;
}

export interface ContainerHooks {
  /** The process is about to be started. */
  starting(): void;
  /** The process runs, its protocols do not yet. Commands are held until it resolves. */
  started(started: StartedContainer): Promise<void>;
  /** It is about to be told to end, or to be killed; a kill waits until it resolves. Does not reject. */
  ending(): Promise<void>;
}

interface Running {
  /** Resolves when it has ended and all it wrote has been reported: to how it ended. */
  readonly ending: Promise<string>;
}

type Signal = 'SIGKILL' | 'SIGSTOP' | 'SIGCONT';

export class ContainerProcess implements MemberHandle {
  /** The guardian hears of the process from whoever started the container. */
  readonly pid = undefined;
  readonly ended: Promise<void>;
  readonly #log: ReturnType<typeof createWriteStream>;
  readonly #pending: string[] = [];
  readonly #hooks: ContainerHooks;
  #input: NodeJS.WritableStream | undefined;
  #container: Docker.Container | undefined;
  /** Signals follow each other; none is sent before the process runs. */
  #signals: Promise<void>;
  #over = false;
  #killed = false;

  /** What it writes on stderr is added to `logFile`. */
  constructor(
    engine: Docker,
    options: Docker.ContainerCreateOptions,
    logFile: string,
    events: MemberEvents,
    hooks: ContainerHooks,
  ) {
    this.#hooks = hooks;
    this.#log = createWriteStream(logFile, { flags: 'a' });
    this.#log.on('error', () => undefined);
    const starting = this.#start(engine, options, events, hooks);
    this.#signals = starting.then(
      () => undefined,
      () => undefined,
    );
    this.ended = this.#end(starting, events);
  }

  send(command: ControllerCommand): void {
    if (command.type === 'stop') void this.#hooks.ending();
    const line = `${JSON.stringify(command)}\n`;
    if (this.#input === undefined) this.#pending.push(line);
    else if (this.#input.writable && !this.#over) this.#input.write(line);
  }

  signal(signal: Signal): void {
    if (signal === 'SIGKILL') this.#killed = true;
    this.#signals = this.#signals.then(() => this.#deliver(signal));
  }

  /** Whether it has ended, or does so within a moment. */
  async isGone(): Promise<boolean> {
    let alarm: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      alarm = setTimeout(resolve, GOING_MS);
    });
    await Promise.race([this.ended, late]);
    clearTimeout(alarm);
    return this.#over;
  }

  /** Resolves once it runs and hears commands. */
  async #start(
    engine: Docker,
    options: Docker.ContainerCreateOptions,
    events: MemberEvents,
    hooks: ContainerHooks,
  ): Promise<Running> {
    const container = await engine.createContainer(options);
    try {
      // Asked before it runs, so that an end however early is not missed.
      const exit = container.wait({ condition: 'next-exit' }) as Promise<{ readonly StatusCode: number }>;
      exit.catch(() => undefined);
      const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true });
      const written = this.#read(engine, stream, events);
      hooks.starting();
      await this.#run(container);
      this.#container = container;
      const ending = exit.then(async ({ StatusCode: code }) => {
        await written;
        return SIGNALS.get(code) ?? `exit code ${code}`;
      });
      ending.catch(() => undefined);
      const { State: state } = await container.inspect();
      // One that has ended already has nothing to be prepared.
      if (state.Running && !this.#killed) {
        await hooks.started({ container, pid: state.Pid, startedAtMs: Date.parse(state.StartedAt) });
      }
      for (const line of this.#pending) stream.write(line);
      this.#pending.length = 0;
      this.#input = stream;
      return { ending };
    } catch (error) {
      await container.remove({ force: true }).catch(() => undefined);
      throw error;
    }
  }

  async #run(container: Docker.Container): Promise<void> {
    const deadline = Date.now() + ADDRESS_PATIENCE_MS;
    for (;;) {
      try {
        await container.start();
        return;
      } catch (error) {
        if (!/address already in use/i.test(reasonOf(error)) || Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, ADDRESS_RETRY_MS));
      }
    }
  }

  /** Resolves when all that was written has been reported. */
  #read(engine: Docker, stream: NodeJS.ReadWriteStream, events: MemberEvents): Promise<unknown> {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const reader = new ReportReader(events);
    stdout.setEncoding('utf8');
    stdout.on('data', (chunk: string) => reader.push(chunk));
    stderr.on('data', (chunk: Buffer) => this.#log.write(chunk));
    engine.modem.demuxStream(stream, stdout, stderr);
    const close = (): void => {
      stdout.end();
      stderr.end();
    };
    for (const event of ['end', 'close', 'error']) stream.on(event, close);
    return Promise.allSettled([finished(stdout), finished(stderr)]);
  }

  async #end(starting: Promise<Running>, events: MemberEvents): Promise<void> {
    let ending: string;
    try {
      const running = await starting;
      ending = await running.ending;
    } catch (error) {
      ending = `its container: ${reasonOf(error)}`;
    }
    this.#over = true;
    this.#log.end();
    events.ended(ending);
  }

  async #deliver(signal: Signal): Promise<void> {
    if (this.#over || this.#container === undefined) return;
    if (signal === 'SIGKILL') await this.#hooks.ending();
    try {
      await this.#container.kill({ signal });
    } catch (error) {
      // 404, 409: it has ended in the meantime.
      const status = statusOf(error);
      if (status !== 404 && status !== 409) this.#log.write(`hearsay: ${signal} was refused: ${reasonOf(error)}\n`);
    }
  }
}
