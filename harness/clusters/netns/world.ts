/**
 * A world: one process in namespaces of its own (network, mounts, processes; where not root, users) that does nothing but
 * hold them until its stdin ends, which it does with the controller. The members' namespaces have their names on a file
 * system that only the world has mounted. With the last process of the world, all of it is gone.
 */
import { execa } from 'execa';
import { type NamespaceShell, prefixShell } from '../../../nemesis/linux/shell.ts';
import { UnavailableError } from '../../model/errors.ts';
import { searchPath } from '../machine-part.ts';
import type { Guard } from '../real/guard.ts';
import { hubBatch, membersScript, namespaceOf } from './star.ts';

/** Says its process id, as the machine knows it, and waits. */
const HOLD = `
set -e
mount -t tmpfs -o mode=755 hearsay /run
mkdir /run/netns
echo 1 > /proc/sys/net/ipv4/ip_forward
read -r pid rest < /proc/self/stat
echo "$pid"
exec cat > /dev/null
`;

function hold(rootless: boolean) {
  const [program, ...rest] = [...unshareCommand(rootless), 'sh', '-c', HOLD];
  return execa(program, rest, {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: { stdout: false },
    reject: false,
    cleanup: false,
    // A session of its own: what a terminal sends to the controller's group does not reach it.
    detached: true,
    env: { PATH: searchPath(process.env) },
  });
}

type Held = ReturnType<typeof hold>;

const PATIENCE_MS = 10_000;
const END_MS = 3000;

export interface WorldOptions {
  /** Number of members. */
  readonly count: number;
  /** In a user namespace of its own: needs no right of root's. */
  readonly rootless: boolean;
  readonly guard: Guard;
}

/** How `unshare` is called for a world. */
export function unshareCommand(rootless: boolean): [string, ...string[]] {
  const users = rootless ? ['--user', '--map-root-user'] : [];
  return ['unshare', ...users, '--net', '--mount', '--pid', '--fork', '--kill-child'];
}

export class World {
  readonly #process: Held;
  readonly #pid: number;
  readonly #rootless: boolean;

  private constructor(process: Held, pid: number, rootless: boolean) {
    this.#process = process;
    this.#pid = pid;
    this.#rootless = rootless;
  }

  /** Rejects with UnavailableError where the machine does not let it, and leaves nothing. */
  static async create({ count, rootless, guard }: WorldOptions): Promise<World> {
    const held = hold(rootless);
    held.stdin.on('error', () => undefined);
    if (held.pid !== undefined) guard.watch(held.pid);
    const pid = await firstLine(held);
    if (pid === undefined) {
      const { stderr, shortMessage } = await end(held);
      const why = (stderr || shortMessage || 'it said nothing').replace(/\s+/g, ' ').trim();
      throw new UnavailableError(
        `no world of network namespaces can be made here: ${why.slice(0, 200)}`,
        undefined,
        'hearsay doctor says what is missing; --cluster local needs none of it',
      );
    }
    const world = new World(held, pid, rootless);
    try {
      await world.shell().run(['ip', '-batch', '-'], hubBatch(count));
      await world.shell().run(['sh', '-s'], membersScript(count));
    } catch (error) {
      await world.end();
      throw error;
    }
    return world;
  }

  /** Of the hub, where members' namespaces have names. */
  shell(): NamespaceShell {
    return prefixShell([...this.#enter(['--target', String(this.#pid), '--net', '--mount']), ...withPath()]);
  }

  /** Of the namespace of the member at this place in the plan; files are the machine's own. */
  memberShell(index: number): NamespaceShell {
    return prefixShell([...this.enterMember(index), ...withPath()]);
  }

  /**
   * What a command is to be preceded by to run in that member's namespace; it does not fork. `mounts`: it sees what only the
   * world has mounted.
   */
  enterMember(index: number, { mounts = false } = {}): [string, ...string[]] {
    const own = mounts ? [`--mount=/proc/${this.#pid}/ns/mnt`] : [];
    return this.#enter([`--net=/proc/${this.#pid}/root/run/netns/${namespaceOf(index)}`, ...own]);
  }

  async end(): Promise<void> {
    await end(this.#process);
  }

  #enter(namespaces: readonly string[]): [string, ...string[]] {
    const users = this.#rootless ? [`--user=/proc/${this.#pid}/ns/user`, '--preserve-credentials'] : [];
    return ['nsenter', ...users, ...namespaces, '--'];
  }
}

/** Administrators' programs are often not on a user's path. */
function withPath(): string[] {
  return ['env', `PATH=${searchPath(process.env)}`];
}

/** undefined: it ended, or said nothing for too long. */
function firstLine(held: Held): Promise<number | undefined> {
  return new Promise((resolve) => {
    const alarm = setTimeout(() => done(undefined), PATIENCE_MS);
    const done = (pid: number | undefined): void => {
      clearTimeout(alarm);
      resolve(pid);
    };
    let said = '';
    held.stdout.setEncoding('utf8');
    held.stdout.on('data', (chunk: string) => {
      said += chunk;
      if (said.includes('\n')) done(Number(said.slice(0, said.indexOf('\n'))));
    });
    void held.then(() => done(undefined));
  });
}

async function end(held: Held) {
  held.stdin.end();
  const alarm = setTimeout(() => held.kill('SIGKILL'), END_MS);
  const result = await held;
  clearTimeout(alarm);
  return result;
}
