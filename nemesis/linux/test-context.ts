/**
 * For the kernel tests: members in network namespaces of their own on a routed star, without root where user namespaces
 * are allowed. Addresses are of 198.18.0.0/15, nothing leads out, and all is gone when its programs' stdin ends.
 */
import { fileURLToPath } from 'node:url';
import { type CalibrationOptions, calibrate, type LinkMeasure } from './calibrate.ts';
import type { KernelCapabilities } from './capabilities.ts';
import type { LinkMember, LinkRule } from './link-rule.ts';
import { MemberNetwork } from './member-network.ts';
import { hereShell, type NamespaceShell, type RunningProgram, shellOfPid } from './shell.ts';

export const PROBE_PORT = 7999;
const TRIES = 3;
/**
 * For tests that measure a machine which may have other things to do: what it finds wrong is measured a second time, which
 * the reporter shows. What is wrong stays wrong.
 */
export const MEASURED = { retry: 1 } as const;
const dist = (program: string): string => fileURLToPath(new URL(`../../dist/${program}`, import.meta.url));
const RELAY_COMMAND = [process.execPath, dist('relay.js')];
export const PROBE_COMMAND = [process.execPath, dist('probe.js')];

export interface TestMember {
  readonly member: LinkMember;
  readonly shell: NamespaceShell;
  readonly network: MemberNetwork;
}

/** One that knows nothing of what an earlier one left in the namespace. */
export function testNetwork(
  self: LinkMember,
  members: readonly LinkMember[],
  shell: NamespaceShell,
  capabilities: KernelCapabilities,
): MemberNetwork {
  return new MemberNetwork({
    self,
    members,
    device: 'eth0',
    shell,
    capabilities,
    seed: 'kernel-test',
    relayCommand: RELAY_COMMAND,
    probePort: PROBE_PORT,
  });
}

/** Makes namespaces as an ordinary user would, else as root; undefined, with the reason told, where neither may. */
export async function standing(): Promise<'rootless' | 'root' | undefined> {
  const said: string[] = [];
  for (const kind of ['rootless', 'root'] as const) {
    try {
      await hereShell().run([...unshare(kind), 'ip', 'link', 'set', 'lo', 'up'], '');
      return kind;
    } catch (error) {
      said.push((error as Error).message);
    }
  }
  console.warn(`SKIPPED: kernel tests need root or user namespaces, and iproute2 (${said.join('; ')})`);
  return undefined;
}

function unshare(kind: 'rootless' | 'root'): string[] {
  return kind === 'root' ? ['unshare', '--net'] : ['unshare', '--user', '--map-root-user', '--net'];
}

/** A program that does nothing but hold a namespace open. */
async function holder(
  shell: NamespaceShell,
  prefix: readonly string[],
): Promise<{ program: RunningProgram; pid: number }> {
  const program = shell.start([...prefix, 'sh', '-c', 'echo $$; exec cat']);
  const pid = await Promise.race([
    new Promise<number>((resolve) => program.onLine((line) => resolve(Number(line)))),
    program.ended.then((reason) => Promise.reject(new Error(`no namespace: ${reason}`))),
  ]);
  return { program, pid };
}

export class TestWorld {
  readonly members: readonly TestMember[];
  readonly #programs: readonly RunningProgram[];
  readonly #capabilities: KernelCapabilities;

  private constructor(
    members: readonly TestMember[],
    programs: readonly RunningProgram[],
    capabilities: KernelCapabilities,
  ) {
    this.#capabilities = capabilities;
    this.members = members;
    this.#programs = programs;
  }

  static async create(
    kind: 'rootless' | 'root',
    capabilities: KernelCapabilities,
    names: readonly string[] = ['n1', 'n2', 'n3'],
  ): Promise<TestWorld> {
    const user = kind === 'rootless';
    const hub = await holder(hereShell(), unshare(kind));
    const programs = [hub.program];
    const inHub = shellOfPid(hub.pid, { user });
    const links = names.map((name, index) => ({ name, address: `198.18.0.${index + 1}`, port: 7000 }));
    const members: TestMember[] = [];
    try {
      await inHub.run(['sh', '-c', 'ip link set lo up && echo 1 > /proc/sys/net/ipv4/ip_forward'], '');
      for (const self of links) {
        const { program, pid } = await holder(inHub, ['unshare', '--net']);
        programs.push(program);
        const shell = shellOfPid(pid, { user });
        await inHub.run(['ip', '-batch', '-'], hubSide(self, pid));
        await shell.run(['ip', '-batch', '-'], memberSide(self));
        members.push({ member: self, shell, network: testNetwork(self, links, shell, capabilities) });
      }
    } catch (error) {
      await Promise.all(programs.map((program) => program.stop()));
      throw error;
    }
    return new TestWorld(members, programs, capabilities);
  }

  get links(): readonly LinkMember[] {
    return this.members.map(({ member }) => member);
  }

  async apply(rules: readonly LinkRule[]): Promise<void> {
    await Promise.all(this.members.map(({ network }) => network.apply(rules)));
  }

  async measure(
    options: Partial<Pick<CalibrationOptions, 'datagrams' | 'everyMs' | 'payloadBytes' | 'links'>> = {},
  ): Promise<(from: string, to: string) => LinkMeasure> {
    let everyMs = options.everyMs ?? 1;
    for (let tries = 1; ; tries++) {
      const measures = await calibrate({
        members: this.members,
        probeCommand: PROBE_COMMAND,
        port: PROBE_PORT,
        datagrams: 2000,
        payloadBytes: 100,
        ...options,
        everyMs,
      });
      // A machine that cannot keep up is asked more slowly; what it did not take says nothing about its links.
      if (measures.every(({ overrun }) => overrun === 0)) return lookUp(measures);
      if (tries === TRIES) throw new Error(`this machine takes no datagram every ${everyMs} ms`);
      everyMs *= 3;
    }
  }

  /** All that tc and nft know of a member's namespace, as text. */
  async state(of: TestMember): Promise<string> {
    const tc = await of.shell.run(['tc', 'qdisc', 'show'], '');
    const nft = this.#capabilities.parts.has('nft') ? await of.shell.run(['nft', 'list', 'ruleset'], '') : '';
    // How many packets took no class is a count of traffic: the kernel announces itself at any time.
    return `${tc.replace(/direct_packets_stat \d+/g, 'direct_packets_stat -')}\n${nft}`;
  }

  async close(): Promise<void> {
    await Promise.all(this.members.map(({ network }) => network.abandon()));
    await Promise.all([...this.#programs].reverse().map((program) => program.stop()));
  }
}

function lookUp(measures: readonly LinkMeasure[]): (from: string, to: string) => LinkMeasure {
  return (from, to) => {
    const found = measures.find((measure) => measure.from === from && measure.to === to);
    if (found === undefined) throw new Error(`no measure of ${from} to ${to}`);
    return found;
  };
}

const GATEWAY = '198.18.255.254';

function hubSide({ name, address }: LinkMember, pid: number): string {
  return `link add ${name} type veth peer name eth0 netns ${pid}
address add ${GATEWAY}/32 dev ${name}
link set ${name} up
route add ${address}/32 dev ${name}
`;
}

function memberSide({ address }: LinkMember): string {
  return `link set lo up
address add ${address}/32 dev eth0
link set eth0 up
route add ${GATEWAY}/32 dev eth0
route add default via ${GATEWAY}
`;
}
