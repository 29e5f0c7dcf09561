/**
 * Disk full for one member: its state lies on a small file system of its own, in memory, which a ballast fills. The shell
 * leads into the member's mount namespace.
 */
import { CommandError, type NamespaceShell } from './shell.ts';

const BALLAST = '.hearsay-ballast';
const SOURCE = 'hearsay-state';

export function mountCommand(directory: string, bytes: number): string[] {
  return ['mount', '-t', 'tmpfs', '-o', `size=${bytes},mode=700,nosuid,nodev,noexec`, SOURCE, directory];
}

export class SmallDisk {
  readonly #shell: NamespaceShell;
  readonly #directory: string;

  private constructor(shell: NamespaceShell, directory: string) {
    this.#shell = shell;
    this.#directory = directory;
  }

  /** What is in the directory is hidden as long as the disk is there. Throws CommandError. */
  static async mount(shell: NamespaceShell, directory: string, bytes: number): Promise<SmallDisk> {
    await shell.run(mountCommand(directory, bytes), '');
    return new SmallDisk(shell, directory);
  }

  /** From here every write that needs room fails with ENOSPC. Idempotent. */
  async fill(): Promise<void> {
    // cat fails, since that is what it is for; whether the disk is full is asked of the disk.
    await this.#shell.run(['sh', '-c', 'cat /dev/zero >>"$1" 2>/dev/null || true', 'sh', this.#ballast()], '');
    const free = await this.freeBytes();
    if (free > 0) throw new CommandError(['fill', this.#directory], `${free} bytes are still free`);
  }

  /** Room again. Idempotent. */
  async free(): Promise<void> {
    await this.#shell.run(['rm', '-f', this.#ballast()], '');
  }

  async freeBytes(): Promise<number> {
    const shown = await this.#shell.run(['df', '--output=avail', '-B1', this.#directory], '');
    return Number(shown.trim().split('\n').at(-1));
  }

  /** What was written to it is gone. */
  async unmount(): Promise<void> {
    await this.#shell.run(['umount', this.#directory], '');
  }

  #ballast(): string {
    return `${this.#directory}/${BALLAST}`;
  }
}
