/** What tests of the `netns` cluster ask the machine, and a machine of their own to run it on. */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { execa, type ResultPromise } from 'execa';
import { searchPath } from '../machine-part.ts';
import { lackOf, standingHere } from './machine.ts';

/** undefined: worlds can be made so; else what is missing, which is also said aloud. */
export async function offers(standing: 'root' | 'rootless'): Promise<string | undefined> {
  const lack = await lackOf(standing, process.env);
  if (lack === undefined) return undefined;
  const text = `netns as ${standing} lacks ${lack.name}: ${lack.mend}`;
  console.error(`SKIPPED: ${text}`);
  return text;
}

const HELD = { stdin: 'pipe', stdout: 'pipe', buffer: { stdout: false }, reject: false } as const;

/** Puts there, by sh, what no run may touch: tables, one of a name like ours, a queueing discipline, a link. */
export const FOREIGN = `
set -e
ip link set lo up
ip link add foreign type veth peer name foreigner
ip addr add 192.0.2.1/24 dev foreign
ip link set foreign up
tc qdisc add dev foreign root handle 4ea5: tbf rate 1mbit burst 32kbit latency 400ms
nft -f - <<'END'
table ip hearsay { chain input { type filter hook input priority 0; policy accept; ip saddr 203.0.113.1 drop; } ; }
table inet foreign { set s { type ipv4_addr; elements = { 192.0.2.7 } ; } ; }
END
`;
const HOLD = `${FOREIGN}
echo ready
exec cat > /dev/null
`;

const NETWORK = `
  for command in 'ip -o link' 'ip -o address' 'ip route show table all' 'ip neigh' 'ip netns' 'nft list ruleset' 'tc qdisc show' \
    'cat /proc/sys/net/ipv4/ip_forward'; do echo "$command"; $command; done`;

/** Everything of a network namespace, as text; `prefix` leads into it. `more`: further commands, for sh. */
export async function networkState(prefix: readonly string[], more = ''): Promise<string> {
  const script = `${NETWORK}\n${more}`;
  const [file = '', ...args] = [...prefix, 'env', `PATH=${searchPath(process.env)}`, 'sh', '-c', script];
  return (await execa(file, args)).stdout;
}

/**
 * A machine of a test's own, as far as the network goes: one more namespace, and mounts, in which a run finds the things of others.
 * Nothing that the tests of other files do shows there.
 */
export class TestMachine {
  readonly #held: ResultPromise<typeof HELD>;
  readonly prefix: readonly string[];
  /** In the environment of every process that a run on this machine starts. */
  readonly mark: { readonly [name: string]: string };

  private constructor(held: ResultPromise<typeof HELD>, pid: number, rootless: boolean) {
    this.#held = held;
    const users = rootless ? ['--user', '--preserve-credentials'] : [];
    this.prefix = ['nsenter', '--target', String(pid), ...users, '--net', '--mount', '--'];
    this.mark = { HEARSAY_TEST_MACHINE: `${process.pid}-${pid}` };
  }

  static async create(): Promise<TestMachine> {
    const rootless = (await standingHere(process.env)) === 'rootless';
    const users = rootless ? ['--user', '--map-root-user'] : [];
    const args = [...users, '--net', '--mount', 'sh', '-c', HOLD];
    const held = execa('unshare', args, { ...HELD, env: { PATH: searchPath(process.env) } }) as ResultPromise<
      typeof HELD
    >;
    await Promise.race([
      once(held.stdout, 'data'),
      held.then(({ stderr }) => Promise.reject(new Error(String(stderr)))),
    ]);
    // The shell has taken the place of unshare.
    return new TestMachine(held, held.pid ?? 0, rootless);
  }

  /** Everything that there is on it, as text. */
  state(): Promise<string> {
    return networkState(this.prefix, 'cat /proc/self/mounts');
  }

  /** Processes that were started on it and have not ended. */
  async survivors(): Promise<string[]> {
    const [[name, value] = ['', '']] = Object.entries(this.mark);
    return readdirSync('/proc').flatMap((entry) => {
      if (!/^\d+$/.test(entry)) return [];
      try {
        if (!readFileSync(`/proc/${entry}/environ`, 'utf8').split('\0').includes(`${name}=${value}`)) return [];
        return [`${entry} ${readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ')}`];
      } catch {
        // It has just ended, or is another user's.
        return [];
      }
    });
  }

  async end(): Promise<void> {
    this.#held.stdin.end();
    await this.#held;
  }
}
