/** The life of a member's process: commands come in on stdin, reports leave on stdout, the end of stdin ends it. */
import type { AnyProtocol } from '../../impl/protocol.ts';
import { InvariantError } from '../model/errors.ts';
import type { ControllerCommand, InitCommand, MemberReport, PeerAddress } from './control.ts';
import { LineSplitter } from './line-splitter.ts';
import { LineWriter } from './line-writer.ts';
import { MemberNode } from './member-node.ts';
import { bindSockets, PortInUseError, type Sockets } from './sockets.ts';

/** How long a member that comes back waits for its own port. */
const OWN_PORT_PATIENCE_MS = 2000;

/** `writer`: where reports go, stdout unless a test puts something in between. */
export function runMember(protocols: ReadonlyMap<string, AnyProtocol>, writer = new LineWriter(1)): void {
  // The controller decides when a member ends; a terminal's Ctrl-C reaches the whole group.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  const host = new MemberHost(protocols, writer);
  process.on('uncaughtException', (error) => fail(writer, error));
  const splitter = new LineSplitter();
  process.stdin.setEncoding('utf8');
  process.stdin.on('data', (chunk: string) => {
    for (const line of splitter.push(chunk)) host.enqueue(JSON.parse(line) as ControllerCommand);
  });
  process.stdin.on('end', () => process.exit(0));
  process.stdin.on('error', () => process.exit(0));
}

function fail(writer: LineWriter, error: unknown): never {
  // Nobody is left to tell.
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(0);
  const reason = error instanceof Error ? error.message : String(error);
  const portInUse = error instanceof PortInUseError ? error.port : undefined;
  if (portInUse === undefined) console.error(error);
  try {
    writer.write({ type: 'failed', reason, portInUse } satisfies MemberReport);
    writer.flush();
  } finally {
    process.exit(1);
  }
}

/** Carries out commands in order, one at a time; the first two of them set the stage. */
class MemberHost {
  readonly #protocols: ReadonlyMap<string, AnyProtocol>;
  readonly #writer: LineWriter;
  readonly #queue: ControllerCommand[] = [];
  #binding = false;
  #init: InitCommand | undefined;
  #sockets: Sockets | undefined;
  #peers: readonly PeerAddress[] = [];
  #faults: Extract<ControllerCommand, { type: 'faults' }> | undefined;
  #node: MemberNode | undefined;

  constructor(protocols: ReadonlyMap<string, AnyProtocol>, writer: LineWriter) {
    this.#protocols = protocols;
    this.#writer = writer;
  }

  enqueue(command: ControllerCommand): void {
    this.#queue.push(command);
    this.#drain();
  }

  #drain(): void {
    while (!this.#binding) {
      const command = this.#queue.shift();
      if (command === undefined) return;
      this.#carryOut(command);
    }
  }

  #carryOut(command: ControllerCommand): void {
    switch (command.type) {
      case 'init':
        this.#bind(command);
        break;
      case 'peers':
        this.#peers = command.peers;
        break;
      case 'start':
        this.#start(command);
        break;
      case 'faults':
        this.#faults = command;
        this.#node?.setFaults(command.epoch, command.active);
        break;
      case 'operation':
        this.#node?.operate(command.id, command.channel, command.f, command.value);
        break;
      case 'leave':
        this.#node?.leave();
        break;
      case 'poll':
        this.#node?.poll(command.round, command.full);
        break;
      case 'stop':
        this.#node?.stop();
        process.exit(0);
    }
  }

  #bind(init: InitCommand): void {
    this.#init = init;
    this.#binding = true;
    const patienceMs = init.life === 1 && init.boot === 1 ? 0 : OWN_PORT_PATIENCE_MS;
    bindSockets(init.host, init.port, patienceMs).then(
      (sockets) => {
        this.#sockets = sockets;
        this.#writer.write({ type: 'ready', port: sockets.port } satisfies MemberReport);
        this.#writer.flush();
        this.#binding = false;
        this.#drain();
      },
      (error) => fail(this.#writer, error),
    );
  }

  #start(command: Extract<ControllerCommand, { type: 'start' }>): void {
    if (this.#init === undefined || this.#sockets === undefined) throw new InvariantError('start before init');
    const origin = { ns: BigInt(command.originNs), wallMs: command.originWallMs };
    this.#node = new MemberNode(this.#init, this.#protocols, this.#sockets, this.#peers, origin, this.#writer);
    if (this.#faults !== undefined) this.#node.setFaults(this.#faults.epoch, this.#faults.active);
    this.#node.start(command.seeds, command.sinceNs);
  }
}
