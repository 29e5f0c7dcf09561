/** A program of ours inside a namespace that answers each JSON line with one JSON line. */
import { CommandError, type NamespaceShell, type RunningProgram } from './shell.ts';

interface Failed {
  readonly type: 'failed';
  readonly reason: string;
}

export class LineProgram<Command, Reply extends { readonly type: string }> {
  readonly #program: RunningProgram;
  readonly #command: readonly string[];
  readonly #answers: ((reply: Reply | Failed) => void)[] = [];

  constructor(shell: NamespaceShell, command: readonly string[]) {
    this.#command = command;
    this.#program = shell.start(command);
    this.#program.onLine((line) => this.#answers.shift()?.(JSON.parse(line) as Reply | Failed));
  }

  /** Resolves with what it said on stderr, when it has ended, for whatever reason. */
  get ended(): Promise<string> {
    return this.#program.ended;
  }

  /** Answers come in the order of the questions. Throws CommandError when it refuses, ends, or answers something else. */
  async ask<Type extends Reply['type']>(command: Command, expected: Type): Promise<Extract<Reply, { type: Type }>> {
    const reply = await Promise.race([
      new Promise<Reply | Failed>((resolve) => {
        this.#answers.push(resolve);
        this.#program.write(JSON.stringify(command));
      }),
      this.#program.ended.then((said): Failed => ({ type: 'failed', reason: said || 'it has ended' })),
    ]);
    if (reply.type === expected) return reply as Extract<Reply, { type: Type }>;
    throw new CommandError(this.#command, reply.type === 'failed' ? (reply as Failed).reason : `it said ${reply.type}`);
  }

  async stop(): Promise<void> {
    await this.#program.stop();
  }
}
