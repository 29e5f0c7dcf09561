/**
 * Test support: Docker engines of the tests' own, each in network and mount namespaces of its own, with all its files in a
 * temporary folder, so that nothing of it shows in the machine's. They end with whoever started them, however that ended.
 */
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import { engineAt } from './engine.ts';
import { RUN_LABEL } from './labels.ts';

export interface TestEngine {
  /** As in DOCKER_HOST. */
  readonly host: string;
  stop(): Promise<void>;
}

/** One that the tests have started. */
export interface OwnEngine extends TestEngine {
  /** Of a process in whose network namespace its networks are. */
  readonly pid: number;
  /** Part of the name of every control group of its containers. */
  readonly cgroup: string;
}

const PROGRAMS = ['dockerd', 'containerd', 'runc', 'unshare', 'ip'];
const FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const READY_MS = 30_000;
const LOOK_EVERY_MS = 100;
const CGROUPS = '/sys/fs/cgroup';

/** The reason why tests cannot have an engine here; undefined: they can. */
export function whyNoEngine(): string | undefined {
  return process.env.DOCKER_HOST ? undefined : whyNoOwnEngine();
}

/** The same of one that is the tests' own, whatever is given. */
export function whyNoOwnEngine(): string | undefined {
  const missing = missingPrograms(PROGRAMS);
  if (missing.length > 0) return `no ${missing.join(', ')} (Debian: apt-get install docker.io), and no DOCKER_HOST`;
  return process.getuid?.() === 0 ? undefined : 'starting an engine needs root, and there is no DOCKER_HOST';
}

function missingPrograms(programs: readonly string[]): string[] {
  return programs.filter((program) => !FOLDERS.some((folder) => isExecutable(join(folder, program))));
}

/** Says loudly, once, that tests are left out. */
export function skipLoudly(what: string, why = whyNoEngine()): boolean {
  if (why !== undefined) console.warn(`SKIPPED: ${what}: ${why}`);
  return why !== undefined;
}

/** The reason why tests cannot have several engines here, which one that is given is no help for; undefined: they can. */
export function whyNoSwarm(): string | undefined {
  const missing = missingPrograms([...PROGRAMS, 'nsenter']);
  if (missing.length > 0) return `no ${missing.join(', ')} (Debian: apt-get install docker.io)`;
  if (process.getuid?.() !== 0) return 'starting engines needs root';
  const { failed, stderr, shortMessage } = execaSync('unshare', [...ASIDE, ...ahead(1), ...VXLAN], { reject: false });
  return failed ? `no namespace with a clock and a vxlan device of its own: ${stderr || shortMessage}` : undefined;
}

const ASIDE = ['--net', '--mount'];
const VXLAN = ['ip', 'link', 'add', 'probe', 'type', 'vxlan', 'id', '1', 'dstport', '4789', 'dev', 'lo'];

/** Options of `unshare`. */
function ahead(seconds: number): string[] {
  return ['--time', '--monotonic', String(seconds)];
}

/** The machine's engine where DOCKER_HOST names one, else a new one. `name` tells several of one process apart. */
export async function startTestEngine(name = 'engine'): Promise<TestEngine> {
  const given = process.env.DOCKER_HOST;
  return given ? { host: given, stop: async () => undefined } : startOwnEngine(name);
}

/** Where an engine's namespace is to be plugged in. */
interface Plug {
  /** Of a process in the namespace of the switch. */
  readonly pid: number;
  /** Of the engine there; in a subnet of 24 bits. */
  readonly address: string;
  /** How far its monotonic clock is ahead of this machine's, as another machine's might be. */
  readonly aheadS: number;
}

/** Where an engine is to listen, too: a port of its namespace's loopback. */
interface TcpPort {
  readonly port: number;
  /** By TLS, and to nobody without a certificate: the folder of ca.pem, and of the engine's server.pem and server-key.pem. */
  readonly certificates?: string;
}

function listening({ port, certificates }: TcpPort): string {
  const tls = `--tlsverify --tlscacert=${certificates}/ca.pem --tlscert=${certificates}/server.pem --tlskey=${certificates}/server-key.pem`;
  return `-H tcp://127.0.0.1:${port} ${certificates === undefined ? '' : tls}`;
}

/** A new engine, whose namespace has nothing but loopback and the plug. */
export async function startOwnEngine(name: string, plug?: Plug, tcp?: TcpPort): Promise<OwnEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'hearsay-engine-'));
  const cgroup = `hearsay-${name}-${process.pid}`;
  const host = `unix://${join(folder, 'docker.sock')}`;
  writeFileSync(join(folder, 'engine.json'), '{}');
  const clock = plug === undefined ? [] : ahead(plug.aheadS);
  const engine = execa('unshare', [...ASIDE, ...clock, 'sh', '-c', SCRIPT], {
    env: {
      FOLDER: folder,
      CGROUP: cgroup,
      HOST: host,
      SWITCH: String(plug?.pid ?? ''),
      ADDRESS: plug?.address ?? '',
      TCP: tcp === undefined ? '' : listening(tcp),
    },
    stdin: 'pipe',
    stdout: { file: join(folder, 'engine.log'), append: true },
    stderr: 'inherit',
    reject: false,
    // What a terminal sends to the tests is not for the engine, which has to end in order.
    detached: true,
    cleanup: false,
  });
  engine.stdin.on('error', () => undefined);
  const stop = async (): Promise<void> => {
    engine.stdin.end();
    await engine;
    rmSync(folder, { recursive: true, force: true });
    removeCgroups(cgroup);
  };
  let ended = false;
  void engine.then(() => {
    ended = true;
  });
  const deadline = Date.now() + READY_MS;
  while (!(await answers(host))) {
    if (ended || Date.now() > deadline) {
      const log = readFileSync(join(folder, 'engine.log'), 'utf8').slice(-2000);
      await stop();
      throw new Error(`the test engine did not come up:\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return { host, stop, pid: Number(readFileSync(join(folder, 'pid'), 'utf8')), cgroup };
}

/** What of ours is in an engine: containers, networks and volumes. */
export async function leftoversOf(host: string): Promise<string[]> {
  const engine = engineAt(host);
  const filters = { filters: { label: [RUN_LABEL] } };
  const { Volumes: volumes } = await engine.listVolumes(filters);
  return [
    ...(await engine.listContainers({ all: true, ...filters })).map(({ Names: names }) => `container ${names[0]}`),
    ...(await engine.listNetworks(filters)).map(({ Name: name }) => `network ${name}`),
    ...(volumes ?? []).map(({ Name: name }) => `volume ${name}`),
  ];
}

/**
 * Mounts vanish with the mount namespace. The engine is told to end when stdin does, and containers it still has end with
 * it. `--bridge=none` and no iptables: only what runs make is there.
 */
const SCRIPT = `
ip link set lo up
if [ -n "$SWITCH" ]; then
  nsenter -t "$SWITCH" -n ip link add "port$$" type veth peer name eth0 netns $$
  nsenter -t "$SWITCH" -n ip link set "port$$" master switch up
  ip addr add "$ADDRESS/24" dev eth0
  ip link set eth0 up
fi
dockerd --bridge=none --iptables=false --ip6tables=false --shutdown-timeout=2 --cgroup-parent="/$CGROUP" -H "$HOST" $TCP \\
  --data-root="$FOLDER/data" --exec-root="$FOLDER/exec" --pidfile="$FOLDER/pid" --config-file="$FOLDER/engine.json" \\
  </dev/null 2>&1 &
engine=$!
exec 3<&0
{ cat <&3 >/dev/null; kill $engine 2>/dev/null; } &
waiter=$!
wait $engine
kill $waiter 2>/dev/null
rm -rf "$FOLDER/exec" "$FOLDER/data" 2>/dev/null
`;

/** Engines as if on machines of their own, on one wire. */
export interface TestSwarm {
  /** All but the last one are one Swarm, which the first manages; the last is in none. */
  readonly engines: readonly TestEngine[];
  stop(): Promise<void>;
}

const WIRE = '198.19.255';
const SWARM_PORT = 2377;
/** By which each engine's monotonic clock is ahead of the one before. */
const AHEAD_S = 1000;

/** Of so many engines, besides the one that is left out. */
export async function startTestSwarm(count: number): Promise<TestSwarm> {
  const wire = execa('unshare', ['--net', 'sh', '-c', SWITCH_SCRIPT], {
    stdin: 'pipe',
    stderr: 'inherit',
    reject: false,
    detached: true,
    cleanup: false,
  });
  const engines: TestEngine[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(engines.map((engine) => engine.stop()));
    wire.stdin.end();
    await wire;
  };
  try {
    const pid = await new Promise<number>((resolve, reject) => {
      wire.stdout.once('data', () => resolve(wire.pid ?? 0));
      void wire.then(() => reject(new Error('there is no namespace for a switch')));
    });
    const addresses = Array.from({ length: count + 1 }, (_, i) => `${WIRE}.${i + 1}`);
    // One after the other: an engine takes what two processors have to start.
    for (const [i, address] of addresses.entries())
      engines.push(await startOwnEngine(`engine${i + 1}`, { pid, address, aheadS: i * AHEAD_S }));
    await joinSwarm(engines.slice(0, count), addresses);
    return { engines, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const SWITCH_SCRIPT = 'ip link add switch type bridge && ip link set switch up && echo ready && cat >/dev/null';

async function joinSwarm(engines: readonly TestEngine[], addresses: readonly string[]): Promise<void> {
  const [first, ...others] = engines.map(({ host }) => engineAt(host));
  if (first === undefined) return;
  const at = (i: number) => ({
    ListenAddr: `${addresses[i]}:${SWARM_PORT}`,
    AdvertiseAddr: addresses[i],
    DataPathAddr: addresses[i],
  });
  await first.swarmInit({ ...at(0), ForceNewCluster: false, Spec: {} });
  const { JoinTokens: tokens } = (await first.swarmInspect()) as { JoinTokens: { readonly Worker: string } };
  for (const [i, engine] of others.entries()) {
    await engine.swarmJoin({ ...at(i + 1), RemoteAddrs: [`${addresses[0]}:${SWARM_PORT}`], JoinToken: tokens.Worker });
  }
  const deadline = Date.now() + READY_MS;
  const areReady = async (): Promise<boolean> => {
    const nodes = (await first.listNodes()) as readonly { readonly Status: { readonly State: string } }[];
    return nodes.filter(({ Status: status }) => status.State === 'ready').length === engines.length;
  };
  while (!(await areReady())) {
    if (Date.now() > deadline) throw new Error('the test engines did not become one Swarm');
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

async function answers(host: string): Promise<boolean> {
  try {
    await engineAt(host).ping();
    return true;
  } catch {
    return false;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Empty ones only; one in each hierarchy, or a single one. */
function removeCgroups(name: string): void {
  const parents = [CGROUPS, ...(existsSync(CGROUPS) ? readdirSync(CGROUPS).map((part) => join(CGROUPS, part)) : [])];
  for (const parent of parents) {
    try {
      rmdirSync(join(parent, name));
    } catch {
      // There is none in this hierarchy.
    }
  }
}
