/**
 * A helper: a container that shares a member's network namespace and alone holds NET_ADMIN over it. It idles until
 * commands are executed in it, answers each line with what the kernel has counted there (the texts of COUNT_FILES as one
 * JSON line), and ends with its controller, whose attachment is its stdin.
 */
import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import { NODE_PATH } from './image-files.ts';
import { labelsOf } from './labels.ts';

const MEMORY_BYTES = 256 * 1024 * 1024;
const MOST_PIDS = 128;

/** Below /proc/net: what the kernel has counted in a network namespace, by device and of IPv6. */
export const COUNT_FILES = ['dev', 'snmp6'] as const;

const IDLE = `
const { existsSync, readFileSync } = require('node:fs');
const files = ${JSON.stringify(COUNT_FILES)}.map((name) => '/proc/net/' + name).filter((path) => existsSync(path));
const tell = () => process.stdout.write(JSON.stringify(files.map((path) => readFileSync(path, 'utf8')).join('')) + '\\n');
require('node:readline').createInterface({ input: process.stdin }).on('line', tell).on('close', () => process.exit(0));
`;

export interface HelperOptions {
  readonly image: string;
  readonly run: string;
  readonly name: string;
  /** `none`: a namespace of its own, with loopback alone; `container:ID`: that container's; else a network's name. */
  readonly network: string;
  readonly mounts?: readonly Docker.MountSettings[] | undefined;
  /** What it runs, for node's `-e`, until its stdin ends; absent: it idles, and may change its namespace's network. */
  readonly program?: string | undefined;
  /** As whom; absent: root, without any capability but what is said above. */
  readonly user?: string | undefined;
}

export interface Helper {
  readonly container: Docker.Container;
  /** As the engine's host sees it. */
  readonly pid: number;
  readonly stdin: NodeJS.WritableStream;
  readonly stdout: NodeJS.ReadableStream;
  /** Does not reject. */
  remove(): Promise<void>;
}

export async function startHelper(engine: Docker, options: HelperOptions): Promise<Helper> {
  const container = await engine.createContainer({
    name: options.name,
    Image: options.image,
    User: options.user ?? '0:0',
    Entrypoint: [NODE_PATH, '-e', options.program ?? IDLE],
    Labels: labelsOf(options.run, 'helper'),
    Env: [`${SEAT}=${options.name}`],
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    HostConfig: {
      AutoRemove: true,
      CapDrop: ['ALL'],
      CapAdd: options.program === undefined ? ['NET_ADMIN'] : [],
      SecurityOpt: ['no-new-privileges:true'],
      ReadonlyRootfs: true,
      Memory: MEMORY_BYTES,
      PidsLimit: MOST_PIDS,
      IpcMode: 'none',
      LogConfig: { Type: 'none', Config: {} },
      NetworkMode: options.network,
      Mounts: [...(options.mounts ?? [])],
    },
  });
  const remove = async (): Promise<void> => {
    await container.remove({ force: true }).catch(() => undefined);
  };
  try {
    const attached = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true });
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    engine.modem.demuxStream(attached, stdout, stderr);
    stderr.resume();
    for (const event of ['end', 'close', 'error']) attached.on(event, () => stdout.end());
    await container.start();
    const { State: state } = await container.inspect();
    // Nobody has to listen to one that idles and is not asked.
    if (options.program === undefined) stdout.resume();
    return { container, pid: state.Pid, stdin: attached, stdout, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Set in the environment of every container of ours to its name: by it a process is known for what it is. */
export const SEAT = 'HEARSAY_SEAT';
