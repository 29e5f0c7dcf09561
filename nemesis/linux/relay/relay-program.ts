/** A relay that runs in a member's namespace, as its starter sees it. */
import { LineProgram } from '../line-program.ts';
import type { RelayFlow } from '../nft-batch.ts';
import type { NamespaceShell } from '../shell.ts';
import type { RelayCommand, RelayReply, RelayRule } from './protocol.ts';

export class RelayProgram {
  readonly #program: LineProgram<RelayCommand, RelayReply>;
  /** The relay's own port for each flow. */
  readonly ports: readonly number[];

  private constructor(program: LineProgram<RelayCommand, RelayReply>, ports: readonly number[]) {
    this.#program = program;
    this.ports = ports;
  }

  /** Starts it and opens its sockets. Throws CommandError. */
  static async start(
    shell: NamespaceShell,
    command: readonly string[],
    seed: string,
    flows: readonly RelayFlow[],
  ): Promise<RelayProgram> {
    const program = new LineProgram<RelayCommand, RelayReply>(shell, command);
    try {
      const { ports } = await program.ask({ type: 'flows', seed, flows }, 'ready');
      return new RelayProgram(program, ports);
    } catch (error) {
      await program.stop();
      throw error;
    }
  }

  get ended(): Promise<string> {
    return this.#program.ended;
  }

  async setRules(rules: readonly RelayRule[]): Promise<void> {
    await this.#program.ask({ type: 'rules', rules }, 'ruled');
  }

  async stop(): Promise<void> {
    await this.#program.stop();
  }
}
